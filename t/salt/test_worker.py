"""
The worker on real Salt and docker: fleet = salt with cloud = local, so everybody's bots are containers of one machine,
whose minion is "local". The shortest life of a bot, and what t/cloud/story.test.js, which has servers, does not come to.
BAAS_LIBEXEC: where baas-reconcile and cgi/ are; BAAS_WISH, BAAS_SHEPHERD: t/worker/wish, shepherd; BAAS_ADMIN: baas.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import base

from lab import SHARED, TOP, Lab
from private import free_port

NEEDS = ("BAAS_LIBEXEC", "BAAS_WISH", "BAAS_ADMIN", "BAAS_SHEPHERD")
TOKEN = "the-private-token-of-the-worker-test"


def setUpModule():
    global house, lab
    missing = [name for name in NEEDS if not os.path.exists(os.environ.get(name, ""))]
    if missing:
        raise unittest.SkipTest(f"needs {' '.join(missing)}, built: ./dev test t/salt does it")
    house = House()
    unittest.addModuleCleanup(house.end)
    lab = Lab(["local"], f"http://127.0.0.1:{house.port}", TOKEN)
    unittest.addModuleCleanup(lab.stop)
    house.begin()
    lab.start(lambda: base.load(lab.docker, base.NAME, os.environ["BAAS_NPM_CACHE"]))
    house.watch()


class House:
    """A state directory, the private server's lighttpd, and a worker."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="bw", dir="/tmp"))
        self.port, self.conf = free_port(), self.dir / "baas.conf"
        self.lighttpd = self.worker = None

    def begin(self):
        for name in ("state/log", "run"):
            (self.dir / name).mkdir(parents=True)
        self.secret("password", SHARED)
        self.secret("token", TOKEN)
        self.conf.write_text(
            f"state_dir = {self.dir}/state\nfleet = salt\nsalt.url = http://127.0.0.1:{lab.ports['api']}\n"
            f"salt.password_file = {self.dir}/password\nprivate.listen = 127.0.0.1:{self.port}\n"
            f"private.token_file = {self.dir}/token\nbots.first_port = {free_port()}\nlimits.bin_second_look = 1\n"
            f"pub.release = {lab_release()}\n"
        )
        self.wish("init", TOP / "schema.sql")
        made = subprocess.run(
            [os.environ["BAAS_ADMIN"], "-c", self.conf, "lighttpd", "private", self.dir / "run"],
            check=True,
            capture_output=True,
        )
        (self.dir / "run/lighttpd.conf").write_bytes(made.stdout)
        self.lighttpd = subprocess.Popen(
            [shutil.which("lighttpd"), "-D", "-f", self.dir / "run/lighttpd.conf"],
            env={**os.environ, "BAAS_CONF": str(self.conf)},
        )

    def secret(self, name, text):
        (self.dir / name).write_text(text)
        (self.dir / name).chmod(0o600)

    def watch(self):
        with (self.dir / "worker.log").open("a") as log:
            self.worker = subprocess.Popen(
                [f"{os.environ['BAAS_LIBEXEC']}/baas-reconcile", "-c", self.conf, "-v", "--watch", "900"], stderr=log
            )

    def unwatch(self, how):
        self.worker.send_signal(how)
        status = self.worker.wait(20)
        self.worker = None
        return status

    def end(self):
        for process in filter(None, (self.worker, self.lighttpd)):
            process.terminate()
            process.wait(20)
        shutil.rmtree(self.dir)

    def log(self):
        return (self.dir / "worker.log").read_text()

    def wish(self, *args):
        return subprocess.run(
            [os.environ["BAAS_WISH"], self.conf, *args], check=True, capture_output=True, text=True
        ).stdout

    def shepherd(self, *args):
        """What it prints, of good status or bad."""
        argv = [os.environ["BAAS_SHEPHERD"], self.conf, *args]
        return subprocess.run(argv, check=False, stdout=subprocess.PIPE, text=True).stdout

    def show(self, bot):
        try:
            lines = [line.split(" ", 1) for line in self.wish("show", bot).splitlines()]
        except subprocess.CalledProcessError:
            return {}
        return {line[0]: line[1] for line in lines if len(line) == 2}


def lab_release():
    return json.loads((TOP / "pub/package.json").read_text())["version"]


class Story(unittest.TestCase):
    """Its parts build upon each other."""

    def await_(self, bot, what, seconds=120, **fields):
        began = time.monotonic()
        while time.monotonic() < began + seconds:
            shown = house.show(bot)
            if all(shown.get(name) == value for name, value in fields.items()):
                print(f"# {what} after {time.monotonic() - began:.1f} s", flush=True)
                return shown
            time.sleep(0.1)
        raise AssertionError(f"not in time: {what}: {shown}\n{house.log()[-3000:]}")

    def container(self, bot):
        key = house.wish("key", bot).strip()
        return lab.docker.api.inspect_container(f"baas-{key}")

    def test_01_ordered(self):
        house.wish("order", "my")
        shown = self.await_("my", "alive, its image built", 180, status="alive")
        self.assertTrue(self.container("my")["State"]["Running"])
        socket.create_connection(("127.0.0.1", int(shown["port"])), 5).close()

    def test_02_invite(self):
        house.wish("invite", "my", "alice")
        end = time.monotonic() + 60
        while "invite alice unused 127.0.0.1" not in house.wish("show", "my"):
            self.assertLess(time.monotonic(), end, house.log()[-2000:])
            time.sleep(0.1)
        house.wish("revoke", "my", "alice")
        end = time.monotonic() + 60
        while "invite alice revoked" not in house.wish("show", "my"):
            self.assertLess(time.monotonic(), end, house.log()[-2000:])
            time.sleep(0.1)

    def test_03_a_container_removed(self):
        lab.docker.api.remove_container(f"baas-{house.wish('key', 'my').strip()}", force=True)
        house.wish("wake", "my")
        self.await_("my", "seen gone", status="starting")
        self.await_("my", "alive", status="alive")

    def test_04_a_worker_killed_in_an_apply(self):
        before = self.container("my")["Id"]
        began = house.log().count("apply, rev")
        house.wish("restart", "my")
        end = time.monotonic() + 60
        while house.log().count("apply, rev") == began or not lab.busy("local"):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        house.unwatch(signal.SIGKILL)
        house.watch()
        self.await_("my", "alive again", 90, status="alive")
        self.assertNotEqual(self.container("my")["Id"], before)

    def test_05_a_pub_that_hangs(self):
        pid = self.container("my")["State"]["Pid"]
        os.kill(pid, signal.SIGSTOP)
        house.wish("wake", "my")
        self.await_("my", "unhealthy", 120, status="unhealthy")
        self.await_("my", "alive again", 120, status="alive")
        self.assertNotEqual(self.container("my")["State"]["Pid"], pid)

    def test_06_the_plan(self):
        end = time.monotonic() + 60
        plan = [f"{os.environ['BAAS_LIBEXEC']}/baas-reconcile", "-c", house.conf, "-n"]
        while True:
            done = subprocess.run(plan, capture_output=True, text=True)
            if (done.stdout, done.returncode) == ("all is as it should be\n", 0):
                return
            self.assertLess(time.monotonic(), end, done)  # the last apply may not have been taken in yet

    def test_07_keys(self):
        """A minion joins with the key pair that the worker had made for it, of which nothing stays with the master."""
        place, name = house.dir, "p77-g1"
        self.assertEqual(house.shepherd("key", name, place / "key", place / "master"), "")
        key = (place / "key").read_text()
        self.assertEqual((place / "master").read_text(), (lab.dir / "m/pki/master.pub").read_text())
        lab._minion(name, key)
        lab.start_minion(name)
        lab._until(name, lambda: lab.ping([name])[name])
        self.assertEqual(set(house.shepherd("greet", name, "p78-g1").splitlines()), {f"{name} 1", "p78-g1 0"})
        self.assertEqual(set(house.shepherd("keys").splitlines()), {"known local", f"known {name}"})
        middle = key.splitlines()[len(key.splitlines()) // 2]
        for where in (lab.dir / "m", lab.dir / "log"):
            found = subprocess.run(["grep", "-rlF", middle, where], capture_output=True, text=True)
            self.assertEqual(found.stdout, "")
        lab.stop_minion(name)
        self.assertEqual(house.shepherd("unkey", name), "done\n")
        self.assertEqual(house.shepherd("keys"), "known local\n")
        lab.start_minion(name)
        end = time.monotonic() + 60
        while name not in lab.run(client="wheel", fun="key.list_all")["data"]["return"]["minions_pre"]:
            self.assertLess(time.monotonic(), end, lab.log(name))
            time.sleep(0.2)
        self.assertEqual(set(house.shepherd("greet", name, "local").splitlines()), {f"{name} 0", "local 1"})
        lab.stop_minion(name)

    def test_08_erased(self):
        key = house.wish("key", "my").strip()
        house.wish("bin", "my", "1000")
        end = time.monotonic() + 60
        while house.show("my"):
            self.assertLess(time.monotonic(), end, house.log()[-2000:])
            time.sleep(0.2)
        self.assertFalse((lab.root("local") / "bots" / key).exists())
        names = [name for container in lab.docker.api.containers(all=True) for name in container["Names"]]
        self.assertNotIn(f"/baas-{key}", names)

    def test_09_all_is_as_wanted(self):
        self.assertEqual(house.unwatch(signal.SIGTERM), 0)
        secret = subprocess.run(["grep", "-rlF", SHARED, lab.dir / "log", house.dir / "worker.log"], capture_output=True)
        self.assertEqual(secret.stdout, b"")


if __name__ == "__main__":
    unittest.main()
