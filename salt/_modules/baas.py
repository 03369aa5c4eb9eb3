"""
What the control plane asks a server: how its bots are (status), one method of one bot (call), and to start one anew that
hangs (restart); and what our states need of docker. Docker is spoken to over its socket, without Salt's own module.

Measured from outside (docker's API, cgroup and /proc files, the data directory), beside what each pub says of itself
over the unix socket in its data directory. The bots' directories and answers are not to be trusted: no link is
followed, and every answer has an end in size and in time.
"""

import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import socket
import stat
import struct
import time

from datetime import datetime, timezone

from salt.exceptions import CommandExecutionError

METHODS = ("status", "inviteCreate", "inviteRevoke", "inviteList")
BODY_MAX = 256 * 1024  # of one frame
MOST = 1024 * 1024  # of all that a pub may send before its answer has come
DOCKER_MOST = 8 * 1024 * 1024
CALL_SECONDS = 5.0
LOOK_SECONDS = 3.0
RESTART_SECONDS, STOP_SECONDS = 10, 15  # for a pub to end by itself
WALK_MOST = 20000  # directory entries
WALK_SECONDS = 2.0
LOOKS_AT_ONCE = 8

HEADER = struct.Struct(">BIi")  # flags, length of body, number of request
JSON_BODY, END, TYPE_BITS = 2, 4, 3

ID = re.compile(r"[0-9a-z]{1,64}\Z")


def status():
    """
    All bots of this server: ``{"server": id, "at": ms, "bots": {id: {...}}}``. A bot has

    running, state, startedAt, finishedAt (ms), restartCount, exitCode, oom, health, image, restarts, rebuilds, release
        of its container; state is "none" and all else null where there is none
    memory, rx, tx
        in bytes, of a running one
    disk
        ``{"log", "blobs", "indexes"}`` in bytes, and "cut": true if there was too much to count
    pub, fault
        the answer of its baas.status, or why there is none

    Fails, rather than tell of no bots, when docker does not answer.

    CLI Example:

    .. code-block:: bash

        salt p17-g1 baas.status
    """
    containers = _containers()
    ids = sorted(set(containers) | set(_directories()))
    places = [_data(bot) for bot in ids]  # Salt's own names are unknown in threads
    with concurrent.futures.ThreadPoolExecutor(LOOKS_AT_ONCE) as pool:
        looks = pool.map(_look, places, [containers.get(bot) for bot in ids])
        bots = dict(zip(ids, looks))
    return {"server": __grains__["id"], "at": int(time.time() * 1000), "bots": bots}


def call(bot, method, args=None):
    """
    The answer of one baas method of one bot, whose one object ``args`` is.

    CLI Example:

    .. code-block:: bash

        salt p17-g1 baas.call k3v8 inviteCreate '{"ref": "i0123456789abcdef"}'
    """
    bot, method = str(bot), str(method)
    method = method[5:] if method.startswith("baas.") else method
    if not ID.match(bot):
        raise CommandExecutionError("bad bot")
    if method not in METHODS:
        raise CommandExecutionError("bad method")
    if args is not None and not isinstance(args, dict):
        raise CommandExecutionError("args must be one object")
    try:
        return _ask(_data(bot), method, args or {}, CALL_SECONDS)
    except (OSError, ValueError) as exc:
        raise CommandExecutionError(_why(exc)) from None


def restart(bot):
    """
    Stops a bot's container, by force if it does not end, and starts the same one again. True, or it fails.

    CLI Example:

    .. code-block:: bash

        salt p17-g1 baas.restart k3v8
    """
    bot = str(bot)
    if not ID.match(bot):
        raise CommandExecutionError("bad bot")
    container = _containers().get(bot)
    if container is None:
        raise CommandExecutionError("no such bot")
    with _docker(RESTART_SECONDS + 10) as docker:
        docker.post(f"/containers/{container['Id']}/restart?t={RESTART_SECONDS}")
    return True


# ---- for our states


def docker_version():
    """Docker's version, or it fails."""
    with _docker() as docker:
        return docker.get("/version")["Version"]


def leftovers(server, remove=False):
    """
    ``{id: bot}`` of the containers that a run made for comparing and could not remove: such a one has a bot's labels,
    another name than that bot's, and has never been started. ``remove``: they are removed.
    """
    left = {}
    with _docker() as docker:
        for listed in _labelled(docker, server):
            bot = listed["Labels"]["baas.bot"]
            if f"/baas-{bot}" not in listed["Names"] and listed["State"] == "created":
                left[listed["Id"][:12]] = bot
        for key in left if remove else ():
            docker.delete(f"/containers/{key}")
    return left


def stop(bot):
    """Stops the container of ``bot``, whichever server's, by force if it does not end. True, or it fails."""
    path = f"/containers/baas-{bot}"
    with _docker(STOP_SECONDS + 10) as docker:
        inspected = docker.get(f"{path}/json")
        if inspected is not None and inspected["State"]["Paused"]:
            docker.post(f"{path}/unpause")
        if inspected is not None and inspected["State"]["Running"]:
            docker.post(f"{path}/stop?t={STOP_SECONDS}")
    return True


# ---- places


def _root():
    return __salt__["config.get"]("baas:root", "/srv/baas")


def _data(bot):
    return os.path.join(_root(), "bots", bot, "data")


def _directories():
    try:
        return [name for name in os.listdir(os.path.join(_root(), "bots")) if ID.match(name)]
    except FileNotFoundError:
        return []


def _why(exc):
    if isinstance(exc, OSError) and exc.errno:
        return os.strerror(exc.errno)
    return str(exc)[:500] or type(exc).__name__


# ---- containers


class _Docker(http.client.HTTPConnection):
    """Docker's API on its unix socket; one connection for all requests."""

    def __init__(self, seconds=10):
        super().__init__("docker", timeout=seconds)
        self.path = re.sub(r"^unix://", "", __salt__["config.get"]("docker.url", "unix:///var/run/docker.sock"))

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def get(self, path):
        """The answer's JSON, or None if there is no such thing (any more)."""
        self.request("GET", path)
        answer = self.getresponse()
        body = answer.read(DOCKER_MOST + 1)
        if answer.status == 404:
            return None
        if answer.status != 200 or len(body) > DOCKER_MOST:
            raise ValueError(f"docker answers {answer.status}")
        return json.loads(body)

    def post(self, path):
        self._do("POST", path)

    def delete(self, path):
        self._do("DELETE", path)

    def _do(self, method, path):
        self.request(method, path)
        answer = self.getresponse()
        answer.read(DOCKER_MOST)
        if answer.status >= 300 and answer.status != 304:  # it was so already
            raise ValueError(f"docker answers {answer.status}")


@contextlib.contextmanager
def _docker(seconds=10):
    """A _Docker, whose failures are the command's."""
    docker = _Docker(seconds)
    try:
        yield docker
    except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException) as exc:
        raise CommandExecutionError(f"docker: {_why(exc)}") from None
    finally:
        docker.close()


def _labelled(docker, server):
    """All containers of our bots on that server, as docker lists them."""
    filters = json.dumps({"label": ["baas.bot", f"baas.server={server}"]})
    return docker.get("/containers/json?all=1&filters=" + _quote(filters)) or []


def _containers():
    """This server's containers by bot, each as docker inspects it."""
    found = {}
    with _docker() as docker:
        for listed in _labelled(docker, __grains__["id"]):
            bot = listed["Labels"]["baas.bot"]
            if f"/baas-{bot}" in listed["Names"] and ID.match(bot):
                inspected = docker.get(f"/containers/{listed['Id']}/json")
                if inspected is not None:
                    found[bot] = inspected
    return found


def _quote(text):
    return "".join(c if c.isalnum() else f"%{ord(c):02X}" for c in text)


def _look(data, container):
    seen = {"running": False, "state": "none"}
    if container is not None:
        seen = _container(container)
    seen["disk"] = _disk(data)
    if seen["running"]:
        try:
            seen["pub"] = _ask(data, "status", {}, LOOK_SECONDS)
        except (OSError, ValueError) as exc:
            seen["fault"] = _why(exc)
    return seen


def _container(inspected):
    state = inspected["State"]
    labels = inspected["Config"].get("Labels") or {}
    pid = state.get("Pid") or 0
    running = bool(state["Running"]) and not state.get("Restarting")
    seen = {
        "running": running,
        "state": state["Status"],
        "startedAt": _ms(state.get("StartedAt")),
        "finishedAt": _ms(state.get("FinishedAt")),
        "restartCount": inspected.get("RestartCount"),
        "exitCode": None if running else state.get("ExitCode"),
        "oom": bool(state.get("OOMKilled")),
        "health": (state.get("Health") or {}).get("Status", "none"),
        "image": inspected.get("Image"),
        "restarts": _number(labels.get("baas.restarts")),
        "rebuilds": _number(labels.get("baas.rebuilds")),
        "release": labels.get("baas.release"),
    }
    if running and pid:
        seen["memory"] = _memory(pid)
        seen["rx"], seen["tx"] = _traffic(pid)
    return seen


def _number(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        return None


def _ms(text):
    """Docker's time (nanoseconds, year 1 for never) in ms, or None."""
    try:
        when = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    except (TypeError, ValueError):
        return None
    fraction = re.match(r"\.(\d{1,3})", text[19:])
    ms = int(when.timestamp()) * 1000 + (int(fraction[1].ljust(3, "0")) if fraction else 0)
    return ms if ms > 0 else None


# ---- measured from outside


def _text(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read(65536)


def _memory(pid):
    """What the process group of a container uses, without file pages that the kernel may drop; or None."""
    try:
        path = _cgroups(pid)
        if "memory" in path:
            top, used, idle = "/sys/fs/cgroup/memory" + path["memory"], "memory.usage_in_bytes", "total_inactive_file"
        else:
            top, used, idle = "/sys/fs/cgroup" + path[""], "memory.current", "inactive_file"
        stats = dict(line.split() for line in _text(f"{top}/memory.stat").splitlines())
        return max(0, int(_text(f"{top}/{used}")) - int(stats[idle]))
    except (OSError, ValueError, KeyError):
        return None


def _cgroups(pid):
    """Path by controller; version 2's has no name."""
    found = {}
    for line in _text(f"/proc/{pid}/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        found.update({name: path for name in names.split(",")})
    return found


def _traffic(pid):
    """Bytes received and sent since the container started, or None twice."""
    try:
        lines = [line.split(":") for line in _text(f"/proc/{pid}/net/dev").splitlines()[2:]]
        counts = [values.split() for name, values in lines if name.strip() != "lo"]
        return sum(int(c[0]) for c in counts), sum(int(c[8]) for c in counts)
    except (OSError, ValueError, IndexError):
        return None, None


def _disk(data):
    sizes = {"log": 0, "blobs": 0, "indexes": 0}
    end, left = time.monotonic() + WALK_SECONDS, WALK_MOST
    waiting = [data]
    while waiting:
        top = waiting.pop()
        try:
            with os.scandir(top) as entries:
                for entry in entries:
                    left -= 1
                    if left < 0 or time.monotonic() > end:
                        sizes["cut"] = True
                        return sizes
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        sizes[_kind(os.path.relpath(entry.path, data))] += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue  # files come and go while we walk
    return sizes


def _kind(name):
    if name == os.path.join("flume", "log.offset"):
        return "log"
    return "blobs" if name.startswith("blobs" + os.sep) else "indexes"


# ---- what a pub says


def _ask(data, method, args, seconds):
    """One call, one answer: a frame with the method and its object out, the frame with our request's number back."""
    end = time.monotonic() + seconds
    body = json.dumps({"name": ["baas", method], "type": "async", "args": [args]}).encode()
    with _connect(data, seconds) as sock:
        sock.sendall(HEADER.pack(JSON_BODY, len(body), 1) + body)
        seen = 0
        while True:
            flags, length, request = HEADER.unpack(_receive(sock, HEADER.size, end))
            seen += HEADER.size + length
            if length > BODY_MAX or seen > MOST:
                raise ValueError("the pub says too much")
            answer = _receive(sock, length, end)
            if request == -1:
                return _answer(flags, answer)


def _connect(data, seconds):
    """
    Connects to data/socket if that is a socket and no link: the bot might lay one to somebody else's. Through the
    descriptor's name the path is short, and it is what was looked at that is connected to.
    """
    fd = os.open(os.path.join(data, "socket"), os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    sock = socket.socket(socket.AF_UNIX)
    try:
        if not stat.S_ISSOCK(os.fstat(fd).st_mode):
            raise ValueError("the pub's socket is none")
        sock.settimeout(seconds)
        sock.connect(f"/proc/self/fd/{fd}")
    except BaseException:
        sock.close()
        raise
    finally:
        os.close(fd)
    return sock


def _receive(sock, size, end):
    parts = b""
    while len(parts) < size:
        left = end - time.monotonic()
        if left <= 0:
            raise ValueError("no answer in time")
        sock.settimeout(left)
        try:
            part = sock.recv(min(65536, size - len(parts)))
        except socket.timeout:
            raise ValueError("no answer in time") from None
        if not part:
            raise ValueError("the pub hung up")
        parts += part
    return parts


def _answer(flags, body):
    if flags & TYPE_BITS != JSON_BODY:
        raise ValueError("the pub answers no JSON")
    answer = json.loads(body)
    if flags & END:
        message = answer.get("message") if isinstance(answer, dict) else None
        raise ValueError(f"refused: {str(message)[:200]}")
    if not isinstance(answer, dict):
        raise ValueError("the pub answers no object")
    return answer
