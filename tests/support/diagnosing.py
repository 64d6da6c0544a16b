"""Ask `pysock doctor`, and make what it is to find."""

import json
import socket

from lab.place import FAMILY, LOOPBACK
from pysock import sock_diag
from support.command import pysock_command

# Where a service of the lab listens.
SERVICE = 8000


def doctor(*words, seconds=2.2):
    """Its exit status, and its findings by code."""
    done = pysock_command("doctor", "--json", "--seconds", seconds, *words)
    assert done.stderr == ""
    found = json.loads(done.stdout)
    by_code = {finding["code"]: finding for finding in found}
    assert len(by_code) == len(found), found
    return done.returncode, by_code


def only(found, code):
    """The one finding, by its code; there is no other."""
    assert found.keys() == {code}, found
    return found[code]


def connect(version, host=None, port=SERVICE):
    client = socket.socket(FAMILY[version])
    client.settimeout(10)
    client.connect((host or LOOPBACK[version], port))
    return client


def count(state, **ends):
    return len(list(sock_diag.sockets(state, info=False, **ends)))
