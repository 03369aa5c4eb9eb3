"""The states, the module and the master's settings on real Salt and docker."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import unittest

import base

from lab import Lab, Refused, RELEASE
from private import TOKEN, Private, bot, free_port, secret
from registry import Registry

HERE = pathlib.Path(__file__).resolve().parent
ONE, TWO, BARE = "p1-g1", "p2-g1", "p3-g1"
NO_IPV6 = subprocess.run(["ip", "-6", "address", "show", "to", "::1"], capture_output=True, check=False).stdout == b""
KING, QUEEN, PAWN = "k3v8", "0123456789", "1e5"  # ids that YAML takes for numbers are ids all the same


def setUpModule():
    global lab, private
    private = Private()
    lab = Lab([ONE, TWO, BARE], f"http://127.0.0.1:{private.port}", TOKEN)
    # Its bots' ports are at all addresses, as on a real server.
    lab.settings[ONE] = {"baas": {"root": str(lab.root(ONE)), "mounted": False}}
    # Its volume is not mounted, and docker is not where it looks.
    lab.settings[BARE] = {"baas": {"root": str(lab.root(BARE))}, "docker.url": f"unix://{lab.dir}/none"}
    unittest.addModuleCleanup(lab.stop)
    lab.start(lambda: base.load(lab.docker, base.NAME, os.environ["BAAS_NPM_CACHE"]))


def until(what, ready, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return
        time.sleep(0.1)
    raise AssertionError(f"not in time: {what}")


class Case(unittest.TestCase):
    def states(self, minion):
        """The states of one apply, by id, with their retcode; fails if nothing ran."""
        answer = lab.apply(minion)
        self.assertIsInstance(answer["ret"], dict, answer)
        found = {}
        for state in answer["ret"].values():
            found.setdefault(state["__id__"], []).append(state)
        return found, answer["retcode"]

    def good(self, minion):
        """Applies; all states must be true. Gives the ids of those that changed something."""
        found, retcode = self.states(minion)
        bad = [(s["__id__"], s["comment"]) for states in found.values() for s in states if s["result"] is not True]
        self.assertEqual((bad, retcode), ([], 0))
        self.assertEqual(found["guard"][0]["name"], f"rev {private.agents[minion]['rev']}")
        return {id for id, states in found.items() if any(state["changes"] for state in states)}

    def unchanged(self, minion):
        before = self.containers()
        self.assertEqual(self.good(minion), set())
        self.assertEqual(self.containers(), before)

    def containers(self):
        """(id, state) of all containers by name."""
        listed = lab.docker.api.containers(all=True)
        return {container["Names"][0]: (container["Id"], container["State"]) for container in listed}

    def container(self, id):
        return lab.docker.api.inspect_container(f"baas-{id}")

    def change(self, minion, id, **more):
        bots = json.loads(json.dumps(private.agents[minion]["bots"]))
        bots[id].update(more)
        private.put(minion, bots)

    def status(self, minion):
        answer = lab.local(minion, "baas.status")
        self.assertEqual(answer["retcode"], 0, answer)
        self.assertEqual(answer["ret"]["server"], minion)
        return answer["ret"]["bots"]

    def call(self, minion, *args):
        answer = lab.local(minion, "baas.call", *args)
        return answer["ret"] if answer["retcode"] == 0 else f"failed: {answer['ret']}"

    def alive(self, minion, id):
        def pub():
            return self.status(minion)[id].get("pub", {})

        until(f"{id} alive", lambda: pub().get("synced") and pub().get("listening"))
        return self.status(minion)[id]

    def dir(self, minion, id):
        return lab.root(minion) / "bots" / id


class A_Story(Case):
    """The life of three bots on two servers. Its parts build upon each other."""

    def test_01_first_apply_creates(self):
        private.put(ONE, {KING: bot("king", free_port()), QUEEN: bot("queen", free_port())})
        private.put(TWO, {PAWN: bot("pawn", free_port())})
        changed = self.good(ONE) | self.good(TWO)
        for id in (KING, QUEEN, PAWN):
            self.assertLessEqual({f"bot-{id}-{what}" for what in ("data", "secret", "config", "container")}, changed)
        self.assertEqual({state for _, state in self.containers().values()}, {"running"})

    def test_02_second_apply_changes_nothing(self):
        for minion in (ONE, TWO):
            self.unchanged(minion)

    def test_03_containers_are_closed_in(self):
        inspected = self.container(KING)
        host, config = inspected["HostConfig"], inspected["Config"]
        seen = {key: host[key] for key in ("ReadonlyRootfs", "CapDrop", "SecurityOpt", "PidsLimit", "Memory", "MemorySwap")}
        self.assertEqual(
            seen,
            {
                "ReadonlyRootfs": True,
                "CapDrop": ["ALL"],
                "SecurityOpt": ["no-new-privileges"],
                "PidsLimit": 64,
                "Memory": 201326592,
                "MemorySwap": 201326592,
            },
        )
        self.assertEqual(host["Privileged"], False)
        self.assertEqual(host["Tmpfs"], {"/tmp": "size=8m"})
        self.assertEqual(host["RestartPolicy"]["Name"], "unless-stopped")
        self.assertEqual(host["LogConfig"], {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "2"}})
        self.assertEqual(config["User"], "1000:1000")
        self.assertEqual(config["Healthcheck"]["Retries"], 3)
        port = private.agents[ONE]["bots"][KING]["port"]
        self.assertEqual(host["PortBindings"], {"8008/tcp": [{"HostIp": "", "HostPort": str(port)}]})
        self.assertEqual([m["Destination"] for m in inspected["Mounts"] if m["RW"]], ["/data"])
        status = pathlib.Path(f"/proc/{inspected['State']['Pid']}/status").read_text()
        self.assertRegex(status, r"CapEff:\s+0000000000000000\n")
        self.assertRegex(status, r"NoNewPrivs:\s+1\n")
        self.assertRegex(status, r"Uid:\s+1000\s+1000\s")

    def test_04_files_are_their_owners(self):
        top = self.dir(ONE, KING)
        seen = {path.name: (path.stat().st_uid, oct(path.stat().st_mode & 0o7777)) for path in (top, *top.iterdir())}
        self.assertEqual(
            seen,
            {
                KING: (0, "0o711"),
                "data": (1000, "0o700"),
                "secret": (1000, "0o400"),
                "config": (1000, "0o400"),
                "rebuilds": (0, "0o644"),
            },
        )
        self.assertEqual(json.loads((top / "secret").read_text()), secret("king"))

    def test_05_secrets_stay_where_they_belong(self):
        key = secret("king")["private"][:40]
        self.assertNotIn(key, json.dumps(self.container(KING)))
        found = subprocess.run(["grep", "-rlF", key, lab.dir / "m", lab.dir / "log"], capture_output=True, text=True)
        self.assertEqual(found.stdout, "")
        self.change(ONE, KING, secret=secret("other"))
        self.assertLessEqual({f"bot-{KING}-secret", f"bot-{KING}-container"}, self.good(ONE))
        self.change(ONE, KING, secret=secret("king"))
        answer = json.dumps(lab.apply(ONE))
        for name in ("king", "other"):
            self.assertNotIn(secret(name)["private"][:40], answer)
        self.assertIn("show_changes=False", answer)

    def test_06_status(self):
        king = self.alive(ONE, KING)
        self.assertEqual(self.status(ONE).keys(), {KING, QUEEN})
        self.assertEqual(king["pub"]["id"], secret("king")["id"])
        self.assertTrue(king["pub"]["listening"])
        self.assertEqual((king["restarts"], king["rebuilds"], king["release"]), (0, 0, RELEASE))
        self.assertEqual((king["running"], king["state"], king["oom"], king["exitCode"]), (True, "running", False, None))
        self.assertTrue(10e6 < king["memory"] < 201326592, king["memory"])
        self.assertLess(abs(king["startedAt"] - time.time() * 1000), 120000)
        self.assertGreater(king["disk"]["indexes"], 0)
        self.assertTrue(king["image"].startswith("sha256:"))
        port = private.agents[ONE]["bots"][KING]["port"]
        with socket.create_connection(("127.0.0.1", port), 5) as sock:
            sock.sendall(b"x" * 5000)
        if not NO_IPV6:
            socket.create_connection(("::1", port), 5).close()
        until("bytes counted", lambda: self.status(ONE)[KING]["rx"] >= king["rx"] + 5000)

    def test_07_calls(self):
        ref = "i0123456789abcdef"
        made = self.call(ONE, KING, "inviteCreate", {"ref": ref})
        self.assertEqual(made["ref"], ref)
        self.assertEqual(self.call(ONE, KING, "baas.inviteCreate", {"ref": ref}), made)
        listed = self.call(ONE, KING, "inviteList", {"refs": [ref]})
        self.assertEqual([(i["ref"], i["state"]) for i in listed["invites"]], [(ref, "unused")])
        self.assertEqual(self.call(ONE, KING, "inviteRevoke", {"ref": ref})["state"], "revoked")
        self.assertEqual(self.call(TWO, PAWN, "inviteList", {"refs": [ref]})["invites"][0]["state"], "unknown")
        self.assertEqual(self.call(ONE, QUEEN, "status", {})["id"], secret("queen")["id"])

    def test_08_calls_refused(self):
        for args in (
            (KING, "whoami"),
            (KING, "publish", {"type": "post"}),
            (KING, "status", ["x"]),
            (PAWN, "status"),
            ("../" + KING, "status"),
            ("", "status"),
            (KING, "inviteCreate", {"ref": "alice's"}),
        ):
            with self.subTest(args):
                self.assertIn("failed: ERROR", str(self.call(ONE, *args)))

    def test_09_healthcheck(self):
        self.assertEqual(self.healthcheck(KING), 0)

    def healthcheck(self, id):
        made = lab.docker.api.exec_create(f"baas-{id}", ["node", "/pub/healthcheck.js"])
        lab.docker.api.exec_start(made["Id"])
        return lab.docker.api.exec_inspect(made["Id"])["ExitCode"]

    def test_10_restart_replaces_once(self):
        before = self.containers()
        self.change(ONE, KING, restarts=1)
        self.assertIn(f"bot-{KING}-container", self.good(ONE))
        after = self.containers()
        self.assertEqual(before.keys(), after.keys())
        self.assertEqual({name for name in before if before[name] != after[name]}, {f"/baas-{KING}"})
        self.unchanged(ONE)
        king = self.alive(ONE, KING)
        self.assertEqual((king["restarts"], king["pub"]["restarts"]), (1, 1))
        refs = {"refs": ["i0123456789abcdef"]}
        self.assertEqual(self.call(ONE, KING, "inviteList", refs)["invites"][0]["state"], "revoked")

    def test_11_rebuild_drops_indexes_once(self):
        flume = self.dir(ONE, KING) / "data/flume"
        outside = lab.dir / "outside"
        (outside / "deep").mkdir(parents=True)
        log = flume / "log.offset"
        log.write_bytes(b"")  # an empty log is a whole one
        (flume / "old").mkdir()
        (flume / "old/index").write_text("x")
        (flume / "link").symlink_to(outside)
        (flume / "old/link").symlink_to(outside)
        node = log.stat().st_ino
        self.change(ONE, KING, rebuilds=1)
        self.assertLessEqual({f"bot-{KING}-indexes", f"bot-{KING}-container"}, self.good(ONE))
        self.assertEqual(log.stat().st_ino, node)
        self.assertFalse((flume / "old").exists() or (flume / "link").is_symlink())
        self.assertTrue((outside / "deep").exists())
        (flume / "new").write_text("x")
        self.unchanged(ONE)
        self.assertTrue((flume / "new").exists())
        king = self.alive(ONE, KING)
        self.assertEqual((king["rebuilds"], king["pub"]["rebuilds"], king["restarts"]), (1, 1, 1))

    def test_12_a_linked_flume_is_no_flume(self):
        flume = self.dir(ONE, QUEEN) / "data/flume"
        outside = lab.dir / "outside2"
        (outside / "deep").mkdir(parents=True)
        flume.rename(flume.with_name("kept"))
        flume.symlink_to(outside)
        self.change(ONE, QUEEN, rebuilds=1)
        found, retcode = self.states(ONE)
        self.assertEqual((found[f"bot-{QUEEN}-indexes"][0]["result"], retcode), (False, 2))
        self.assertTrue((outside / "deep").exists())
        flume.unlink()
        flume.with_name("kept").rename(flume)
        self.assertIn(f"bot-{QUEEN}-indexes", self.good(ONE))
        self.alive(ONE, QUEEN)

    def test_13_a_linked_socket_is_no_socket(self):
        self.alive(ONE, QUEEN)
        sock = self.dir(ONE, QUEEN) / "data/socket"
        sock.rename(sock.with_name("kept"))
        sock.symlink_to(self.dir(ONE, KING) / "data/socket")
        self.assertIn("failed", str(self.call(ONE, QUEEN, "status")))
        queen = self.status(ONE)[QUEEN]
        self.assertTrue(queen["running"] and queen["fault"] and "pub" not in queen)
        self.assertNotEqual(self.healthcheck(QUEEN), 0)
        sock.unlink()
        sock.with_name("kept").rename(sock)
        self.alive(ONE, QUEEN)

    def test_14_stop_keeps_start_goes_on(self):
        before = self.containers()
        self.change(ONE, KING, wanted="stopped")
        self.assertEqual(self.good(ONE), {f"bot-{KING}-container"})
        self.unchanged(ONE)
        king = self.status(ONE)[KING]
        self.assertEqual((king["running"], king["state"], king["exitCode"], king["oom"]), (False, "exited", 0, False))
        self.assertGreater(king["disk"]["indexes"], 0)
        self.change(ONE, KING, wanted="running")
        self.assertEqual(self.good(ONE), {f"bot-{KING}-container"})
        self.assertEqual(self.containers(), before)
        self.assertEqual(self.alive(ONE, KING)["pub"]["id"], secret("king")["id"])

    def test_15_another_port_and_more_memory(self):
        port = free_port()
        self.change(ONE, KING, port=port, memory=134217728)
        self.assertIn(f"bot-{KING}-container", self.good(ONE))
        self.assertEqual(self.container(KING)["HostConfig"]["Memory"], 134217728)
        self.alive(ONE, KING)
        socket.create_connection(("127.0.0.1", port), 5).close()

    def test_16_a_taken_port_hurts_one_bot_only(self):
        taken = socket.create_server(("127.0.0.1", 0))
        self.change(ONE, QUEEN, port=taken.getsockname()[1])
        found, retcode = self.states(ONE)
        self.assertEqual((found[f"bot-{QUEEN}-container"][0]["result"], retcode), (False, 2))
        self.assertIn("in use", found[f"bot-{QUEEN}-container"][0]["comment"])
        self.assertTrue(found[f"bot-{KING}-container"][0]["result"])
        self.assertTrue(self.alive(ONE, KING)["running"])
        self.assertFalse(self.status(ONE)[QUEEN]["running"])
        taken.close()
        self.assertIn(f"bot-{QUEEN}-container", self.good(ONE))
        self.alive(ONE, QUEEN)

    def test_17a_no_image_no_harm(self):
        until("healthy", lambda: self.status(TWO)[PAWN]["health"] == "healthy")
        before = self.containers()
        self.change(TWO, PAWN, image="127.0.0.1:1/none@sha256:" + "0" * 64)
        found, retcode = self.states(TWO)
        self.assertEqual((found[f"bot-{PAWN}-container"][0]["result"], retcode), (False, 2))
        self.assertEqual(self.containers(), before)
        self.change(TWO, PAWN, image=None)
        self.unchanged(TWO)

    def test_17b_an_image_by_digest(self):
        base.load_small(lab.docker, "small:1")
        registry = Registry(lab.docker, "small:1")
        self.addCleanup(registry.close)
        lab.docker.images.remove("small:1")
        self.change(TWO, PAWN, image=registry.name)
        self.assertLessEqual({f"image-{registry.name}", f"bot-{PAWN}-container"}, self.good(TWO))
        self.assertEqual(self.container(PAWN)["Config"]["Image"], registry.name)
        self.unchanged(TWO)
        self.change(TWO, PAWN, image=None)
        self.good(TWO)
        self.alive(TWO, PAWN)

    def test_18_a_killed_pub_comes_again(self):
        pid = self.container(PAWN)["State"]["Pid"]
        os.kill(pid, 9)
        until("restarted", lambda: self.status(TWO)[PAWN].get("restartCount") == 1)
        self.assertFalse(self.alive(TWO, PAWN)["oom"])

    def test_19_a_removed_container_comes_again(self):
        lab.docker.api.remove_container(f"baas-{PAWN}", force=True)
        pawn = self.status(TWO)[PAWN]
        self.assertEqual((pawn["running"], pawn["state"]), (False, "none"))
        self.assertEqual(self.good(TWO), {f"bot-{PAWN}-container"})
        self.alive(TWO, PAWN)

    def test_20_leftovers_are_swept(self):
        image = self.container(PAWN)["Image"]
        made = {}
        for server in (TWO, "p9-g1"):
            labels = {"baas.bot": PAWN, "baas.server": server}
            made[server] = lab.docker.api.create_container(image, labels=labels, name=f"left-{server}")["Id"]
        self.assertEqual(self.good(TWO), {"host-swept"})
        self.assertNotIn(f"/left-{TWO}", self.containers())
        lab.docker.api.remove_container(made["p9-g1"])

    def test_21_a_minion_killed_at_work(self):
        self.change(TWO, PAWN, restarts=5)
        before = self.containers()[f"/baas-{PAWN}"]
        job = lab.run(client="local_async", tgt=[TWO], tgt_type="list", fun="state.apply")
        self.assertEqual(job["minions"], [TWO])
        until("the container is being replaced", lambda: self.containers().get(f"/baas-{PAWN}") != before)
        lab.stop_minion(TWO)
        lab.start_minion(TWO)
        until("the minion is back", lambda: lab.ping()[TWO])
        self.good(TWO)
        self.assertEqual(self.alive(TWO, PAWN)["pub"]["restarts"], 5)
        self.assertEqual([name for name in self.containers() if "baas" not in name], [])

    def test_22_absent_removes_and_nothing_else_does(self):
        kept = {name: id for name, id in self.containers().items() if name != f"/baas-{QUEEN}"}
        self.change(ONE, QUEEN, wanted="absent")
        self.assertEqual(self.good(ONE), {f"bot-{QUEEN}-{what}" for what in ("stop", "container", "data")})
        self.assertEqual(self.containers(), kept)
        self.assertFalse(self.dir(ONE, QUEEN).exists())
        self.unchanged(ONE)
        self.assertEqual(self.status(ONE).keys(), {KING})
        private.put(ONE, {})  # no word of a bot is no wish to have it gone
        self.unchanged(ONE)
        self.assertEqual(self.status(ONE).keys(), {KING})

    def test_23_absent_of_a_crashing_one(self):
        private.put(TWO, {PAWN: bot("pawn", private.agents[TWO]["bots"][PAWN]["port"], secret={"id": "@broken"})})
        lab.apply(TWO)
        until("it crashes", lambda: self.status(TWO)[PAWN]["restartCount"] > 0)
        self.assertEqual(self.status(TWO)[PAWN].get("pub"), None)
        self.change(TWO, PAWN, wanted="absent")
        self.good(TWO)
        self.assertNotIn(f"/baas-{PAWN}", self.containers())
        self.assertFalse(self.dir(TWO, PAWN).exists())


class B_Server(Case):
    def test_1_without_its_volume_nothing_is_done(self):
        private.put(BARE, {"b1": bot("bare", free_port())})
        found, retcode = self.states(BARE)
        self.assertEqual((found.keys(), retcode), ({"guard", "host-volume"}, 2))
        self.assertFalse(lab.root(BARE).exists())

    def test_2_without_docker_status_fails(self):
        answer = lab.local(BARE, "baas.status")
        self.assertEqual(answer["retcode"], 1)
        self.assertIn("ERROR: docker", answer["ret"])


class C_Door(Case):
    """What the control plane's user may do at salt-api."""

    def test_only_what_is_listed(self):
        self.assertIn("state.apply", lab.login())
        for low in (
            {"client": "local", "tgt": [ONE], "tgt_type": "list", "fun": "cmd.run", "arg": ["id"]},
            {"client": "local", "tgt": [ONE], "tgt_type": "list", "fun": "pillar.items"},
            {"client": "runner", "fun": "pillar.show_pillar", "minion": ONE},
            {"client": "wheel", "fun": "config.values"},
            {"client": "ssh", "tgt": ONE, "fun": "test.ping"},
        ):
            with self.subTest(low["fun"]), self.assertRaises(Refused) as raised:
                lab.run(**low)
            self.assertIn(raised.exception.args[0], (400, 401))

    def test_wrong_secret_and_wrong_name(self):
        for name, word, code in (("reconciler", "wrong", 401), ("somebody", None, 200)):
            try:
                body = {"username": name, "password": word or "the-salt-api-secret", "eauth": "sharedsecret"}
                answer = lab._post("/login", body)
                self.assertEqual((code, answer["return"][0]["perms"]), (200, {}))
            except Refused as exc:
                self.assertEqual(exc.args[0], code)

    def test_a_job_is_found_by_its_number(self):
        jid = lab.run(client="local_async", tgt=[ONE], tgt_type="list", fun="baas.status")["jid"]

        def done():
            return lab.run(client="runner", fun="jobs.lookup_jid", jid=jid).get(ONE)

        until("the job is done", done)
        self.assertEqual(done()["server"], ONE)


class Rows:
    """Every failure of the private server: nothing runs. A change is pending, so that whatever ran would show."""

    own_http_json = False

    def setUp(self):
        private.put(ONE, {KING: bot("king", free_port())})
        private.put(TWO, {PAWN: bot("pawn", free_port())})
        self.before = self.containers(), self.tree()

    def tearDown(self):
        private.mode = "good"

    def tree(self):
        return sorted(str(path) for path in lab.root(ONE).glob("*/*"))

    def refused(self, row):
        answer = lab.apply(ONE)
        self.assertNotEqual(answer["retcode"], 0, answer)
        ids = {state["__id__"] for state in answer["ret"].values()} if isinstance(answer["ret"], dict) else set()
        self.assertLessEqual(ids, {"guard"}, row)
        self.assertEqual((self.containers(), self.tree()), self.before, row)
        return answer

    def test_bad_answers(self):
        for mode in private.bad:
            with self.subTest(mode):
                private.mode = mode
                self.judge(mode, self.refused(mode))

    def test_slow(self):
        private.mode = "slow"
        self.judge("slow", self.refused("slow"))

    def test_closed(self):
        private.closed()
        try:
            self.judge("closed", self.refused("closed"))
        finally:
            private.opened()

    def test_unknown_minion(self):
        kept = private.agents.pop(ONE)
        try:
            answer = self.refused("unknown minion")
        finally:
            private.agents[ONE] = kept
        self.assertIn("unknown minion", answer["ret"])

    def judge(self, row, answer):
        pass

    def test_z_and_then_all_is_well(self):
        self.assertIn(f"bot-{KING}-container", self.good(ONE))


class D_OurHttpJson(Rows, Case):
    def judge(self, row, answer):
        if row == "an id like a path":
            return  # whole by what http_json knows: the guard's
        self.assertEqual(answer["retcode"], 5, (row, answer))
        self.assertEqual(answer["ret"][0], "Pillar failed to render with the following messages:")


class E_Thief(Case):
    def setUp(self):
        private.put(ONE, {KING: bot("king", free_port())})
        private.put(TWO, {PAWN: bot("pawn", free_port())})

    def test_no_way_to_anothers_pillar(self):
        self.assertEqual(steal()["honest"], "pillar")
        private.asked.clear()
        seen = steal()
        self.assertEqual({way for way, got in seen.items() if got != "refused"}, {"honest"})
        self.assertEqual(set(private.asked), {ONE})
        keys = lab.run(client="wheel", fun="key.list_all")["data"]["return"]
        self.assertEqual((keys["minions_denied"], sorted(keys["minions"])), ([TWO], [ONE, TWO, BARE]))
        lab.run(client="wheel", fun="key.delete_dict", match={"minions_denied": [TWO]})
        until("the master is itself again", lambda: all(lab.ping().values()))
        self.assertEqual(self.states(TWO)[1], 0)


class F_SaltsHttpJson(Rows, Case):
    """The same with Salt's own http_json, and with a master that still speaks the old protocols."""

    @classmethod
    def setUpClass(cls):
        lab.stop_master()
        lab.start_master(own_http_json=True, minimum_auth_version=0)
        until("the minions are back", lambda: all(lab.ping().values()))

    def test_even_then_a_thief_gets_nothing_readable(self):
        seen = steal()
        self.assertEqual(seen["honest"], "pillar")
        self.assertEqual({way for way, got in seen.items() if got == "pillar"}, {"honest"})
        self.assertIn("sealed", seen.values())


def steal():
    done = subprocess.run(
        [sys.executable, HERE / "thief.py", lab.dir / ONE, TWO], capture_output=True, text=True, timeout=120
    )
    if done.returncode != 0:
        raise AssertionError(done.stderr[-3000:])
    return json.loads(done.stdout)


if __name__ == "__main__":
    unittest.main()
