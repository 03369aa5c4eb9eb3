"""
An image to build the pub's image on, made of this machine's own node and npm, since a test has no image registry; and
no npm registry inside docker: npm finds the packages of the pub's lock in a cache that comes with it.
"""

import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile

DOCKERFILE = pathlib.Path(__file__).resolve().parents[2] / "pub/Dockerfile"
NAME = re.search(r"^ARG BASE=(\S+)", DOCKERFILE.read_text(), re.MULTILINE)[1]  # what it builds on by default
PROGRAMS = ("sh", "rm", "env", "node")
TREES = ("/usr/share/nodejs", "/usr/share/node_modules")  # where Debian's node and npm have their parts
SETTINGS = ["ENV npm_config_cache=/npm npm_config_offline=true npm_config_update_notifier=false"]


def load(docker, name, npm_cache):
    """Imports the image under name."""
    _import(docker, name, lambda out: _write(out, npm_cache), SETTINGS)


def load_small(docker, name):
    """An image that does nothing but wait for its end."""
    wait = ["sh", "-c", "trap 'exit 0' TERM; sleep 100000 & wait"]
    _import(docker, name, _write_small, ["ENTRYPOINT " + json.dumps(wait)])


def _import(docker, name, fill, settings):
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(read)
            with os.fdopen(write, "wb") as out:
                fill(out)
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    repository, tag = name.split(":")
    with os.fdopen(read, "rb") as tar:
        docker.api.import_image_from_data(tar, repository=repository, tag=tag, changes=settings)
    if os.waitpid(pid, 0)[1] != 0:
        raise RuntimeError("could not read this machine's node and npm")


def _write(out, npm_cache):
    with tarfile.open(fileobj=out, mode="w|") as tar:
        done = set()
        for name in PROGRAMS:
            _program(tar, done, name)
        npm = os.path.dirname(os.path.dirname(os.path.realpath(shutil.which("npm"))))
        for tree in (npm, *TREES):
            if os.path.isdir(tree):
                tar.add(tree, tree, filter=lambda info: None if "/npm/docs/" in info.name else info)
        _link(tar, "usr/bin/npm", f"{npm}/bin/npm-cli.js")
        _link(tar, "bin", "usr/bin")
        tar.add(npm_cache, "npm", filter=_readable)
        _text(tar, "etc/passwd", "root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n")
        _directory(tar, "tmp", 0o1777)
        _directory(tar, "root", 0o700)
        _directory(tar, "data", 0o755)


def _write_small(out):
    with tarfile.open(fileobj=out, mode="w|") as tar:
        done = set()
        for name in ("sh", "sleep"):
            _program(tar, done, name)
        _directory(tar, "data", 0o755)


def _program(tar, done, name):
    path = shutil.which(name)
    _file(tar, done, path, f"usr/bin/{name}")
    for library in _libraries(path):
        _file(tar, done, library, library)


def _libraries(program):
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(?:=> |^\s)(/\S+) \(0x", listed, re.MULTILINE)


def _file(tar, done, path, name):
    name = name.lstrip("/")
    if name not in done:
        done.add(name)
        tar.add(os.path.realpath(path), name, recursive=False)


def _readable(info):
    info.uid = info.gid = 0
    info.mode |= 0o755 if info.isdir() else 0o644
    return info


def _link(tar, name, to):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, to
    tar.addfile(info)


def _text(tar, name, text):
    info = tarfile.TarInfo(name)
    info.size = len(text)
    tar.addfile(info, io.BytesIO(text.encode()))


def _directory(tar, name, mode):
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, mode
    tar.addfile(info)
