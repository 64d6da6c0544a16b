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
        counts, titles, row = table.stdout.splitlines()
        assert counts == "1 socket: 1 ESTAB"
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


def without_colour(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_one_line_a_socket_at_any_width(quiet):  # noqa: F811
    """Columns go, the other end is the last; nothing wraps."""
    client, server = loopback.connected(socket, loopback.IPV6)
    with client, server:
        for columns in (12, 30, 60, 80, 120, 200):
            status, text = on_terminal(
                "sockets", "--state", "estab", columns=columns
            )
            assert status == 0
            plain = without_colour(text)
            assert max(map(len, plain.splitlines())) <= columns
            rows = plain[plain.index("remote") :].splitlines()[1:]
            assert len(rows) == 2
            if columns >= 30:
                for sock in (client, server):
                    peer = shown(sock.getpeername())
                    assert any(
                        row.split()[-1] == peer or peer in row for row in rows
                    )
        assert "cwnd" in plain


def waiting_ones(listener, count):
    """So many connections of which this end waits in TIME-WAIT."""
    for _ in range(count):
        client = socket.create_connection(listener.getsockname()[:2])
        server, _ = listener.accept()
        client.close()
        server.recv(1)
        server.close()


def test_time_wait_is_folded(quiet):  # noqa: F811
    with loopback.listen(socket, loopback.IPV4) as listener:
        waiting_ones(listener, 3)
        counts, _, row = pysock_command("sockets").stdout.splitlines()
        assert counts == (
            "4 sockets: 3 TIME-WAIT (not listed; --all lists them), 1 LISTEN"
        )
        assert row.startswith("LISTEN")
        for words in (["--all"], ["--state", "time-wait"]):
            lines = pysock_command("sockets", *words).stdout.splitlines()
            assert "not listed" not in lines[0]
            assert sum(line.startswith("TIME-WAIT") for line in lines) == 3
        # For a program nothing is folded.
        listed = json.loads(pysock_command("sockets", "--json").stdout)
        assert len(listed) == 4


def test_trouble_is_told_and_coloured(quiet):  # noqa: F811
    """A full listener red, a connection left open yellow; NO_COLOR plain."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        with server, socket.create_connection(listener.getsockname()):
            client.close()
            loopback.wait_readable(server)
            words = ("sockets", "--sort", "trouble", "--limit", "2")
            _, text = on_terminal(*words, columns=120)
            plain = without_colour(text).splitlines()
            assert "; 1 wrong, 1 doubtful" in plain[0]
            assert "FULL 1/0" in plain[2]
            assert re.search(
                r"CLOSE-WAIT .* peer closed > \S+ \w+ ago", plain[3]
            )
            full, left = text.splitlines()[2:4]
            assert full.startswith("\x1b[31m")
            assert left.startswith("\x1b[33m")
            assert plain[4] == "and 3 more"
            _, text = on_terminal(*words, columns=80, env={"NO_COLOR": "1"})
            assert not re.search(r"\x1b\[[0-9;]*3[0-9]", text)


def test_order_and_limit(quiet):  # noqa: F811
    client, server = loopback.connected(socket, loopback.IPV4)
    with client, server:
        server.send(b"x" * 500)
        loopback.wait_readable(client)
        words = ("--sort", "recv-q", "--limit", "1")
        [first] = json.loads(
            pysock_command("sockets", *words, "--json").stdout
        )
        assert first["recv_queue"] == 500
        lines = pysock_command("sockets", *words).stdout.splitlines()
        assert lines[2].split()[3] == "500"
        assert lines[3] == "and 1 more"
        assert pysock_command("sockets", "--limit", "0").returncode == 2


def test_groups(quiet):  # noqa: F811
    with loopback.listen(socket, loopback.IPV4) as listener:
        waiting_ones(listener, 2)
        client = socket.create_connection(listener.getsockname())
        with client, listener.accept()[0]:
            client.send(b"x" * 70)

            def groups(by):
                done = pysock_command("sockets", "--group-by", by, "--json")
                return {one["group"]: one for one in json.loads(done.stdout)}

            states = {
                name: one["sockets"] for name, one in groups("state").items()
            }
            assert states == {"ESTAB": 2, "TIME-WAIT": 2, "LISTEN": 1}
            peers = groups("peer")
            assert set(peers) == {"127.0.0.1", "*"}
            assert peers["127.0.0.1"]["recv_queue"] == 70
            processes = groups("process")
            assert processes["no process"]["sockets"] == 2
            [mine] = [name for name in processes if name != "no process"]
            assert mine.endswith(f"/{os.getpid()}")
            table = pysock_command("sockets", "--group-by", "state").stdout
            assert table.splitlines()[1].split()[:2] == ["state", "sockets"]
            status, text = on_terminal(
                "sockets", "--group-by", "peer", columns=40
            )
            assert status == 0
            assert max(map(len, without_colour(text).splitlines())) <= 40


def test_json_is_slim(quiet):  # noqa: F811
    with loopback.listen(socket, loopback.IPV6):
        [said] = json.loads(pysock_command("sockets", "--json").stdout)
        assert said["family"] == "IPv6"
        assert None not in said.values()
        assert None not in said["tcp_info"].values()
        done = pysock_command("sockets", "--json", "--all")
        [everything] = json.loads(done.stdout)
        assert everything["timer"] is None
        assert everything["tcp_info"].keys() > said["tcp_info"].keys()
        done = pysock_command("sockets", "--json", "--no-processes")
        assert "processes" not in json.loads(done.stdout)[0]
