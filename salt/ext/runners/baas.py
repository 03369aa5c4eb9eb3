"""
What the control plane wants to know of a master before it trusts it with pillars and keys: the one thing that salt-api
does not tell by itself is which Salt answers there.
"""

import os

import salt.utils.files
import salt.version

# What must not be otherwise, and what happens if it is.
SETTINGS = (
    ("minimum_auth_version", 3, "a minion can lie about its name"),
    ("auto_accept", False, "anybody becomes a minion"),
    ("open_mode", False, "anybody becomes a minion"),
    ("pillar_cache", False, "pillars, with the bots' secrets, stay on the disk"),
    ("minion_data_cache", False, "pillars, with the bots' secrets, stay on the disk"),
    ("wheelclient_returns", False, "minions' new keys stay on the disk"),
)


def master():
    """
    ``{"version": "3006.28", "key": the master's public key, "faults": ["auto_accept: anybody becomes a minion"]}``

    CLI Example:

    .. code-block:: bash

        salt-run baas.master
    """
    with salt.utils.files.fopen(os.path.join(__opts__["pki_dir"], "master.pub")) as file:
        key = file.read()
    return {"version": salt.version.__version__, "key": key, "faults": _faults(__opts__)}


def _faults(opts):
    return [f"{name}: {why}" for name, good, why in SETTINGS if _bad(opts.get(name, True), good)]


def _bad(value, good):
    if isinstance(good, bool):
        return value is not good
    return type(value) is not int or value < good
