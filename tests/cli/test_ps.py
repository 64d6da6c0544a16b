"""`pysock ps`: why a process hangs, socket call by socket call."""

import errno
import json
import os
import re
import socket
import sys

import pytest

from lab import replies, services
from lab.capabilities import call_without_capabilities
from lab.namespace import Namespace
from lab.place import FAMILY, LOOPBACK, PORT
from lab.replies import Script
from lab.services import service
from lab.waiting import until
from pysock import sock_diag
from pysock.cli import main, stacks
from pysock.cli import ps as ps_command
from pysock.sock_diag.waiting import waits
from support.command import on_terminal, pysock_command
from support.diagnosing import SERVICE, connect, count
from support.requirements import skip_or_fail

pytest_plugins = ["lab.fixtures"]


def ps(pid, *words):
    done = pysock_command("ps", pid, "--json", *words)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def only(pid):
    """The one row of a process."""
    status, rows = ps(pid)
    assert status == 0
    [row] = rows
    return row


def test_hung_client(place, version):
    where = LOOPBACK[version], SERVICE
    with (
        service(services.THINKER, *where) as server,
        service(services.ASKER, *where) as client,
    ):
        until(is_read, what="request that was read")
        row = only(client)
        done = pysock_command("ps", client)
    assert row["call"] == "recvfrom"
    assert row["thread"] == client
    assert row["state"] == "ESTABLISHED"
    assert row["remote"][:2] == list(where)
    assert row["remote_process"] == f"python/{server}"
    assert row["code"] == "answer-awaited"
    assert "its program has not answered" in row["why"]
    # Whole hundredths of a second: it may have fallen asleep just now.
    assert 0 <= row["asleep"] < 60
    assert done.returncode == 0
    [line] = [x for x in done.stdout.splitlines() if x.startswith(f"{client}")]
    assert f"(python/{server})  ESTAB" in line


def is_read():
    """The request is with the server's program."""
    return any(
        entry.local_port == SERVICE
        and entry.tcp_info.bytes_received
        and not entry.recv_queue
        for entry in sock_diag.sockets("ESTABLISHED")
    )


def test_line_of_the_program(place, version):
    if stacks.stacks_of(os.getpid())[1] is not None:
        skip_or_fail("py-spy is not installed")
    where = LOOPBACK[version], SERVICE
    with (
        service(services.THINKER, *where),
        service(services.ASKER, *where) as client,
    ):
        row = only(client)
        done = pysock_command("ps", client)
    functions = [frame["function"] for frame in row["stack"]]
    assert functions == ["fetch", "<module>"]
    line = row["stack"][0]["line"]
    assert f"<string>:{line} in fetch" in done.stdout


def test_line_by_the_interpreter_itself(place):
    """From 3.14 on, of a process of the same version; else it says nothing."""
    where = LOOPBACK[4], SERVICE
    with (
        service(services.THINKER, *where),
        service(services.ASKER, *where) as client,
    ):
        until(
            lambda: waits(client)[0].call == "recvfrom", what="client in recv"
        )
        found = stacks.by_interpreter(client)
    if sys.version_info < (3, 14):
        assert found == {}
        return
    [frames] = found.values()
    assert list(found) == [client]
    assert [frame.function for frame in frames] == ["fetch", "<module>"]
    assert frames[0].line > 0


def test_without_py_spy_it_says_so(place, monkeypatch, capsys):
    monkeypatch.setattr(stacks.shutil, "which", lambda *_, **__: None)
    monkeypatch.setattr(stacks, "by_interpreter", lambda _: {})
    where = LOOPBACK[4], SERVICE
    with service(services.SINK, *where) as pid, connect(4):
        until(lambda: waits(pid)[0].call == "recvfrom", what="server in recv")
        assert main(["ps", str(pid)]) == 0
    assert "py-spy is not installed" in capsys.readouterr().out


def test_client_with_a_timeout(place, version):
    script = """
    client = socket.create_connection((sys.argv[1], int(sys.argv[2])), 99)
    ready()
    client.recv(1)
    """
    where = LOOPBACK[version], SERVICE
    with service(services.SINK, *where), service(script, *where) as pid:
        row = only(pid)
        done = pysock_command("ps", pid)
    assert row["call"] == "poll"
    assert row["timeout"] == 99
    assert row["code"] == "nothing-sent"
    assert "(its timeout is 99.0 s)" in done.stdout


def test_server_that_did_not_read_is_named(place, version):
    """Both ends are here: the client's line says what the other end does."""
    where = LOOPBACK[version], SERVICE
    with (
        service(services.SLOW_READER, *where) as server,
        service(services.ASKER, *where) as client,
    ):
        row = only(client)
        alone = only(server)
    assert "has not read 18 bytes of it" in row["why"]
    # Its thread waits for something else: its sockets are told.
    assert alone["thread"] is None
    assert alone["code"] == "not-reading"
    assert "18 bytes lie here unread" in alone["why"]


def test_silent_peer(place, version):
    host = place.host(version, Script(to_syn=(replies.syn_ack,)))[0]
    with service(services.ASKER, host, PORT) as client:
        until(
            lambda: any(
                entry.retransmits >= 2
                for entry in sock_diag.sockets("ESTABLISHED")
            ),
            what="second retransmission",
        )
        row = only(client)
    assert (row["severity"], row["code"]) == ("wrong", "peer-silent")
    assert "does not acknowledge" in row["why"]


def test_connect_that_nobody_answers(place, version):
    script = """
    ready()
    socket.create_connection((sys.argv[1], int(sys.argv[2])))
    """
    host = place.host(version, Script())[0]
    with service(script, host, PORT) as client:
        until(
            lambda: any(
                entry.retransmits for entry in sock_diag.sockets("SYN_SENT")
            ),
            what="second SYN",
        )
        row = only(client)
    assert row["call"] == "connect"
    assert row["state"] == "SYN_SENT"
    assert (row["severity"], row["code"]) == ("wrong", "connect-unanswered")
    assert re.search(r"no answer to \d SYNs; the next goes out", row["why"])


def test_writer_whose_peer_does_not_read(place, version):
    where = LOOPBACK[version], SERVICE
    with (
        service(services.SLOW_READER, *where) as reader,
        service(services.WRITER, *where) as writer,
    ):
        until(window_is_closed, what="closed window")
        row = only(writer)
    assert row["call"] == "sendto"
    assert row["code"] == "window-closed"
    assert row["remote_process"] == f"python/{reader}"
    assert "its program does not read" in row["why"]


def window_is_closed():
    connected = sock_diag.sockets("ESTABLISHED", info=False)
    return any(entry.timer == "persist" for entry in connected)


def test_listener_and_its_queue(place, version):
    where = LOOPBACK[version], SERVICE
    with service(services.LEAK, *where) as pid:
        row = only(pid)
        assert row["call"] in ("accept", "accept4")
        assert row["state"] == "LISTEN"
        assert row["local"][:2] == list(where)
        assert row["remote"] is None
        assert row["code"] == "listener-idle"
        assert "queue empty, with a limit of" in row["why"]


def test_full_listener_whose_program_does_something_else(place, version):
    where = LOOPBACK[version], SERVICE
    with service(services.FULL, *where) as pid:
        clients = [connect(version) for _ in range(2)]
        row = only(pid)
        for client in clients:
            client.close()
    assert row["thread"] is None
    assert (row["severity"], row["code"]) == ("wrong", "listener-full")
    assert "2 connections waiting" in row["why"]


def test_event_loop_shows_what_is_in_trouble(place):
    """Twenty connections that are idle, one whose peer does not read."""
    script = """
    import asyncio
    async def stuck(where):
        _, writer = await asyncio.open_connection(*where)
        writer.write(bytes(20_000_000))
        await writer.drain()
    async def run(where):
        kept = [await asyncio.open_connection(*where) for _ in range(20)]
        ready()
        await stuck(where)
    asyncio.run(run((sys.argv[1], int(sys.argv[2]))))
    """
    where = LOOPBACK[4], SERVICE
    server = socket.create_server(where, family=FAMILY[4])
    with server, service(script, *where) as pid:
        until(window_is_closed, what="closed window")
        row = only(pid)
    assert row["call"] in ("epoll_wait", "epoll_pwait")
    assert row["more_fds"] == 20
    assert row["code"] == "window-closed"


def test_idle_event_loop_is_one_line(place):
    script = """
    import asyncio
    async def run(where):
        kept = [await asyncio.open_connection(*where) for _ in range(20)]
        ready()
        await asyncio.Event().wait()
    asyncio.run(run((sys.argv[1], int(sys.argv[2]))))
    """
    where = LOOPBACK[4], SERVICE
    server = socket.create_server(where, family=FAMILY[4])
    with server, service(script, *where) as pid:
        done = pysock_command("ps", pid)
    assert done.returncode == 0
    assert " and 19 more" in done.stdout
    assert len(done.stdout.splitlines()) == 4


def test_process_of_another_namespace(lab_is_possible):
    other = Namespace()
    try:
        with other.entered():
            other.ip("link set lo up")
            running = service(services.LEAK, "127.0.0.1", SERVICE)
            pid = running.__enter__()
        try:
            row = only(pid)
            assert row["local"] == ["127.0.0.1", SERVICE]
        finally:
            running.__exit__(None, None, None)
    finally:
        other.close()


def test_process_that_waits_for_nothing(place):
    with service("ready()\nwhile True: pass", LOOPBACK[4]) as pid:
        status, rows = ps(pid)
        done = pysock_command("ps", pid)
    assert (status, rows) == (1, [])
    assert done.returncode == 1
    assert "no thread stays in a call on a socket" in done.stdout


def test_without_the_right(place, capsys):
    with service(services.LEAK, LOOPBACK[4], SERVICE) as pid:
        status = call_without_capabilities(lambda: main(["ps", str(pid)]))
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert said.err == (
        f"pysock ps: this user may not look into process {pid}: that takes "
        "root\n"
    )


def test_threads_that_may_not_be_traced(place, monkeypatch, capsys):
    """As Yama has it; this machine's kernel need not have Yama."""

    def denied(pid):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(ps_command, "waits", denied)
    with service(services.FULL, LOOPBACK[4], SERVICE) as pid:
        clients = [connect(4) for _ in range(2)]
        assert main(["ps", str(pid)]) == 0
        said = capsys.readouterr().out
        assert main(["ps", str(pid), "--json"]) == 0
        for client in clients:
            client.close()
    assert "(what its threads do is hidden: that takes root)" in said
    assert "its queue is full" in said
    told = capsys.readouterr()
    assert "is hidden" in told.err
    assert json.loads(told.out)[0]["code"] == "listener-full"


@pytest.mark.parametrize("words", [("x",), ("0",), ("-1",), ()])
def test_bad_usage(words):
    done = pysock_command("ps", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: pysock ps")


def test_names_of_a_process_do_no_harm(place):
    script = """
    with open("/proc/self/comm", "w") as comm:
        comm.write("a\\x1b[31mb")
    server = socket.create_server((sys.argv[1], int(sys.argv[2])))
    ready()
    connection = server.accept()[0]
    hang()
    """
    with (
        service(script, LOOPBACK[4], SERVICE) as pid,
        service(services.ASKER, LOOPBACK[4], SERVICE) as client,
    ):
        until(lambda: count("ESTABLISHED") == 2, what="connection")
        done = pysock_command("ps", client)
    assert f"(a\\x1b[31mb/{pid})" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_fits_a_terminal(place, columns):
    with service(services.LEAK, LOOPBACK[4], SERVICE) as pid:
        status, shown = on_terminal("ps", pid, columns=columns)
    assert status == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert max(map(len, plain.splitlines())) <= columns
    assert "queue empty" in re.sub(r"\s+", " ", plain)
