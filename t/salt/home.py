"""
The cloud at home, for ./dev run --fleet salt: the fake Scaleway with servers that really run, a Salt master, salt-api
and docker, all under one directory that the next run goes on with.

    home.py settings DIR        prints what the site's configuration must say, a KEY=VALUE a line
    home.py run DIR READY-FILE  runs all that until a signal comes; what dies is started again. The file is written when
                                all of it answers.

docker is this machine's if one answers (its images and containers are not under DIR then), else one of our own.
"""

import concurrent.futures
import importlib.machinery
import json
import os
import pathlib
import random
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
import uuid

import docker

import base

from lab import BIN, TOP, Lab

SYSTEM_DOCKER = "unix:///var/run/docker.sock"
PULL_SECONDS = 90
LONGEST = 60  # bytes of the directory's path: below it are sockets, whose paths have 107 at most
ENDING_SECONDS = 7


def listening():
    """(address, port) of all that listens on IPv4."""
    found = set()
    with open("/proc/net/tcp", encoding="ascii") as file:
        for line in file.readlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            if state == "0A":
                address, port = local.split(":")
                found.add((".".join(str(int(address[at : at + 2], 16)) for at in (6, 4, 2, 0)), int(port, 16)))
    return found


class Place:
    """What stays from run to run: ports, the net of the servers' addresses, secrets."""

    names = ("publish", "request", "api", "scaleway", "private")

    def __init__(self, dir):
        self.dir = pathlib.Path(dir) / "cloud"
        if len(str(self.dir)) > LONGEST:
            raise SystemExit(f"home: the path of --dir is too long for sockets: {dir}")
        self.dir.mkdir(mode=0o711, exist_ok=True)
        for name, make in (("token", uuid.uuid4), ("password", secrets.token_hex), ("private", secrets.token_hex)):
            if not self.secret(name).exists():
                self._write(self.secret(name), f"{make()}\n")
        file = self.dir / "home.json"
        if not file.exists():
            self._write(file, json.dumps(self._settle()))
        self.known = json.loads(file.read_text())
        self.ports = self.known["ports"]

    def _settle(self):
        # Below the ports that the kernel gives to whoever asks for any.
        taken = {port for _, port in listening()}
        ports = random.sample([port for port in range(20000, 32000) if port not in taken], len(self.names))
        nets = {".".join(address.split(".")[:2]) for address, _ in listening()}
        net = random.choice([one for one in (f"127.{n}" for n in range(64, 255)) if one not in nets])
        return {"ports": dict(zip(self.names, ports)), "net": f"{net}.0.0/16", "project": str(uuid.uuid4())}

    def _write(self, path, text):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            out.write(text)

    def secret(self, name):
        return self.dir / f"{name}.secret"

    def settings(self):
        ports = self.ports
        return {
            "cloud": "scaleway",
            "fleet": "salt",
            "scaleway.url": f"http://127.0.0.1:{ports['scaleway']}",
            "scaleway.project": self.known["project"],
            "scaleway.token_file": self.secret("token"),
            "salt.url": f"http://127.0.0.1:{ports['api']}",
            "salt.password_file": self.secret("password"),
            "salt.master": f"127.0.0.1:{ports['request']}:{ports['publish']}",
            "private.listen": f"127.0.0.1:{ports['private']}",
            "private.token_file": self.secret("private"),
        }


class Home(Lab):
    def __init__(self, place):
        self.place = place
        token = place.secret("private").read_text().strip()
        super().__init__([], f"http://127.0.0.1:{place.ports['private']}", token, place.dir)
        self.ports = place.ports
        self.shared = place.secret("password").read_text().strip()
        self.own_docker = False

    # ---- up

    def up(self):
        taken = {port for _, port in listening()}
        for name in ("publish", "request", "api", "scaleway"):
            if self.ports[name] in taken:
                raise SystemExit(f"home: port {self.ports[name]}, which this --dir has for its cloud, is taken")
        self._files()
        self._forget("master", "api")
        self._find_docker()
        os.environ.update(FAKE_SALT=str(BIN.parent), FAKE_DOCKER=self.docker_url)
        self._base_image()
        self.start_master()
        self._start_fake()

    def _find_docker(self):
        try:
            self.docker = docker.DockerClient(base_url=SYSTEM_DOCKER, version="1.41", timeout=120)
            self.docker.ping()
            self.docker_url = SYSTEM_DOCKER
        except (OSError, docker.errors.DockerException):
            self.own_docker = True
            self._clear_docker()
            self.start_docker()

    def _base_image(self):
        """What the pub's image is built on: pulled, or made of this machine's node where there are no registries."""
        if self.docker.images.list(name=base.NAME):
            return
        if not self.own_docker:
            try:
                argv = ["docker", "-H", self.docker_url, "pull", "-q", base.NAME]
                subprocess.run(argv, stdout=subprocess.DEVNULL, check=True, timeout=PULL_SECONDS)
                return
            except (OSError, subprocess.SubprocessError):
                print(f"home: {base.NAME} can't be pulled: it is made of this machine's node", file=sys.stderr)
        base.load(self.docker, base.NAME, os.environ["BAAS_NPM_CACHE"])

    def _start_fake(self):
        self._run(
            "scaleway",
            TOP / "t/fake/scaleway",
            "--port", self.ports["scaleway"],
            "--state", self.dir / "scaleway.json",
            "--machines", self.dir,
            "--addresses", self.place.known["net"],
            "--speed", os.environ.get("FAKE_SPEED", "1"),
        )  # fmt: skip
        url = f"http://127.0.0.1:{self.ports['scaleway']}/fake/fail"
        self._until("scaleway", lambda: urllib.request.urlopen(url, timeout=5).close() is None)

    # ---- while it runs

    def look_after(self):
        """Starts again what has ended."""
        again = {
            "dockerd": self._restart_docker,
            "master": lambda: self._run("master", BIN / "salt-master", "-c", self.dir / "m", "-l", "quiet"),
            "api": lambda: self._run("api", BIN / "salt-api", "-c", self.dir / "m", "-l", "quiet"),
            "scaleway": self._start_fake,
        }
        for name in [name for name, process in self.running.items() if process.poll() is not None]:
            print(f"home: {name} has ended: starting it again", file=sys.stderr)
            self.running.pop(name)
            self._end_group(name)
            self._forget(name)
            try:
                again[name]()
            except RuntimeError as exc:
                print(f"home: {exc}", file=sys.stderr)

    def _clear_docker(self):
        """What one that was killed has left: the next takes containerd's pid, even a dead one's, for one that answers."""
        (self.dir / "d.pid").unlink(missing_ok=True)
        file = self.dir / "exec/containerd/containerd.pid"
        try:
            pid = int(file.read_text())
            if str(self.dir) in pathlib.Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGKILL)
        except (OSError, ValueError):
            pass
        file.unlink(missing_ok=True)

    def _restart_docker(self):
        self._clear_docker()
        self.start_docker()

    def _bridge(self):
        """The same one as long as there may be containers on it."""
        file = self.dir / "bridge"
        if not file.exists() or subprocess.run(["ip", "link", "show", file.read_text()], capture_output=True).returncode:
            file.write_text(super()._bridge())
        return file.read_text()

    def _run(self, name, *argv):
        super()._run(name, *argv)
        self.groups = {**getattr(self, "groups", {}), name: self.running[name].pid}

    def _end_group(self, name):
        """What a dead leader has left; not containerd and its own, which the next dockerd needs."""
        if name != "dockerd":
            try:
                os.killpg(self.groups[name], signal.SIGKILL)
            except ProcessLookupError:
                pass

    # ---- down

    def down(self):
        """Everything, the machines and their containers too, in a few seconds."""
        fake = self.running.pop("scaleway", None)
        if fake is not None:
            fake.terminate()
        for name in [name for name in self.running if name != "dockerd"]:
            self._end(self.running.pop(name), 0)
        if fake is not None:
            self._end(fake, 1)
        self._power_off()
        dockerd = self.running.pop("dockerd", None)
        if dockerd is not None:
            self._kill_containers()
            dockerd.terminate()
            self._end(dockerd, 3)
        if self.own_docker:
            self._unmount()
        if self.bridge:
            subprocess.run(["ip", "link", "del", self.bridge], check=False)

    def _kill_containers(self):
        """Those that are no machine's: docker would leave them running."""
        try:
            for container in self.docker.containers.list():
                container.kill()
        except (OSError, docker.errors.DockerException) as exc:
            print(f"home: docker: {exc}", file=sys.stderr)

    def _end(self, process, seconds):
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # not waited for yet, so it is still its own
            process.wait()

    def _power_off(self):
        """Of all machines; they are on in the cloud's books, and will be again."""
        if "FAKE_DOCKER" not in os.environ:
            return  # it has not come so far
        machine = importlib.machinery.SourceFileLoader("machine", str(TOP / "t/fake/machine")).load_module()
        pool = concurrent.futures.ThreadPoolExecutor(16)
        offs = [
            pool.submit(machine.Machine(self.dir, path.name).off) for path in (self.dir / "machines").glob("*-*-*-*-*")
        ]
        for off in concurrent.futures.wait(offs, ENDING_SECONDS).not_done:
            print(f"home: a machine does not end: {off}", file=sys.stderr)
        pool.shutdown(wait=False, cancel_futures=True)


SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Ending(Exception):
    pass


def end(*_):
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise Ending


def run(dir, ready):
    home = Home(Place(dir))
    try:
        for number in SIGNALS:
            signal.signal(number, end)
        home.up()
        pathlib.Path(ready).touch()
        while True:
            home.look_after()
            time.sleep(0.3)
    except Ending:
        return 0
    except (RuntimeError, OSError, docker.errors.DockerException) as exc:
        print(f"home: {exc}", file=sys.stderr)
        return 1
    finally:
        home.down()


def main():
    if sys.argv[1] == "settings":
        for key, value in Place(sys.argv[2]).settings().items():
            print(f"{key}={value}")
        return 0
    return run(*sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
