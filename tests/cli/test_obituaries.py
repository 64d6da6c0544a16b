"""`pysock obituaries`: the last words of connections, as they die."""

import json
import select
import signal
import socket
from itertools import islice
from pathlib import Path

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
        "time", "local", "remote", "sent", "received", "retrans", "rtt",
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


def subscribed(pid):
    """Whether it has subscribed (groups 5), as the test itself has."""
    return sum(row[3] == "00000005" for row in netlink(pid)) == 2


def is_waiting(pid):
    return any(wait.call in ("poll", "ppoll") for wait in waits(pid))


def unread(pid):
    return sum(int(row[4]) for row in netlink(pid))


def netlink(pid):
    """Rows of sock_diag sockets (protocol 4) in the namespace of a process."""
    lines = Path(f"/proc/{pid}/net/netlink").read_text().splitlines()
    return [row for row in map(str.split, lines[1:]) if row[1] == "4"]
