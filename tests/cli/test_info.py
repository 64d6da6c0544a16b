"""`pysock info`: one socket, told in words."""

import json
import re
import socket

from support import loopback
from support.command import pysock_command
from support.quiet import quiet  # noqa: F401


def port_of(sock):
    return sock.getsockname()[1]


def shown(address):
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def test_a_connection(pair):
    client, server = pair
    client.sendall(b"x" * 100)
    loopback.wait_readable(server)
    ends = shown(client.getsockname()), shown(client.getpeername())
    done = pysock_command("info", *ends, "--wait", "0.1")
    assert (done.returncode, done.stderr) == (0, "")
    text = done.stdout
    assert re.search(r"^state +ESTAB \(ESTABLISHED\)$", text, re.MULTILINE)
    assert f"fd {client.fileno()}" in text
    assert re.search(r"^bytes_sent +100 bytes", text, re.MULTILINE)
    assert "Nothing to send" in text
    assert re.search(r"^rtt_us +[\d,]+ us +Smoothed", text, re.MULTILINE)
    [said] = json.loads(pysock_command("info", *ends, "--json").stdout)
    assert said["tcp_info"]["bytes_sent"] == 100
    assert said["stall"]["kind"] == "idle"


def test_a_full_listener(silent_address):
    address = shown(silent_address)
    done = pysock_command("info", "--local", address, "--state", "listen")
    assert done.returncode == 0
    assert "1 waiting for accept, with a limit of 0, FULL" in done.stdout


def test_it_needs_exactly_one(quiet):  # noqa: F811
    none = pysock_command("info", 9)
    assert (none.returncode, none.stdout) == (1, "")
    assert none.stderr == "pysock info: no such socket\n"
    client, server = loopback.connected(socket, loopback.IPV4)
    with client, server:
        several = pysock_command("info", port_of(client))
        assert several.returncode == 2
        assert "2 sockets fit" in several.stderr
        assert len(several.stdout.splitlines()) == 3


def test_time_wait(quiet, family):  # noqa: F811
    client, server = loopback.connected(socket, family)
    port = port_of(client)
    client.close()
    server.close()
    done = pysock_command("info", port)
    assert done.returncode == 0
    assert "TIME-WAIT (TIME_WAIT)" in done.stdout
    assert "no process" in done.stdout
