"""`pysock sockets`: chosen, shown, refused, as for `info` and `watch`."""

import json
import os
import re
import socket
import subprocess

import pytest

from support import loopback
from support.command import on_terminal, pysock_command
from support.quiet import quiet  # noqa: F401


def port_of(sock):
    return sock.getsockname()[1]


def shown(address):
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def cookies(*words):
    done = pysock_command("sockets", *words, "--jsonl")
    assert done.stderr == ""
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == (0 if found else 1)
    return sorted((one["local_port"], one["remote_port"]) for one in found)


def test_selection(quiet, family):  # noqa: F811
    with loopback.listen(socket, family) as listener:
        client = socket.create_connection(listener.getsockname()[:2])
        server, _ = listener.accept()
        with client, server:
            port, mine = port_of(listener), port_of(client)
            listening = (port, 0)
            here, there = (mine, port), (port, mine)
            everything = sorted([listening, here, there])
            ours = shown(client.getsockname())
            theirs = shown(listener.getsockname())
            assert cookies() == everything
            assert cookies(port) == everything
            assert cookies(f"*:{mine}") == sorted([here, there])
            assert cookies(theirs) == everything
            assert cookies(ours, theirs) == [here]
            assert cookies(theirs, ours) == [there]
            assert cookies(mine, "--local", theirs) == [there]
            assert cookies("--remote", theirs) == [here]
            assert cookies("--state", "listen") == [listening]
            assert cookies("--state", "LISTEN", "--state", "estab") == (
                everything
            )
            assert cookies("--pid", os.getpid()) == everything
            with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as other:
                assert cookies("--pid", other.pid) == []
                other.stdin.close()
            other = "4" if family is loopback.IPV6 else "6"
            assert cookies("--family", other) == []
            assert cookies(1) == []


def test_table_and_json_say_the_same(quiet):  # noqa: F811
    client, server = loopback.connected(socket, loopback.IPV4)
    with client, server:
        client.send(b"x" * 77)
        loopback.wait_readable(server)
        here = shown(server.getsockname()), shown(client.getsockname())
        table = pysock_command("sockets", *here)
        titles, row = table.stdout.splitlines()
        assert titles.split()[:5] == [
            "state",
            "local",
            "remote",
            "recv-q",
            "send-q",
        ]
        assert row.split()[:5] == ["ESTAB", *here, "77", "0"]
        assert f"/{os.getpid()} fd {server.fileno()}" in row
        [said] = json.loads(pysock_command("sockets", *here, "--json").stdout)
        assert said["state"] == "ESTABLISHED"
        assert said["recv_queue"] == 77
        assert said["memory"]["rcvbuf"] > 0
        assert {"pid": os.getpid(), "fd": server.fileno()}.items() <= said[
            "processes"
        ][0].items()


@pytest.mark.parametrize("command", ["sockets", "info", "watch"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--state", "foo"], "CLOSE_WAIT"),
        (["--local", "1.2.3"], "1.2.3"),
        (["nonsense"], "nonsense"),
        (["99999"], "99999"),
        (["1", "2", "3"], "two ends"),
        (["1", "2", "--local", "::1"], "two ends"),
        (["--pid", "x"], "--pid"),
    ],
)
def test_bad_usage(command, words, said):
    done = pysock_command(command, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_narrow_terminal_stays_readable(quiet):  # noqa: F811
    client, server = loopback.connected(socket, loopback.IPV6)
    with client, server:
        for columns in (30, 60, 100):
            status, text = on_terminal("sockets", columns=columns)
            assert status == 0
            plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
            assert max(map(len, plain.splitlines())) <= columns
            assert shown(client.getsockname()) in plain
