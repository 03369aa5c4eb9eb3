"""
Servers that come by themselves: those of the fake Scaleway that really run (t/fake/machine), with nothing but the user
data that the worker's own code writes. BAAS_SEEDLING is t/worker/seedling, built.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

import base

from lab import BIN, TOP, Lab
from private import TOKEN, Private, bot
from test_lab import NO_IPV6, until

SEEDLING = os.environ.get("BAAS_SEEDLING", "")
PROJECT = "22222222-2222-4222-8222-222222222222"
ZONE = "zones/fr-par-1"
ALICE, BOB = "p1-g1", "p2-g1"


def setUpModule():
    global lab, private, cloud
    if not os.access(SEEDLING, os.X_OK):
        raise unittest.SkipTest("t/worker/seedling is not built")
    private = Private()
    lab = Lab([], f"http://127.0.0.1:{private.port}", TOKEN)
    unittest.addModuleCleanup(lab.stop)
    lab.start(lambda: base.load_small(lab.docker, "small:1"))
    cloud = Cloud()
    unittest.addModuleCleanup(cloud.end)


class Cloud:
    """The fake, asked as the worker asks it."""

    def __init__(self):
        # Sockets below it have long names.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="bm", dir="/tmp"))
        self.start()

    def start(self):
        self.fake = subprocess.Popen(
            [
                TOP / "t/fake/scaleway",
                "--machines", self.dir,
                "--state", self.dir / "scaleway.json",
                "--speed", "50",
            ],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "FAKE_SALT": str(BIN.parent), "FAKE_DOCKER": lab.docker_url},
        )  # fmt: skip
        self.url = re.match(r"fake: ready at (.*)/\n", self.fake.stdout.readline())[1]

    def stop(self):
        self.fake.terminate()
        self.fake.wait(30)
        self.fake.stdout.close()

    def end(self):
        for server in self.call("GET", f"/instance/v1/{ZONE}/servers")["servers"]:
            if "terminate" in server["allowed_actions"]:
                self.act(server["id"], "terminate")
        until("nobody there", lambda: not self.inits())
        self.stop()
        shutil.rmtree(self.dir)

    def inits(self, server=""):
        """Pids of what keeps the machines' minions running."""
        found = subprocess.run(["pgrep", "-f", f"init {self.dir} {server}"], capture_output=True, text=True, check=False)
        return found.stdout.split()

    def call(self, method, path, body=None):
        text = isinstance(body, str)
        data = body.encode() if text else json.dumps(body).encode() if body is not None else None
        headers = {"X-Auth-Token": PROJECT}
        if body is not None:
            headers["Content-Type"] = "text/plain" if text else "application/json"
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            content = answer.read()
            return json.loads(content) if content else None

    def volume(self):
        made = self.call(
            "POST",
            f"/block/v1/{ZONE}/volumes",
            {"name": "data", "project_id": PROJECT, "from_empty": {"size": 10**10}},
        )
        path = f"/block/v1/{ZONE}/volumes/{made['id']}"
        until("volume", lambda: self.call("GET", path)["status"] == "available")
        return made["id"]

    def ip(self, kind="routed_ipv4"):
        return self.call("POST", f"/instance/v1/{ZONE}/ips", {"project": PROJECT, "type": kind})["ip"]

    def addresses(self, server):
        ips = self.call("GET", f"/instance/v1/{ZONE}/servers/{server}")["server"]["public_ips"]
        return [ip["address"] for ip in ips]

    def machine(self, minion, volume, ips, told=None):
        """Makes it as the worker does, and starts it. told: the volume that it is told to have."""
        images = f"/marketplace/v2/local-images?image_label=debian_bookworm&type=instance_sbs&zone={ZONE[6:]}"
        image = next(one for one in self.call("GET", images)["local_images"] if one["arch"] == "x86_64")
        server = self.call(
            "POST",
            f"/instance/v1/{ZONE}/servers",
            {
                "name": minion,
                "project": PROJECT,
                "commercial_type": "DEV1-S",
                "image": image["id"],
                "dynamic_ip_required": False,
                "public_ips": [ip["id"] for ip in ips],
                "volumes": {"1": {"id": volume, "volume_type": "sbs_volume"}},
            },
        )["server"]
        text = seed(minion, told or volume)
        self.call("PATCH", f"/instance/v1/{ZONE}/servers/{server['id']}/user_data/cloud-init", text)
        self.act(server["id"], "poweron")
        return server["id"]

    def act(self, server, action):
        self.call("POST", f"/instance/v1/{ZONE}/servers/{server}/action", {"action": action})

    def state(self, server):
        try:
            return self.call("GET", f"/instance/v1/{ZONE}/servers/{server}")["server"]["state"]
        except urllib.error.HTTPError as exc:
            exc.close()
            return exc.code


def seed(minion, volume):
    """The user data, with a new key pair of the master's making, as the worker has it."""
    made = lab.run(client="wheel", fun="key.gen_accept", id_=minion, keysize=2048, force=True)["data"]["return"]
    at = pathlib.Path(tempfile.mkdtemp(dir=lab.dir))
    (at / "key").write_text(made["priv"])
    (at / "conf").write_text(
        f"salt.master = 127.0.0.1:{lab.ports['request']}:{lab.ports['publish']}\n"
        f"scaleway.first_boot = {TOP}/etc/first-boot.yaml\n"
    )
    args = [SEEDLING, at / "conf", minion, volume, at / "key", lab.dir / "m/pki/master.pub"]
    return subprocess.run(args, capture_output=True, text=True, check=True).stdout


def there(minion):
    answer = lab.run(
        client="local", tgt=[minion], tgt_type="list", fun="test.ping", timeout=2, gather_job_timeout=1
    )
    return answer.get(minion) is True


class Servers(unittest.TestCase):
    """Two people's servers. The parts build upon each other."""

    had = {}

    def apply(self, minion):
        answer = lab.apply(minion)
        bad = [(s["__id__"], s["comment"]) for s in answer["ret"].values() if s["result"] is not True]
        self.assertEqual((bad, answer["retcode"]), ([], 0))

    def container(self, id):
        return lab.docker.api.inspect_container(f"baas-{id}")

    def running(self, id):
        return self.container(id)["State"]["Running"]

    def opened(self, address, port):
        try:
            socket.create_connection((address, port), 5).close()
        except OSError:
            return False
        return True

    def no_address_is_left(self, minion):
        for address in self.had[minion]["addresses"][1:]:
            show = ["ip", "-6", "address", "show", "to", address]
            until(f"{address} is away", lambda: subprocess.run(show, capture_output=True, check=True).stdout == b"")

    def test_1_they_join_by_themselves(self):
        for minion in (ALICE, BOB):
            volume, ips = cloud.volume(), [cloud.ip()] + ([] if NO_IPV6 else [cloud.ip("routed_ipv6")])
            self.had[minion] = {"volume": volume, "ips": ips, "server": cloud.machine(minion, volume, ips)}
        for minion in (ALICE, BOB):
            until(minion, lambda: there(minion))

    def test_2_both_have_port_8008(self):
        for minion, id in ((ALICE, "alices"), (BOB, "bobs")):
            private.put(minion, {id: bot(id, 8008, image="small:1")})
            self.apply(minion)
            addresses = cloud.addresses(self.had[minion]["server"])
            bound = self.container(id)["HostConfig"]["PortBindings"]["8008/tcp"]
            self.assertEqual(bound, [{"HostIp": address, "HostPort": "8008"} for address in addresses])
            self.assertEqual([":" in address for address in addresses], [False] if NO_IPV6 else [False, True])
            for address in addresses:
                self.assertTrue(self.opened(address, 8008), address)
            self.had[minion]["addresses"] = addresses
            secret = cloud.dir / "volumes" / self.had[minion]["volume"] / "bots" / id / "secret"
            self.assertIn(id, json.dumps(private.agents[minion]["bots"]))
            self.assertTrue(secret.exists())
        self.assertEqual(set(self.had[ALICE]["addresses"]) & set(self.had[BOB]["addresses"]), set())

    def test_3_power_off_and_on(self):
        before, server = self.container("alices")["Id"], self.had[ALICE]["server"]
        cloud.act(server, "poweroff")
        until("off", lambda: cloud.state(server) == "stopped" and not self.running("alices"))
        self.no_address_is_left(ALICE)
        self.assertFalse(there(ALICE))
        self.assertTrue(self.running("bobs"))
        until("Bob's is there", lambda: there(BOB))
        cloud.act(server, "poweron")
        until("on again", lambda: self.running("alices") and there(ALICE))
        self.assertEqual(self.container("alices")["Id"], before)
        for address in self.had[ALICE]["addresses"]:
            self.assertTrue(self.opened(address, 8008), address)
        self.apply(ALICE)
        self.assertEqual(self.container("alices")["Id"], before)

    def test_4_what_was_stopped_stays_stopped(self):
        server = self.had[BOB]["server"]
        lab.docker.api.stop("baas-bobs", timeout=1)
        before = cloud.inits(server)
        cloud.act(server, "reboot")
        until("there again", lambda: cloud.inits(server) not in ([], before) and there(BOB))
        self.assertFalse(self.running("bobs"))
        self.apply(BOB)
        self.assertTrue(self.running("bobs"))

    def test_5_a_minion_that_dies_comes_again(self):
        root = cloud.dir / "machines" / self.had[ALICE]["server"]
        found = subprocess.run(["pgrep", "-f", f"salt-minion -c {root}"], capture_output=True, text=True, check=True)
        for pid in found.stdout.split():
            subprocess.run(["kill", "-KILL", pid], check=False)
        until("there again", lambda: there(ALICE))

    def test_6_the_fake_ends_and_goes_on(self):
        server = self.had[BOB]["server"]
        before = self.container("bobs")["State"]["StartedAt"]
        cloud.stop()
        until("Bob's is there", lambda: there(BOB))
        cloud.start()
        until("there", lambda: cloud.state(server) == "running" and there(BOB))
        self.assertEqual(self.container("bobs")["State"]["StartedAt"], before)
        self.assertEqual(len(cloud.inits()), 2)

    def test_7_a_new_machine_with_the_same_volume(self):
        had = self.had[ALICE]
        mark = cloud.dir / "volumes" / had["volume"] / "bots/alices/data/mark"
        mark.write_text("x")
        cloud.act(had["server"], "terminate")
        until("gone", lambda: cloud.state(had["server"]) == 404)
        until("nothing runs", lambda: not cloud.inits(had["server"]))
        self.no_address_is_left(ALICE)
        until("no container", lambda: not lab.docker.api.containers(all=True, filters={"name": "baas-alices"}))
        had["server"] = cloud.machine("p1-g2", had["volume"], had["ips"])
        until("the second generation", lambda: there("p1-g2"))
        private.put("p1-g2", {"alices": bot("alices", 8008, image="small:1")})
        self.apply("p1-g2")
        self.assertTrue(mark.exists())
        now = cloud.addresses(had["server"])
        self.assertEqual(now[0], had["addresses"][0])
        if not NO_IPV6:
            self.assertNotEqual(now[1], had["addresses"][1])  # it is made from the card's number
        for address in now:
            self.assertTrue(self.opened(address, 8008), address)
        self.assertFalse(there(ALICE))

    def test_8_not_without_its_volume(self):
        server = cloud.machine("p3-g1", cloud.volume(), [cloud.ip()], told="0a1b2c3d-4e5f-6789-abcd-ef0123456789")
        until("it runs", lambda: cloud.state(server) == "running")
        until("it is tried", lambda: (cloud.dir / "machines" / server).exists())
        self.assertEqual(cloud.inits(server), [])
        self.assertFalse((cloud.dir / "volumes/0a1b2c3d-4e5f-6789-abcd-ef0123456789").exists())

    def test_9_an_erased_volume_is_gone(self):
        had = self.had[ALICE]
        cloud.act(had["server"], "terminate")
        until("gone", lambda: cloud.state(had["server"]) == 404)
        cloud.call("DELETE", f"/block/v1/{ZONE}/volumes/{had['volume']}")
        until("erased", lambda: not (cloud.dir / "volumes" / had["volume"]).exists())
