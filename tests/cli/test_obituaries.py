"""`pysock obituaries`: the last words of connections, as they die."""

import json
import os
import select
import signal
import socket
from itertools import islice
from pathlib import Path

import pytest

from lab.waiting import until
from pysock import sock_diag
from pysock.sock_diag.waiting import waits
from support import loopback
from support.command import interrupt, pysock_command, start
from support.quiet import quiet  # noqa: F401


def test_lines_as_they_die(quiet):  # noqa: F811
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


def test_deaths_of_a_port_as_a_table(quiet):  # noqa: F811
    done = pysock_command("obituaries", "--timeout", "0", "--port", "9")
    assert done.returncode == 0
    assert done.stdout.split() == [
        "time", "local", "remote", "lived", "ended", "sent", "received",
        "retrans", "rtt", "process",
    ]  # fmt: skip
    empty = pysock_command("obituaries", "--timeout", "0", "--json")
    assert json.loads(empty.stdout) == []


def test_it_ends_at_ctrl_c(quiet):  # noqa: F811
    child = start("obituaries")
    with child:
        # The titles are printed when it has subscribed.
        assert child.stdout.readline()
        status, _, err, seconds = interrupt(child)
    assert status == 128 + signal.SIGINT
    assert err == ""
    assert seconds < 5


def test_ctrl_c_keeps_what_was_collected(quiet):  # noqa: F811
    """A list in JSON is printed at the end, which Ctrl-C is as well."""
    child = start("obituaries", "--json")
    with child:
        try:
            with sock_diag.obituaries(20) as deaths:
                until(lambda: subscribed(child.pid))
                for _ in range(3):
                    client, server = loopback.connected(socket, loopback.IPV4)
                    server.close()
                    client.close()
                # The kernel tells every subscriber of one before the next:
                # when the fourth is here, three are there.
                assert len(list(islice(deaths, 4))) == 4
            # All is told when nothing is unread, and it waits for more.
            until(lambda: not unread(child.pid) and is_waiting(child.pid))
            status, out, err, _ = interrupt(child)
        finally:
            child.kill()
    assert (status, err) == (128 + signal.SIGINT, "")
    dead = json.loads(out)
    assert len(dead) >= 3
    assert {one["state"] for one in dead} == {"CLOSE"}


def served(listener, data=b"x" * 100):
    """A client and its server end, which has read what the client sent."""
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    client.sendall(data)
    while len(data) > len(server.recv(len(data), socket.MSG_PEEK)):
        pass
    return client, server


def closed(client, server):
    """The client first, and both in order."""
    server.recv(1000)
    client.close()
    loopback.wait_readable(server)
    server.close()


def reset_by_client(client, server):
    server.recv(1000)
    loopback.reset(client)
    loopback.wait_readable(server)
    server.close()


def not_read(client, server):
    server.close()
    loopback.wait_readable(client)
    client.close()


@pytest.mark.parametrize(
    ("end", "of_server", "of_client"),
    [
        (closed, "closed", "closed"),
        # Who resets loses its addresses: it is told, but nobody knows of whom.
        (reset_by_client, "cut off", None),
        (not_read, "not read", "cut off"),
    ],
)
def test_how_it_ended_how_long_and_whose(
    quiet,  # noqa: F811
    end,
    of_server,
    of_client,
):
    """What the last reading says, and what a look at the table knew."""
    with (
        loopback.listen(socket, loopback.IPV4) as listener,
        start("obituaries", "--jsonl") as child,
    ):
        try:
            until(lambda: subscribed(child.pid, 1))
            until(lambda: is_waiting(child.pid))
            # It has looked at the table: this life falls between two looks.
            client, server = served(listener)
            port = client.getsockname()[1]
            end(client, server)
            # A third one, so that the lines have an end.
            listener.close()
            told = {}
            for line in child.stdout:
                one = json.loads(line)
                if one.get("ended") == "listener":
                    break
                told[one["local_port"]] = one
            status, _, err, _ = interrupt(child)
        finally:
            child.kill()
    assert (status, err) == (128 + signal.SIGINT, "")
    [server_port] = told.keys() - {port, 0}
    one = told[server_port]
    assert one["ended"] == of_server
    assert one["family"] == "IPv4"
    assert "timer" not in one
    # It sent nothing: the kernel's clock for that has run all its life.
    assert one["lived_at_least"] == one["lived_at_most"] < 10
    assert [who["pid"] for who in one["accepted_by"]] == [os.getpid()]
    if of_client is not None:
        assert told[port]["ended"] == of_client
        assert told[port]["tcp_info"]["bytes_sent"] == 100


def test_what_was_there_before(quiet):  # noqa: F811
    """Its process is known, its age only at least."""
    client, server = loopback.connected(socket, loopback.IPV4)
    server.send(b"a")
    client.send(b"b")
    loopback.wait_readable(server)
    port = client.getsockname()[1]
    with start("obituaries", "--jsonl", "--port", port) as child:
        try:
            until(lambda: subscribed(child.pid, 1))
            until(lambda: is_waiting(child.pid))
            server.recv(1)
            client.recv(1)
            server.close()
            loopback.wait_readable(client)
            client.close()
            told = [json.loads(child.stdout.readline()) for _ in range(2)]
            interrupt(child)
        finally:
            child.kill()
    for one in told:
        assert one["processes"][0]["pid"] == os.getpid()
        assert one["lived_at_least"] >= 0
        assert "lived_at_most" not in one


def subscribed(pid, subscribers=2):
    """Whether it has subscribed (groups 5), as the test itself has."""
    return sum(row[3] == "00000005" for row in netlink(pid)) == subscribers


def is_waiting(pid):
    return any(wait.call in ("poll", "ppoll") for wait in waits(pid))


def unread(pid):
    return sum(int(row[4]) for row in netlink(pid))


def netlink(pid):
    """Rows of sock_diag sockets (protocol 4) in the namespace of a process."""
    lines = Path(f"/proc/{pid}/net/netlink").read_text().splitlines()
    return [row for row in map(str.split, lines[1:]) if row[1] == "4"]
