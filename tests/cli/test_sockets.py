"""`pysock sockets`, `info` and `obituaries`: chosen, shown, told, refused."""

import json
import os
import re
import select
import signal
import socket

import pytest

from support import loopback
from support.command import interrupt, on_terminal, pysock_command, start
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
            assert cookies("--pid", 1) == []
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


def test_info_of_a_connection(pair):
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


def test_info_of_a_full_listener(silent_listener):
    address = shown(silent_listener.getsockname())
    done = pysock_command("info", "--local", address, "--state", "listen")
    assert done.returncode == 0
    assert "1 waiting for accept, with a limit of 0, FULL" in done.stdout


def test_info_needs_exactly_one(quiet):  # noqa: F811
    none = pysock_command("info", 9)
    assert (none.returncode, none.stdout) == (1, "")
    assert none.stderr == "pysock info: no such socket\n"
    client, server = loopback.connected(socket, loopback.IPV4)
    with client, server:
        several = pysock_command("info", port_of(client))
        assert several.returncode == 2
        assert "2 sockets fit" in several.stderr
        assert len(several.stdout.splitlines()) == 3


def test_info_of_time_wait(quiet, family):  # noqa: F811
    client, server = loopback.connected(socket, family)
    port = port_of(client)
    client.close()
    server.close()
    done = pysock_command("info", port)
    assert done.returncode == 0
    assert "TIME-WAIT (TIME_WAIT)" in done.stdout
    assert "no process" in done.stdout


def test_narrow_terminal_stays_readable(quiet):  # noqa: F811
    client, server = loopback.connected(socket, loopback.IPV6)
    with client, server:
        for columns in (30, 60, 100):
            status, text = on_terminal("sockets", columns=columns)
            assert status == 0
            plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
            assert max(map(len, plain.splitlines())) <= columns
            assert shown(client.getsockname()) in plain


def test_obituaries(quiet):  # noqa: F811
    words = "--jsonl", "--count", "2", "--timeout", "20"
    with start("obituaries", *words) as child:
        # It says nothing before the first death: kill some until it does.
        for _ in range(200):
            client, server = loopback.connected(socket, loopback.IPV4)
            client.sendall(b"x" * 10)
            server.recv_into(bytearray(10))
            client.close()
            server.close()
            if select.select([child.stdout], [], [], 0.1)[0]:
                break
        out, err = child.communicate(timeout=20)
    assert (child.returncode, err) == (0, "")
    dead = [json.loads(line) for line in out.splitlines()]
    assert len(dead) == 2
    assert {one["state"] for one in dead} == {"CLOSE"}
    assert all(one["time"] > 0 for one in dead)


def test_obituaries_of_a_port_as_a_table(quiet):  # noqa: F811
    done = pysock_command("obituaries", "--timeout", "0", "--port", "9")
    assert done.returncode == 0
    assert done.stdout.split() == [
        "time", "local", "remote", "sent", "received", "retrans", "rtt",
    ]  # fmt: skip
    empty = pysock_command("obituaries", "--timeout", "0", "--json")
    assert json.loads(empty.stdout) == []


def test_obituaries_end_at_ctrl_c(quiet):  # noqa: F811
    child = start("obituaries")
    with child:
        # The titles are printed when it has subscribed.
        assert child.stdout.readline()
        status, _, err, seconds = interrupt(child)
    assert status == 128 + signal.SIGINT
    assert err == ""
    assert seconds < 5
