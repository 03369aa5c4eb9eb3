"""What a new server meets: the metadata service, Salt's apt repository, and Salt's master."""

import http.server
import json
import os
import shutil
import ssl
import subprocess
import threading

from lab import BIN, TOP, Lab, Refused, _key
from machine import HERE

METADATA = "169.254.42.42"


class Metadata:
    """The metadata service, which tells the machine that is there what it is told; ``asked`` has "METHOD PATH"."""

    def __init__(self):
        self.machine, self.asked = None, []
        self.server = http.server.ThreadingHTTPServer((METADATA, 80), self._handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method, path):
        self.asked.append(f"{method} {path}")
        machine = self.machine
        if path == "/conf?format=json":
            return 200, json.dumps({
                "id": machine.id, "name": "p", "hostname": "p", "tags": [], "ssh_public_keys": [], "ipv6": None,
            })  # fmt: skip
        if path != "/user_data/cloud-init" or machine.told is None:
            return 404, ""
        if method == "DELETE":
            machine.told = None
            return 204, ""
        return 200, machine.told

    def _handler(metadata):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                status, body = metadata.answer(self.command, self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            do_DELETE = do_GET

        return Handler


class Site:
    """Salt's apt repository and a file or two by https; the first request for each of ``late`` fails."""

    def __init__(self, at, more):
        self.at, self.more, self.late, self.asked = at / "site", more, {"key"}, []
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(at / "site.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def file(self, path):
        self.asked.append(path)
        if path.endswith("/SaltProjectKey/public"):
            path = "key"
        name = path.rsplit("/artifactory/saltproject-deb/", 1)[-1].lstrip("/")
        if name in self.late:
            self.late.discard(name)
            return 503, None
        found = self.more.get(name, self.at / name)
        return (200, found) if ".." not in name and found.is_file() else (404, None)

    def _handler(site):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                status, file = site.file(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(file.stat().st_size if file else 0))
                self.end_headers()
                if file:
                    with file.open("rb") as body:
                        shutil.copyfileobj(body, self.wfile)

        return Handler


class Master(Lab):
    """Salt's master and salt-api of t/salt, without minions and docker."""

    def up(self):
        self._files()
        self.start_master()

    def key(self, minion):
        """Makes one, accepted: the private half."""
        made = self.run(client="wheel", fun="key.gen_accept", id_=minion, keysize=2048, force=True)
        return made["data"]["return"]["priv"]

    def ask(self, minion, function, *args, seconds=120):
        """What Salt's own command says: the minion's return, or None."""
        argv = [BIN / "salt", "-c", self.dir / "m", "--out=json", "--static", "-t", str(seconds), minion, function]
        done = subprocess.run([*argv, *args], capture_output=True, text=True, check=False, timeout=seconds + 120)
        try:
            answer = json.loads(done.stdout).get(minion)
        except ValueError:
            return None
        return None if answer is False or isinstance(answer, str) else answer

    def there(self, minion):
        try:
            answer = self.run(
                client="local", tgt=[minion], tgt_type="list", fun="test.ping", timeout=10, gather_job_timeout=10
            )
        except Refused:
            return False
        return answer.get(minion) is True

    def told(self, minion, volume, key):
        """The user data, by the worker's own code."""
        at = self.dir / "seed"
        at.mkdir(exist_ok=True)
        (at / "key").write_text(key)
        (at / "conf").write_text(
            f"salt.master = {HERE}:{self.ports['request']}:{self.ports['publish']}\n"
            f"scaleway.first_boot = {TOP}/etc/first-boot.yaml\n"
        )
        argv = [os.environ["BAAS_SEEDLING"], at / "conf", minion, volume, at / "key", self.dir / "m/pki/master.pub"]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout

    def become_another(self):
        """With a key of its own, though it knows the minions' keys."""
        self._change_keys("away", lambda pki: _key(pki, "master"))

    def become_itself(self):
        self._change_keys("false", lambda pki: [key.rename(pki / key.name) for key in (self.dir / "away").iterdir()])

    def _change_keys(self, to, make):
        self.stop_master()
        pki = self.dir / "m/pki"
        (self.dir / to).mkdir()
        for name in ("master.pem", "master.pub"):
            (pki / name).rename(self.dir / to / name)
        make(pki)
        self.start_master()
