"""salt/_modules/baas.py by itself, before pubs that lie, stall and shout."""

import json
import os
import pathlib
import socket
import struct
import tempfile
import threading
import time
import unittest

from salt.exceptions import CommandExecutionError

from test_http_json import load

baas = load("salt/_modules/baas.py", "baas_of_ours")
HEAD = struct.Struct(">BIi")


def frame(body, flags=2, request=-1):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HEAD.pack(flags, len(body), request) + body


class Pub:
    """Listens at data/socket of a bot and says these pieces, whatever is asked; then waits or hangs up."""

    def __init__(self, root, id, *pieces, hold=False):
        self.data = os.path.join(root, "bots", id, "data")
        os.makedirs(self.data)
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(os.path.join(self.data, "socket"))
        self.sock.listen()
        self.heard = b""
        self.pieces, self.hold = pieces, hold
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        peer, _ = self.sock.accept()
        with peer:
            try:
                self.heard = peer.recv(65536)
                for piece in self.pieces:
                    peer.sendall(piece)
                    time.sleep(0.01)
                if self.hold:
                    peer.recv(1)
            except OSError:
                pass


class Module(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="bs")
        self.addCleanup(place.cleanup)
        self.root = place.name
        baas.__salt__ = {"config.get": lambda key, default=None: {"baas:root": self.root}.get(key, default)}
        baas.CALL_SECONDS = 0.5

    def call(self, *pieces, id="k3v8", args=None, **more):
        self.pub = Pub(self.root, id, *pieces, **more)
        return baas.call(id, "status", args)

    def fails(self, words, *pieces, **more):
        began = time.monotonic()
        with self.assertRaisesRegex(CommandExecutionError, words):
            self.call(*pieces, **more)
        self.assertLess(time.monotonic() - began, 2)

    def test_asks_and_hears(self):
        self.assertEqual(self.call(frame({"id": "@x"}), args={"a": 1}), {"id": "@x"})
        flags, length, request = HEAD.unpack(self.pub.heard[:9])
        self.assertEqual((flags, request, length), (2, 1, len(self.pub.heard) - 9))
        self.assertEqual(json.loads(self.pub.heard[9:]), {"name": ["baas", "status"], "type": "async", "args": [{"a": 1}]})

    def test_hears_past_the_pubs_own_calls(self):
        own = frame({"name": ["manifest"], "args": []}, request=1)
        self.assertEqual(self.call(own, frame({"other": 1}, request=-2), frame({"ok": True})), {"ok": True})

    def test_in_single_bytes(self):
        whole = frame({"ok": True})
        self.assertEqual(self.call(*[whole[i : i + 1] for i in range(len(whole))]), {"ok": True})

    def test_a_large_answer(self):
        self.assertEqual(len(self.call(frame({"x": "y" * 200000}))["x"]), 200000)

    def test_refused_by_the_pub(self):
        self.fails("refused: bad ref", frame({"message": "bad ref", "name": "Error", "stack": "x"}, flags=6))

    def test_bad_answers(self):
        for number, (words, *pieces) in enumerate(
            (
                ("hung up",),
                ("hung up", frame({"ok": 1})[:-3]),
                ("no object", frame([1])),
                ("no JSON", frame(b"text", flags=1)),
                ("Expecting value", frame(b"<html>")),
                ("refused: None", frame(b"7", flags=6)),
                ("too much", HEAD.pack(2, baas.BODY_MAX + 1, -1)),
                ("too much", *[frame({"x": "y" * 250000}, request=1)] * 5),
            )
        ):
            with self.subTest(words):
                self.fails(words, *pieces, id=f"b{number}")

    def test_silent(self):
        self.fails("no answer in time", hold=True)

    def test_never_ends(self):
        self.fails("no answer in time", *[frame({"x": 1}, request=1)] * 500, hold=True)

    def test_nobody_there(self):
        os.makedirs(os.path.join(self.root, "bots/k3v8/data"))
        for make in (lambda path: None, lambda path: open(path, "w").close(), os.mkdir, os.mkfifo):
            path = os.path.join(self.root, "bots/k3v8/data/socket")
            make(path)
            with self.assertRaises(CommandExecutionError):
                baas.call("k3v8", "status")
            if os.path.isdir(path):
                os.rmdir(path)
            elif os.path.lexists(path):
                os.unlink(path)

    def test_bad_questions(self):
        for bot, method, args in (
            ("../x", "status", None),
            ("K", "status", None),
            ("x\n", "status", None),
            ("", "status", None),
            ("x", "whoami", None),
            ("x", "baas.whoami", None),
            ("x", "status", []),
            ("x", "status", "{}"),
        ):
            with self.subTest((bot, method, args)), self.assertRaisesRegex(CommandExecutionError, "bad|must"):
                baas.call(bot, method, args)

    def test_disk(self):
        data = pathlib.Path(self.root, "bots/k3v8/data")
        for name, size in (("flume/log.offset", 5), ("flume/x/y", 7), ("blobs/sha256/aa/b", 11), ("secret", 13)):
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            (data / name).write_bytes(b"x" * size)
        (data / "loop").symlink_to("/")
        (data / "blobs/link").symlink_to("/etc/passwd")
        self.assertEqual(baas._disk(str(data)), {"log": 5, "blobs": 11, "indexes": 20})
        baas.WALK_MOST, kept = 3, baas.WALK_MOST
        self.addCleanup(setattr, baas, "WALK_MOST", kept)
        self.assertTrue(baas._disk(str(data))["cut"])

    def test_numbers_of_a_process(self):
        memory = baas._memory(os.getpid())
        self.assertTrue(memory is None or memory > 0)
        self.assertGreaterEqual(baas._traffic(os.getpid())[0], 0)
        self.assertEqual((baas._memory(2**22 + 1), baas._traffic(2**22 + 1)), (None, (None, None)))

    def test_times(self):
        for text, ms in (
            ("2026-11-23T07:41:45.292546123Z", 1795419705292),
            ("2026-11-23T07:41:45Z", 1795419705000),
            ("2026-11-23T07:41:45.5Z", 1795419705500),
            ("0001-01-01T00:00:00Z", None),
            ("", None),
            (None, None),
        ):
            self.assertEqual(baas._ms(text), ms)


if __name__ == "__main__":
    unittest.main()
