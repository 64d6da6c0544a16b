"""A client meets a real server, and what happens between them.

Between the two stands a proxy that can be switched. Each situation is met
twice: by the client as it is, and by the same script under `pysock run`.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from pysock import testing

SCRIPT = Path(__file__).with_name("users.py")

# Client to the server that it needs.
SERVERS = {
    "aiohttp": "nginx",
    "boto3": "buckets",
    "httpx": "nginx",
    "kombu": "rabbitmq",
    "paramiko": "sshd",
    "pg8000": "postgresql",
    "pymemcache": "memcached",
    "pymysql": "mariadb",
    "redis": "redis",
    "redis without hiredis": "redis",
    "requests": "nginx",
    "urllib3": "nginx",
    "websockets": "websocket",
}

# What is done to the link before the client's next use of it.
SITUATIONS = {
    "healthy": None,
    "refused": "refuse",
    "reset": "reset",
    "silence": "stall",
    "stale keep-alive": "close",
}

# Ports, addresses of objects and times are no two runs' the same.
_OWN = re.compile(r"0x[0-9a-f]+|\b\d{4,5}\b|\d+\.\d+")


def meet(client, address, situation, folder, *, noted):
    """What a client says in a situation: the outcomes of its two uses."""
    words = ["-m", "pysock", "run"] if noted else []
    with testing.proxy(address) as link:
        if situation == "refused":
            link.refuse()
        child = subprocess.Popen(
            [sys.executable, *words, SCRIPT, client, *map(str, link), folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with child:
            try:
                first = _line_of(child)
                if situation == "refused":
                    return first
                assert "result" in first, first
                switch = SITUATIONS[situation]
                if switch is not None:
                    getattr(link, switch)()
                child.stdin.write("again\n")
                child.stdin.flush()
                return _line_of(child)
            finally:
                child.kill()


def _line_of(child):
    line = child.stdout.readline()
    assert line, child.stderr.read()[-3000:]
    return json.loads(line)


def comparable(outcome):
    """An outcome without what differs from run to run, and without notes."""
    if "result" in outcome:
        return outcome["result"]
    return [
        [kind, _OWN.sub("N", text), errno]
        for kind, text, errno in outcome["classes"]
    ]
