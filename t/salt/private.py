"""The private server (CONTRACT.md, 4) as the tests need it: answers what it is told to, well or badly."""

import base64
import hashlib
import http.server
import json
import socket
import threading
import time
import urllib.parse

TOKEN = "the-private-token"


def secret(seed):
    """A pub's key pair, always the same for the same seed, by the ed25519 that Salt's crypto library brings."""
    from Cryptodome.PublicKey import ECC

    raw = hashlib.sha256(seed.encode()).digest()
    public = ECC.construct(curve="ed25519", seed=raw).public_key().export_key(format="raw")
    text = base64.b64encode(public).decode() + ".ed25519"
    return {
        "curve": "ed25519",
        "public": text,
        "private": base64.b64encode(raw + public).decode() + ".ed25519",
        "id": "@" + text,
    }


def bot(name, port, **more):
    return {
        "name": name,
        "host": "localhost",
        "port": port,
        "wanted": "running",
        "restarts": 0,
        "rebuilds": 0,
        "release": "1.0.0",
        "image": None,
        "memory": 201326592,
        "secret": secret(name),
        **more,
    }


class Private:
    """
    ``agents`` has the pillar's body by minion id, ``asked`` the ids that were asked for with the right token. ``mode``
    is how the next answers are: "good", or one of the keys of ``bad``, or "slow", or "closed".
    """

    def __init__(self):
        self.agents = {}
        self.asked = []
        self.mode = "good"
        self.server = None
        self.port = self._listen(free_port())

    def put(self, minion, bots):
        rev = self.agents.get(minion, {"rev": 0})["rev"] + 1
        self.agents[minion] = {"schema": 1, "minion": minion, "rev": rev, "seeds": [], "bots": bots}

    def body(self, minion):
        if minion not in self.agents:
            return {"_errors": ["unknown minion"]}
        return {"baas": self.agents[minion]}

    def closed(self):
        self.server.shutdown()
        self.server.server_close()

    def opened(self):
        self._listen(self.port)

    def _listen(self, port):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self.server.server_address[1]

    def _handler(private):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                minion = urllib.parse.parse_qs(url.query, keep_blank_values=True).get("minion", [""])[0]
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    return self.answer(401, b"")
                if url.path != "/agents":
                    return self.answer(404, b"")
                private.asked.append(minion)
                status, body = private.reply(minion)
                self.answer(status, body)

            def answer(self, status, body):
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    if status == 302:
                        self.send_header("Location", self.path)
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # nobody waits any more

        return Handler

    def reply(self, minion):
        good = self.body(minion)
        if self.mode == "slow":
            time.sleep(4.5)
        if self.mode in ("good", "slow"):
            return 200, json.dumps(good).encode()
        status, text = self.bad[self.mode](good, self.agents)
        return status, text if isinstance(text, bytes) else json.dumps(text).encode()

    # Every way to fail that has a body: (status, body) out of the good body and everybody's.
    bad = {
        "500": lambda good, all: (500, b"oops"),
        "401": lambda good, all: (401, b""),
        "404 with a good body": lambda good, all: (404, good),
        "302 to itself": lambda good, all: (302, b""),
        "list": lambda good, all: (200, [good]),
        "{}": lambda good, all: (200, {}),
        "null": lambda good, all: (200, None),
        "empty": lambda good, all: (200, b""),
        "not JSON": lambda good, all: (200, b"<html>it works</html>"),
        "cut short": lambda good, all: (200, json.dumps(good).encode()[:-20]),
        "_errors": lambda good, all: (200, {"_errors": ["database is locked"]}),
        "_errors beside good data": lambda good, all: (200, {**good, "_errors": ["database is locked"]}),
        "schema 2": lambda good, all: (200, {"baas": {**good["baas"], "schema": 2}}),
        "another minion's": lambda good, all: (
            200,
            {"baas": next(baas for baas in all.values() if baas["minion"] != good["baas"]["minion"])},
        ),
        "an id like a path": lambda good, all: (
            200,
            {"baas": {**good["baas"], "bots": {"../../etc": {"wanted": "absent"}}}},
        ),
    }


held = []


def free_port():
    """
    A port that stays free for who listens at it: it is bound, by a socket that does not listen, so that the kernel gives
    it to nobody else; SO_REUSEADDR, which all that listen set, lets them have it all the same.
    """
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    held.append(sock)
    return sock.getsockname()[1]
