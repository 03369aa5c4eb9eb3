"""
What becomes of real machines with the first boot's text: one that joins, is told to run a bot, boots again, meets a
false master, and is followed by another with the same volume, whose power fails in between. boot starts this in a
network namespace of its own, and says what is real. Prints TAP.
"""

import hmac
import json
import os
import pathlib
import shutil
import signal
import socket
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "salt"))

import base  # noqa: E402

from machine import HERE, Gone, Machine, Volume  # noqa: E402
from private import TOKEN, Private, bot  # noqa: E402
from services import METADATA, Master, Metadata, Site  # noqa: E402

NETWORK_KEY = bytes.fromhex("d4a1cb88a66f02f8db635ce26441cc5dac1b08420ceaac230839b755845a9ffb")
BOOT_SECONDS, JOIN_SECONDS, APPLY_SECONDS = 900, 2400, 3600  # with an emulated processor
BOT, INVITE = "k3v8", "i0123456789abcdef"

# What is so inside: words, a script that succeeds, and what it prints, if that matters. $key is a line of the minion's
# key, $secret the bot's, $volume the volume's path.

FIRST_BOOT = (
    ("cloud-init had Scaleway's data", "cloud-id", "scaleway"),
    ("its output has no error", "! grep -iE 'traceback|error|fail' /var/log/cloud-init-output.log", None),
    ("nor has its log", "! grep -E 'ERROR|CRITICAL|Traceback' /var/log/cloud-init.log", None),
    ("the script has ended well", "systemctl show -P Result -P ActiveState baas-first-boot", "success\ninactive"),
)

EACH_BOOT = (
    ("cloud-init has no complaint", "cloud-init status --wait | tail -n 1", "status: done"),
    ("no unit has failed", "systemctl --failed --no-legend --plain", ""),
    (
        "the volume is mounted",
        'findmnt -rno FSTYPE,LABEL /srv/baas; [ "$(findmnt -no SOURCE /srv/baas)" = "$(readlink -f $volume)" ]',
        "ext4 baas",
    ),
    ("the firewall is up", "nft list table inet baas >/dev/null && systemctl is-active nftables", "active"),
    ("docker has its rules", "iptables-save -t nat | grep -q DOCKER", None),
    (
        "which outlive an upgrade of nftables",
        "systemctl restart nftables && iptables-save -t nat | grep -q DOCKER && nft list table inet baas >/dev/null",
        None,
    ),
    ("bots outlive an upgrade of docker", "docker info -f '{{.LiveRestoreEnabled}}'", "true"),
    ("salt is the one that is pinned", "dpkg-query -W -f '${Version}\\n' salt-minion salt-common | sort -u", "3006.28"),
    ("and held", "apt-mark showhold", "salt-common\nsalt-minion"),
    (
        "upgrades come by themselves",
        "systemctl is-enabled docker unattended-upgrades apt-daily-upgrade.timer && unattended-upgrade --dry-run",
        "enabled\nenabled\nenabled",
    ),
)

# grep says 2 of files that go while it searches.
SECRETS = (
    (
        "the minion's key is in one file",
        'grep -rlaFe "$key" /etc /home /opt /root /run /srv /tmp /usr /var 2>/dev/null || [ $? = 2 ]',
        "/etc/salt/pki/minion/minion.pem",
    ),
    ("not in the journal", '! journalctl --no-pager -o cat | grep -qFe "$key"', None),
    (
        "for root alone",
        "stat -c '%a %U' /etc/salt/pki/minion/minion.pem /etc/salt/minion.d/baas.conf",
        "400 root\n600 root",
    ),
)

BOTS_SECRET = (
    (
        "the bot's secret is in one file",
        'grep -rlaFe "$secret" /etc /home /opt /root /run /srv /tmp /usr /var 2>/dev/null || [ $? = 2 ]',
        f"/srv/baas/bots/{BOT}/secret",
    ),
    ("for the bot alone", f"stat -c '%a %u' /srv/baas/bots/{BOT}/secret", "400 1000"),
)

# In a container: 0 if it gets a connection, 3 if nothing comes back.
CONNECT = (
    "docker run --rm --entrypoint node baas-pub:1.0.0 -e \"require('net').connect({host: '%s', port: %d})"
    ".on('connect', () => process.exit(0)).on('error', () => process.exit(2)).setTimeout(5000, () => process.exit(3))\""
)

NETWORK = (
    ("root reaches the metadata service", f"curl -fsS -m 10 -o /dev/null '{METADATA}/conf?format=json'", None),
    ("a container reaches others", CONNECT % (HERE, 443), None),
    ("but not the metadata service", f"{CONNECT % (METADATA, 80)}; [ $? = 3 ]", None),
)


class Tap:
    def __init__(self):
        self.n, self.bad, self.began = 0, 0, time.monotonic()

    def ok(self, good, words, detail=""):
        self.n += 1
        self.bad += not good
        at = int(time.monotonic() - self.began)
        print(f"{'ok' if good else 'not ok'} {self.n} - {words} # after {at} s", flush=True)
        if not good and detail:
            print("".join(f"# {line}\n" for line in str(detail).splitlines()[-40:]), end="", flush=True)

    def end(self):
        print(f"1..{self.n}", flush=True)
        return 1 if self.bad else 0


def until(ready, seconds):
    """Was it so within that time?"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if ready():
                return True
        except Gone:
            pass
        time.sleep(2)
    return False


class Story:
    def __init__(self, at):
        self.at, self.dir, self.tap = at, at / "run", Tap()
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir()
        self.vm = self.minion = self.last_boot = None
        self.bot = bot("apub", 8008)
        self.private, self.metadata = Private(), Metadata()
        self.site = Site(at, {"base.tar": self.node()})
        self.master = Master([], f"http://127.0.0.1:{self.private.port}", TOKEN)
        self.volume = Volume(self.dir / "volume", str(uuid.uuid4()))

    def node(self):
        """The image of node, to import."""
        file = self.at / f"{os.path.basename(os.environ['BAAS_NPM_CACHE'])}.tar"
        if not file.exists():
            with open(f"{file}.new", "wb") as out:
                base._write(out, os.environ["BAAS_NPM_CACHE"])
            os.rename(f"{file}.new", file)
        return file

    # ---- small things

    def says(self, checks, seconds=900):
        names = f"key='{self.key}' secret='{self.bot['secret']['private']}' volume={self.volume.path}"
        for words, script, want in checks:
            try:
                status, out = self.vm.run(f"{names}\n{script}", seconds)
            except (Gone, TimeoutError) as exc:
                status, out = -1, str(exc)
            self.tap.ok(status == 0 and want in (None, out.strip()), words, f"status {status}\n{out}")

    def booted(self):
        """It answers, and not from the last boot that was seen."""
        status, boot = self.vm.run("cat /proc/sys/kernel/random/boot_id", 20)
        if status != 0 or boot == self.last_boot:
            return False
        self.last_boot = boot
        return True

    def boots(self, words):
        self.tap.ok(until(self.booted, BOOT_SECONDS), words, self.vm.console()[-3000:])

    def there(self):
        return self.master.there(self.minion)

    def hello(self):
        """Does a pub answer at the bot's port? It does so only to who knows its net, in a handshake's first message."""
        raw = os.urandom(32)
        try:
            with socket.create_connection(("127.0.0.1", self.vm.ports[8008]), 10) as sock:
                sock.settimeout(10)
                sock.sendall(hmac.digest(NETWORK_KEY, raw, "sha512")[:32] + raw)
                return len(sock.recv(64, socket.MSG_WAITALL)) == 64
        except OSError:
            return False

    def status(self):
        return (self.master.ask(self.minion, "baas.status") or {}).get("bots", {}).get(BOT, {})

    def who(self):
        """What must survive: who the bot is, and the invite with that ref (which is made once)."""
        made = self.master.ask(self.minion, "baas.call", BOT, "inviteCreate", json.dumps({"ref": INVITE}))
        return self.status().get("pub", {}).get("id"), (made or {}).get("seed")

    # ---- the parts

    def joins(self, minion, cut_at=None):
        """By itself; with cut_at its power fails as soon as its console says that."""
        self.private.put(minion, {BOT: self.bot})
        key = self.master.key(minion)
        self.minion, self.key = minion, key.splitlines()[5]
        told = self.master.told(minion, self.volume.id, key)
        self.vm = self.metadata.machine = Machine(self.dir / minion, self.at, self.volume, told)
        self.vm.start()
        self.boots(f"{minion} boots")
        if cut_at is not None:
            self.tap.ok(until(lambda: cut_at in self.vm.console(), JOIN_SECONDS), f"its power fails at: {cut_at}")
            self.vm.kill()
            self.vm.start()
            self.boots("it boots again")
        joined = until(self.there, JOIN_SECONDS)
        words = f"it has joined {int(time.monotonic() - self.vm.since)} s after power on"
        self.tap.ok(joined, words, "" if joined else self.vm.console()[-3000:])
        self.says(FIRST_BOOT + EACH_BOOT + SECRETS)
        self.tap.ok(self.metadata.machine.told is None, "the metadata service has it no more", self.metadata.asked)

    def runs_its_bot(self):
        settings = "".join(f" --change '{line}'" for line in base.SETTINGS)
        get = f"curl -fsS -o /tmp/base.tar https://$(awk '$1 == \"{HERE}\" {{ print $2 }}' /etc/hosts)/base.tar"
        load = f"docker import{settings} /tmp/base.tar {base.NAME} >/dev/null && rm /tmp/base.tar"
        self.says([("there is an image of node", f"{get} && {load}", "")])
        self.applied("the states are applied")
        changed = [state["__id__"] for state in self.applied("they are applied again") if state["changes"]]
        self.tap.ok(changed == [], "which changes nothing", changed)
        self.answers()

    def applied(self, words):
        began = time.monotonic()
        answer = self.master.ask(self.minion, "state.apply", seconds=APPLY_SECONDS)
        states = list(answer.values()) if isinstance(answer, dict) else []
        bad = [(state.get("__id__"), state["comment"]) for state in states if state["result"] is not True]
        self.tap.ok(states and not bad, f"{words}, in {int(time.monotonic() - began)} s", bad or answer)
        return states

    def answers(self):
        self.tap.ok(until(self.hello, 300), "the bot answers from outside")
        seen = self.status()
        self.tap.ok(seen.get("running") and seen.get("pub") and seen.get("memory"), "its status can be had", seen)
        self.says(NETWORK + BOTS_SECRET)
        with socket.create_connection(("127.0.0.1", self.vm.ports[22]), 10) as sock:
            sock.settimeout(10)
            try:
                said = sock.recv(10)
            except OSError:
                said = b""
        self.tap.ok(said == b"", "ssh is closed", said)

    def boots_again(self):
        self.says([("it is told to boot again", "systemctl reboot", None)])
        self.boots("it boots again")
        self.tap.ok(until(self.there, BOOT_SECONDS), "it joins again")
        self.says(EACH_BOOT + SECRETS)
        self.answers()

    def refuses_another(self):
        self.master.become_another()
        self.vm.run("systemctl restart salt-minion", 300)
        complains = "grep -qF 'master key has changed' /var/log/salt/minion"
        seen = until(lambda: self.vm.run(complains)[0] == 0, 600)
        self.tap.ok(seen, "the minion says that the master's key has changed")
        self.tap.ok(not self.there(), "and does not join it")
        self.master.become_itself()
        self.tap.ok(until(self.there, BOOT_SECONDS), "it joins its own when that is back")

    def is_followed(self, minion):
        """By another machine with the same volume, as a new generation has it."""
        before = self.who()
        self.tap.ok(before[0] == self.bot["secret"]["id"] and before[1], "an invite is made", before)
        self.vm.run("sync")
        self.vm.kill()
        self.joins(minion, "Unpacking docker.io")
        self.runs_its_bot()
        after = self.who()
        self.tap.ok(after == before, "the bot is who it was, with its invite", (before, after))

    def tell(self):
        self.master.up()
        self.joins("p1-g1")
        self.runs_its_bot()
        self.boots_again()
        self.refuses_another()
        self.is_followed("p1-g2")

    def end(self):
        if self.vm is not None:
            self.vm.kill()
        self.master.stop()
        return self.tap.end()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    story = Story(pathlib.Path(sys.argv[1]))
    try:
        story.tell()
    finally:
        status = story.end()
    sys.exit(status)


if __name__ == "__main__":
    main()
