"""salt/ext/pillar/http_json.py by itself: every answer that is not whole and ours fails, and says why without quoting."""

import importlib.util
import pathlib
import socket
import threading
import time
import unittest

from private import TOKEN, Private, bot

TOP = pathlib.Path(__file__).resolve().parents[2]
ME, OTHER = "p1-g1", "p2-g1"


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, TOP / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


http_json = load("salt/ext/pillar/http_json.py", "http_json_of_ours")


class Bytes:
    """A server that says these bytes, one piece each 0.4 s, whatever it is asked."""

    def __init__(self, *pieces):
        self.pieces = pieces
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.sock.getsockname()[1]}/agents?minion=%s"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        peer, _ = self.sock.accept()
        with peer:
            peer.recv(65536)
            try:
                for piece in self.pieces:
                    peer.sendall(piece)
                    time.sleep(0.4)
            except OSError:
                pass


class HttpJson(unittest.TestCase):
    def setUp(self):
        self.private = Private()
        self.private.put(ME, {"k3v8": bot("king", 8008)})
        self.private.put(OTHER, {})
        self.addCleanup(self.private.server.server_close)
        self.addCleanup(self.private.server.shutdown)

    def get(self, minion=ME, url=None, **settings):
        url = url or f"http://127.0.0.1:{self.private.port}/agents?minion=%s"
        settings.setdefault("header_dict", {"Authorization": f"Bearer {TOKEN}"})
        return http_json.ext_pillar(minion, {}, url, **settings)

    def fails(self, words, **settings):
        with self.assertRaisesRegex(http_json.Failed, words) as raised:
            self.get(**settings)
        self.assertNotIn(TOKEN, str(raised.exception))

    def test_good(self):
        self.assertEqual(self.get(), {"baas": self.private.agents[ME]})

    def test_bad(self):
        for mode in self.private.bad:
            with self.subTest(mode):
                self.private.mode = mode
                if mode.startswith("_errors"):
                    self.assertEqual(self.get(), {"_errors": ["database is locked"]})
                elif mode == "an id like a path":
                    self.get()  # the guard's
                else:
                    self.fails("^http_json: ")

    def test_schema_must_be_the_number(self):
        for schema in (True, "1", 1.0, None, [1]):
            with self.subTest(schema):
                self.private.agents[ME]["schema"] = schema
                self.fails("wrong schema")

    def test_errors_are_never_empty(self):
        for errors in ([], "", None, {}, "text"):
            with self.subTest(errors):
                self.private.bad = {"e": lambda good, all: (200, {"_errors": errors})}
                self.private.mode = "e"
                self.assertTrue(self.get()["_errors"][0] is not None and len(self.get()["_errors"]) == 1)

    def test_odd_ids_are_quoted(self):
        for id in ("a&minion=p2-g1", "a/b", "a%2e", "A.B", "a b", "a\nb", "é", "..", "#"):
            with self.subTest(id):
                self.assertEqual(self.get(minion=id), {"_errors": ["unknown minion"]})
                self.assertEqual(self.private.asked[-1], id)

    def test_namespace_is_refused(self):
        self.fails("namespace", namespace="x")

    def test_wrong_token(self):
        self.fails("answers 401", header_dict={"Authorization": "Bearer wrong"})

    def test_name_and_password(self):
        heard = Bytes(b"HTTP/1.1 500 x\r\n\r\n")
        self.fails("answers 500", url=heard.url, username="u", password="p")

    def test_grains(self):
        http_json.__salt__ = {"grains.get": {"host": "a b"}.get}
        url = f"http://127.0.0.1:{self.private.port}/agents?minion=%s&host=<host>"
        self.assertIn("baas", self.get(url=url, with_grains=True))
        self.fails("grain", url=url.replace("<host>", "<none>"), with_grains=True)

    def test_closed(self):
        self.private.closed()
        self.fails("does not answer")
        self.private.opened()

    def test_broken_answers(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
        for pieces in ((b"",), (b"SSH-2.0\r\n",), (head, b'{"baas"'), (head[:20],)):
            with self.subTest(pieces):
                self.fails("^http_json: ", url=Bytes(*pieces).url)

    def test_slow_by_drops(self):
        began = time.monotonic()
        self.fails("slow|does not answer", url=Bytes(b"HTTP/1.1 200 OK\r\n\r\n", *[b" "] * 30).url)
        self.assertLess(time.monotonic() - began, 10)  # all of it would take 12

    def test_too_much(self):
        self.fails("too much", url=Bytes(b"HTTP/1.1 200 OK\r\n\r\n", b" " * (5 << 20)).url)


if __name__ == "__main__":
    unittest.main()
