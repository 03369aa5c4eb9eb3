"""
States of our own: what neither Salt's file states nor its docker states do safely. What they need of docker, they have
from our own module, which speaks to docker itself: only bots.sls depends on what Salt brings along for it.
"""

import os
import shutil

import salt.utils.atomicfile

from salt.exceptions import CommandExecutionError


def docker_there(name):
    """Docker answers."""
    try:
        version = __salt__["baas.docker_version"]()
    except CommandExecutionError as exc:
        return _result(name, False, str(exc))
    return _result(name, True, f"docker {version}")


def swept(name):
    """
    No container of the server ``name`` is left that a run made for comparing and could not remove: such a one has
    a bot's labels, another name than that bot's, and has never been started.
    """
    try:
        left = __salt__["baas.leftovers"](name, remove=not __opts__["test"])
    except CommandExecutionError as exc:
        return _result(name, False, str(exc))
    if not left:
        return _result(name, True, "nothing was left over")
    if __opts__["test"]:
        return _result(name, None, "would remove leftovers", left)
    return _result(name, True, "removed leftovers", {"removed": left})


def reindexed(name, bot, rebuilds):
    """
    The indexes of ``bot``, in directory ``name``, are younger than the ``rebuilds``-th wish for new ones: its container
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
            __salt__["baas.stop"](bot)
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
