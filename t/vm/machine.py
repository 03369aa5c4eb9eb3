"""A virtual machine like a server of Scaleway's, with the names that its disks have, and a way to look into it."""

import base64
import json
import os
import pathlib
import socket
import subprocess
import time
import uuid

HERE = "10.9.0.2"  # this side of its network: what listens on 127.0.0.1 here
AGENT_SECONDS = 5  # for any answer of the guest agent


class Gone(Exception):
    """The guest does not answer."""


class Machine:
    """
    A disk made of the image, a volume that outlives it, and what it is told. ``ports`` of its own are open on
    127.0.0.1 here, by number there.
    """

    def __init__(self, dir, image, volume, told):
        self.dir, self.volume, self.told = pathlib.Path(dir), volume, told
        self.id = str(uuid.uuid4())
        self.dir.mkdir()
        self.disk = self.dir / "disk"
        subprocess.run(
            ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image / "image", self.disk], check=True
        )
        self.image = image
        self.ports = {22: 10022, 8008: 18008}
        self.process = None

    def start(self):
        self.since = time.monotonic()
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", *map(str, self._options())],
            stdin=subprocess.DEVNULL,
            stderr=(self.dir / "qemu.log").open("a"),
        )

    def _options(self):
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{here}-:{there}" for there, here in self.ports.items())
        agent = self.dir / "agent"
        return [
            "-accel", "tcg", "-cpu", "max", "-smp", 1, "-m", 2048, "-display", "none", "-nodefaults", "-no-user-config",
            "-smbios", f"type=1,manufacturer=Scaleway,product=SCW-DEV1-S,uuid={self.id}",
            "-kernel", self.image / "kernel", "-initrd", self.image / "initrd",
            "-append", "root=LABEL=root ro console=ttyS0",
            "-chardev", f"file,id=console,path={self.dir / 'console'},append=on", "-serial", "chardev:console",
            "-device", "virtio-scsi-pci,id=scsi",
            *self._disk("root", self.disk, "qcow2", self.id),
            *self._disk("data", self.volume.file, "raw", self.volume.id),
            "-netdev", f"user,id=net,net=10.9.0.0/24,host={HERE}{forwards}",
            "-device", "virtio-net-pci,netdev=net",
            "-device", "virtio-rng-pci",
            "-device", "virtio-serial",
            "-chardev", f"socket,id=agent,path={agent},server=on,wait=off",
            "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
        ]  # fmt: skip

    def _disk(self, name, file, format, id):
        scsi = f"scsi-hd,bus=scsi.0,drive={name},vendor=SCW,product=sbs,device_id=volume-{id}"
        return ["-drive", f"if=none,id={name},file={file},format={format},discard=unmap", "-device", scsi]

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def console(self):
        try:
            return (self.dir / "console").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    # ---- inside

    def run(self, script, seconds=120):
        """(status, output) of a script of sh, as root. Gone, if nobody answers."""
        text = base64.b64encode(f"exec 2>&1\n{script}\n".encode()).decode()  # an argument would be logged there
        pid = self._ask("guest-exec", {"path": "/bin/sh", "input-data": text, "capture-output": True})["pid"]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            seen = self._ask("guest-exec-status", {"pid": pid})
            if seen["exited"]:
                return seen.get("exitcode", -1), base64.b64decode(seen.get("out-data", "")).decode(errors="replace")
            time.sleep(0.5)
        raise TimeoutError(f"not within {seconds} s: {script}")

    def _ask(self, command, arguments):
        """One command to the agent, behind a new number so that an answer to an earlier one is not taken for ours."""
        number = int(time.monotonic() * 1000)
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(AGENT_SECONDS)
            try:
                sock.connect(str(self.dir / "agent"))
                self._say(sock, "guest-sync", {"id": number})
                answers = sock.makefile("rb")
                while json.loads(answers.readline()).get("return") != number:
                    pass
                self._say(sock, command, arguments)
                answer = json.loads(answers.readline())
            except (OSError, ValueError) as exc:
                raise Gone(f"the guest agent: {exc}") from None
        if "error" in answer:
            raise Gone(f"the guest agent: {answer['error']}")
        return answer["return"]

    def _say(self, sock, command, arguments):
        sock.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")


class Volume:
    """An empty one."""

    def __init__(self, file, id):
        self.file, self.id = file, id
        self.path = f"/dev/disk/by-id/scsi-0SCW_sbs_volume-{id}"  # in the guest
        with open(file, "wb") as out:
            os.truncate(out.fileno(), 2 << 30)
