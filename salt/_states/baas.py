"""
States of our own: what neither Salt's file states nor its docker states do safely.
"""

import os
import shutil

import salt.utils.atomicfile

from salt.exceptions import CommandExecutionError

STOP_SECONDS = 15


def __virtual__():
    if "docker.ps" in __salt__:
        return True
    return False, "the docker package is missing in the minion's Python"


def docker_there(name):
    """Docker answers."""
    try:
        version = __salt__["docker.version"]().get("Version")
    except Exception as exc:  # docker-py has a family of its own, and requests' shine through
        return _result(name, False, f"docker does not answer: {type(exc).__name__}")
    return _result(name, True, f"docker {version}")


def swept(name):
    """
    No container of the server ``name`` is left that a run made for comparing and could not remove: such a one has
    a bot's labels, another name than that bot's, and has never been started.
    """
    left = {}
    found = __salt__["docker.ps"](all=True, verbose=True, filters={"label": f"baas.server={name}"})
    for key, container in found.items():
        bot = container.get("Labels", {}).get("baas.bot", "")
        if f"/baas-{bot}" not in (container.get("Names") or []) and container.get("State") == "created":
            left[key[:12]] = bot
    if not left:
        return _result(name, True, "nothing was left over")
    if __opts__["test"]:
        return _result(name, None, "would remove leftovers", left)
    for key in left:
        __salt__["docker.rm"](key)
    return _result(name, True, "removed leftovers", {"removed": left})


def reindexed(name, container, rebuilds):
    """
    The indexes of the bot in directory ``name`` are younger than the ``rebuilds``-th wish for new ones: its container
    is stopped and the indexes dropped (the pub makes new ones, out of flume/log.offset), once for each wish. Which
    wish was granted stands in name/rebuilds, which the bot can't reach.
    """
    marker = os.path.join(name, "rebuilds")
    try:
        granted = _read(marker)
        if granted == str(rebuilds):
            return _result(name, True, f"rebuild {rebuilds} was done")
        changes = {"rebuilds": {"old": granted, "new": str(rebuilds)}}
        if __opts__["test"]:
            return _result(name, None, "would drop the indexes", changes)
        if granted is not None:
            _stop(container)
            changes["dropped"] = _drop(os.path.join(name, "data"))
        with salt.utils.atomicfile.atomic_open(marker, "w") as file:
            file.write(f"{rebuilds}\n")
    except (OSError, CommandExecutionError) as exc:
        return _result(name, False, str(exc))
    return _result(name, True, "dropped the indexes" if granted is not None else "new", changes)


def _result(name, result, comment, changes=None):
    return {"name": name, "result": result, "comment": comment, "changes": changes or {}}


def _read(path):
    try:
        with open(path, encoding="ascii") as file:
            return file.read(32).strip()
    except FileNotFoundError:
        return None


def _stop(container):
    if container not in __salt__["docker.list_containers"](all=True):
        return
    if not __salt__["docker.inspect_container"](container)["State"]["Running"]:
        return  # docker.stop would call that a failure
    answer = __salt__["docker.stop"](container, timeout=STOP_SECONDS, unpause=True)
    if answer.get("result") is not True:
        raise CommandExecutionError(f"could not stop {container}")


def _drop(data):
    """Removes all of data/flume but the log, by descriptors: the bot owns data and may have laid links."""
    try:
        flume = _open_dir("flume", _open_dir(data))
    except FileNotFoundError:
        return []
    try:
        names = sorted(set(os.listdir(flume)) - {"log.offset"})
        for name in names:
            _remove(name, flume)
    finally:
        os.close(flume)
    return names[:50]


def _open_dir(name, above=None):
    """Opens a directory that is no link; closes the one above."""
    try:
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
    finally:
        if above is not None:
            os.close(above)


def _remove(name, above):
    try:
        os.unlink(name, dir_fd=above)
    except IsADirectoryError:
        # Through the descriptor, since older Pythons' rmtree knows no dir_fd; what is below it never follows.
        shutil.rmtree(f"/proc/self/fd/{above}/{name}")
