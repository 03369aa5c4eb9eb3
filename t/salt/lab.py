"""
A real Salt master, salt-api, minions and dockerd as plain processes under one short directory, with the settings of
salt/ and everything else of their own: ports, sockets, keys, bridge. Nothing is left when stop() returns.

Started by hand it stays up until a signal comes, and prints what one needs to look around:

    lab.py URL-OF-THE-PRIVATE-SERVER TOKEN MINION...
"""

import concurrent.futures
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import docker
import yaml

from Cryptodome.PublicKey import RSA

import base

from private import free_port

TOP = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
SHARED = "the-salt-api-secret"
USER = "reconciler"
RELEASE = json.loads((TOP / "pub/package.json").read_text())["version"]
WORKERS = 3
PATIENCE = 90  # seconds for anything to get ready: a busy machine has needed 27
SOURCES = ("*.js", "package.json", "package-lock.json", "Dockerfile")


class Lab:
    shared = SHARED

    def __init__(self, minions, private, token, dir=None):
        """In dir, which stays, or in a directory of its own."""
        self.kept = dir is not None
        self.dir = dir or pathlib.Path(tempfile.mkdtemp(prefix="bs", dir="/tmp"))
        self.minions = list(minions)
        self.private, self.token = private, token
        self.ports = {name: free_port() for name in ("publish", "request", "api")}
        self.settings = {}  # of some minion's own, by id
        self.running = {}
        self.bridge = None
        self.api_token = None

    # ---- up and down

    def start(self, with_docker=None):
        """All of it, ready. with_docker() is done beside, as soon as docker answers."""
        self._files()
        self.start_docker()
        with concurrent.futures.ThreadPoolExecutor(1) as beside:
            done = beside.submit(with_docker or self.docker.ping)
            self.start_master()
            for minion in self.minions:
                self.start_minion(minion)
            self._until("minions", lambda: all(self.ping().values()))
            done.result()

    def stop(self):
        """The containers, by dockerd; then everything else at once."""
        dockerd = self.running.pop("dockerd", None)
        if dockerd is not None:
            dockerd.terminate()
        for name in list(self.running):
            self.kill(name)
        if dockerd is not None:
            try:
                dockerd.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(dockerd.pid, signal.SIGKILL)
        self._unmount()
        if self.bridge:
            subprocess.run(["ip", "link", "del", self.bridge], check=False)
        if not self.kept:
            shutil.rmtree(self.dir, ignore_errors=True)

    def kill(self, name):
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _run(self, name, *argv):
        log = (self.dir / "log" / f"{name}.out").open("a")
        # A test that is killed takes all that it started along.
        self.running[name] = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *map(str, argv)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        log.close()

    def _until(self, what, ready):
        end, last = time.monotonic() + PATIENCE, None
        while time.monotonic() < end:
            for name, process in self.running.items():
                if process.poll() is not None:
                    raise RuntimeError(f"{name} has ended: {self.log(name)}")
            try:
                if ready():
                    return
            except (OSError, docker.errors.DockerException, Refused) as exc:
                last = exc
            time.sleep(0.1)
        raise RuntimeError(f"not in time: {what}: {last}")

    def log(self, name):
        files = [self.dir / "log" / f"{name}.out", self.dir / "log" / name]
        return "\n".join(file.read_text(errors="replace")[-2000:] for file in files if file.exists())

    # ---- docker

    def start_docker(self):
        self.bridge = self._bridge()
        self.docker_url = f"unix://{self.dir}/d.sock"
        # No rule of iptables is needed: docker's own proxy carries what comes to a published port.
        settings = {
            "storage-driver": "overlay2",
            "bridge": self.bridge,
            "iptables": False,
            "ip-masq": False,
            "ip-forward": False,
            "live-restore": self.kept,
        }
        (self.dir / "docker.json").write_text(json.dumps(settings))
        self._run(
            "dockerd",
            shutil.which("dockerd") or "dockerd",
            "--config-file", self.dir / "docker.json",
            "--data-root", self.dir / "docker",
            "--exec-root", self.dir / "exec",
            "--pidfile", self.dir / "d.pid",
            "-H", self.docker_url,
        )  # fmt: skip
        self.docker = docker.DockerClient(base_url=self.docker_url, version="1.41", timeout=120)
        self._until("docker", self.docker.ping)

    def _bridge(self):
        for _ in range(20):
            name = f"bs{random.getrandbits(32):08x}"
            net = f"172.{random.randint(20, 31)}.{random.randint(0, 255)}"
            if f" {net}." in subprocess.run(["ip", "-4", "route"], capture_output=True, text=True).stdout:
                continue
            subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
            subprocess.run(["ip", "addr", "add", f"{net}.1/24", "dev", name], check=True)
            subprocess.run(["ip", "link", "set", name, "up"], check=True)
            return name
        raise RuntimeError("no free network for a bridge")

    def _unmount(self):
        with open("/proc/mounts", encoding="utf-8") as mounts:
            places = [line.split()[1] for line in mounts if line.split()[1].startswith(f"{self.dir}/")]
        for place in reversed(places):
            subprocess.run(["umount", "-l", place], check=False)

    # ---- salt

    def start_master(self, own_http_json=False, **settings):
        """With own_http_json Salt's own module fetches the pillars, else that of salt/ext."""
        self._write(
            self.dir / "m/master.d/lab.conf",
            {
                "file_roots": {"base": [str(self.dir / "srv")]},
                "extension_modules": str(self.dir / "none" if own_http_json else TOP / "salt/ext"),
                "ext_pillar": [
                    {
                        "http_json": {
                            "url": f"{self.private}/agents?minion=%s",
                            "header_dict": {"Authorization": f"Bearer {self.token}"},
                        }
                    }
                ],
                "sharedsecret": self.shared,
                "rest_cherrypy": {
                    "host": "127.0.0.1",
                    "port": self.ports["api"],
                    "disable_ssl": True,
                    "thread_pool": 20,
                },
                **settings,
            },
        )
        log = self.dir / "log/master"
        before = _count(log, "Worker binding to socket")
        self._run("master", BIN / "salt-master", "-c", self.dir / "m", "-l", "quiet")
        self._until("master", lambda: _count(log, "Worker binding to socket") >= before + WORKERS)
        self._run("api", BIN / "salt-api", "-c", self.dir / "m", "-l", "quiet")
        self._until("salt-api", self.login)

    def stop_master(self):
        for name in ("api", "master"):
            self.kill(name)
        self._forget("master", "api")

    def start_minion(self, minion):
        self._run(minion, BIN / "salt-minion", "-c", self.dir / minion, "-l", "quiet")

    def stop_minion(self, minion):
        self.kill(minion)
        self._forget(minion)

    def busy(self, minion):
        """Is it in the middle of an apply? It keeps a file of each job while it is at it."""
        jobs = (self.dir / minion / "cache/proc").glob("*")
        try:
            return any(b"state.apply" in job.read_bytes() for job in jobs)
        except FileNotFoundError:
            return False

    def _forget(self, *names):
        """A pid file left by a kill says "already running" to the next start."""
        for name in names:
            for path in (f"{name}.pid", f"process_responsibility_{name}.pid"):
                (self.dir / path).unlink(missing_ok=True)

    def _files(self):
        for name in ("log", "srv", "m/master.d", "m/pki/minions", "m/cache", "m/sock"):
            (self.dir / name).mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.dir / "srv")
        (self.dir / "srv").mkdir()
        for path in (TOP / "salt").iterdir():
            (self.dir / "srv" / path.name).symlink_to(path)
        package = self.dir / "srv/pub" / RELEASE
        package.mkdir(parents=True)
        for pattern in SOURCES:
            for path in (TOP / "pub").glob(pattern):
                shutil.copy(path, package)
        shutil.copy(TOP / "salt/master.d/baas.conf", self.dir / "m/master.d")
        if not (self.dir / "m/pki/master.pem").exists():
            _key(self.dir / "m/pki", "master")
        self._write(self.dir / "m/master", self._master())
        for minion in self.minions:
            self._minion(minion)

    def _master(self):
        return {
            **self._own("m", "master"),
            "interface": "127.0.0.1",
            "publish_port": self.ports["publish"],
            "ret_port": self.ports["request"],
            "api_pidfile": str(self.dir / "api.pid"),
            "api_logfile": str(self.dir / "log/api"),
            "worker_threads": WORKERS,
        }

    def _own(self, place, name):
        return {
            "user": "root",
            "pki_dir": str(self.dir / place / "pki"),
            "cachedir": str(self.dir / place / "cache"),
            "sock_dir": str(self.dir / place / "sock"),
            "pidfile": str(self.dir / f"{name}.pid"),
            "log_file": str(self.dir / "log" / name),
            "log_level_logfile": "info",
        }

    def _minion(self, minion, key=None):
        """With a new key, which the master is told of; or with that one, of which it knows."""
        for name in ("pki", "cache", "sock"):
            (self.dir / minion / name).mkdir(parents=True)
        _key(self.dir / minion / "pki", "minion", key)
        if key is None:
            shutil.copy(self.dir / minion / "pki/minion.pub", self.dir / "m/pki/minions" / minion)
        shutil.copy(self.dir / "m/pki/master.pub", self.dir / minion / "pki/minion_master.pub")
        self._write(
            self.dir / minion / "minion",
            {
                **self._own(minion, minion),
                "id": minion,
                "master": "127.0.0.1",
                "master_port": self.ports["request"],
                "publish_port": self.ports["publish"],
                "extension_modules": str(self.dir / minion / "cache/extmods"),
                "docker.url": f"unix://{self.dir}/d.sock",
                "mine_enabled": False,
                "enable_fqdns_grains": False,
                "enable_gpu_grains": False,
                "recon_default": 100,
                "recon_max": 500,
                "recon_randomize": False,
                "acceptance_wait_time": 1,
                "random_reauth_delay": 1,
                "auth_timeout": 2,
                "baas": {"root": str(self.root(minion)), "mounted": False, "addresses": ["127.0.0.1"]},
                **self.settings.get(minion, {}),
            },
        )

    def _write(self, path, settings):
        path.write_text(yaml.safe_dump(settings))
        path.chmod(0o600)

    def root(self, minion):
        return self.dir / minion / "data"

    # ---- salt-api

    def login(self):
        body = {"username": USER, "password": self.shared, "eauth": "sharedsecret"}
        answer = self._post("/login", body)["return"][0]
        self.api_token = answer["token"]
        return answer["perms"]

    def run(self, **lowstate):
        return self._post("/", [lowstate], {"X-Auth-Token": self.api_token})["return"][0]

    def local(self, minion, fun, *args, **kwargs):
        """The minion's full return: ret, retcode, jid."""
        answer = self.run(
            client="local", tgt=[minion], tgt_type="list", fun=fun, arg=args, kwarg=kwargs, full_return=True, timeout=120
        )
        if not isinstance(answer.get(minion), dict):
            raise RuntimeError(f"{minion} does not return: {answer}")
        return answer[minion]

    def ping(self, minions=None):
        minions = minions or self.minions
        answer = self.run(
            client="local", tgt=minions, tgt_type="list", fun="test.ping", timeout=1, gather_job_timeout=1
        )
        return {minion: answer.get(minion) is True for minion in minions}

    def apply(self, minion):
        return self.local(minion, "state.apply")

    def _post(self, path, body, headers=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports['api']}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE * 2) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as exc:
            raise Refused(exc.code, exc.read(500)) from None


class Refused(Exception):
    pass


def _key(place, name, text=None):
    key = RSA.generate(2048) if text is None else RSA.import_key(text)
    (place / f"{name}.pem").write_bytes(key.export_key())
    (place / f"{name}.pem").chmod(0o400)
    (place / f"{name}.pub").write_bytes(key.public_key().export_key())


def _count(path, text):
    return path.read_text(errors="replace").count(text) if path.exists() else 0


def main():
    lab = Lab(sys.argv[3:], sys.argv[1], sys.argv[2])
    cache = os.environ.get("BAAS_NPM_CACHE")  # npm's, to build the pub's image without registries
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        lab.start(lambda: cache and base.load(lab.docker, base.NAME, cache))
        print(json.dumps({"dir": str(lab.dir), "docker": lab.docker_url, **lab.ports}), flush=True)
        signal.pause()
    except KeyboardInterrupt:
        pass
    finally:
        lab.stop()


if __name__ == "__main__":
    main()
