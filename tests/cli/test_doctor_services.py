"""`pysock doctor` in a lab of broken services: in their author's words."""

import os
import re
import socket

from lab import replies, services
from lab.place import FAMILY, HERE, LOOPBACK, PORT
from lab.replies import Script
from lab.services import service
from lab.waiting import until
from pysock import sock_diag
from support.command import pysock_command
from support.diagnosing import SERVICE, connect, count, doctor, only

pytest_plugins = ["lab.fixtures"]


def seconds_in(sentence, before):
    """The number of seconds behind some words."""
    return float(re.search(rf"{before} ([\d.]+) s", sentence).group(1))


def test_leak(place, version):
    where = LOOPBACK[version], SERVICE
    with service(services.LEAK, *where) as pid:
        for _ in range(12):
            connect(version).close()
        until(lambda: count("CLOSE_WAIT") == 12, what="12 in CLOSE_WAIT")
        status, found = doctor()
        assert status == 1
        leak = only(found, "close-wait")
        _, of_pid = doctor("--pid", pid)
        assert of_pid.keys() == {"close-wait"}
        assert doctor("--pid", os.getpid(), seconds=0.1) == (0, {})
    assert leak["severity"] == "wrong"
    assert f"/{pid} has 12 connections in CLOSE_WAIT" in leak["why"]
    assert seconds_in(leak["why"], "one for at least") >= 2
    assert "does not close its end" in leak["why"]
    assert "clients of" in leak["seen"][0]
    assert re.search(r"\d+ of its [\d,]+ descriptors", leak["seen"][1])
    assert leak["try"] == f"pysock sockets --pid {pid} --state close-wait"


def test_full_backlog(place, version):
    where = LOOPBACK[version], SERVICE
    with service(services.FULL, *where) as pid:
        clients = [connect(version) for _ in range(2)]
        late = socket.socket(FAMILY[version])
        late.setblocking(False)
        late.connect_ex(where)
        until(lambda: count("LISTEN") == 1, what="listener")
        status, found = doctor()
        for client in (late, *clients):
            client.close()
    assert status == 1
    assert found.keys() == {"listener-full", "connect-unanswered"}
    full = found["listener-full"]
    assert full["severity"] == "wrong"
    assert f"/{pid}) is full: 2 connections waiting" in full["why"]
    assert "with a limit of 1" in full["why"]
    assert any("threw" in fact for fact in full["seen"])
    [waited] = [fact for fact in full["seen"] if "has waited" in fact]
    assert seconds_in(waited, "for at least") >= 2
    assert full["try"].startswith(f"pysock ps {pid}")
    hung = found["connect-unanswered"]
    assert f"/{os.getpid()} (1)" in hung["seen"][0]
    assert any("accept queue is full" in fact for fact in hung["seen"])


def test_slow_reader(place, version):
    where = LOOPBACK[version], SERVICE
    with (
        service(services.SLOW_READER, *where) as reader,
        service(services.WRITER, *where) as writer,
    ):
        until(window_is_closed, what="closed window")
        status, found = doctor()
    assert status == 1
    # The writer's end is the same fault, and is not told twice.
    slow = only(found, "not-reading")
    assert f"/{reader} does not read" in slow["why"]
    assert f"/{writer}" not in slow["why"]
    assert slow["try"] == f"pysock ps {reader}"


def take_and_shut(conversation):
    """Take what came, and no more."""
    conversation.window = 0
    return replies.ack(conversation)


def test_slow_reader_elsewhere(place, version):
    script = Script(to_syn=(replies.syn_ack,), to_data=(take_and_shut,))
    host = place.host(version, script)[0]
    with service(services.WRITER, host, PORT) as writer:
        until(window_is_closed, what="closed window")
        status, found = doctor()
    assert status == 1
    shut = only(found, "window-closed")
    assert shut["severity"] == "doubtful"
    assert host in shut["why"]
    assert f"/{writer}: its program does not read" in shut["why"]


def window_is_closed():
    connected = sock_diag.sockets("ESTABLISHED", info=False)
    return any(entry.timer == "persist" for entry in connected)


def test_silent_peer(place, version):
    host = place.host(version, Script(to_syn=(replies.syn_ack,)))[0]
    with service(services.ASKER, host, PORT) as asker:
        status, found = doctor()
    assert status == 1
    dead = only(found, "peer-silent")
    assert dead["severity"] == "wrong"
    assert dead["why"].startswith(f"{host} has not answered on 1 connection")
    assert "18 bytes waiting for an acknowledgement" in dead["why"]
    assert f"/{asker} (1)" in dead["seen"][0]
    assert dead["try"] == f"pysock path {host} {PORT}"


def test_half_open_connection(place, version):
    """The peer is gone; nobody sends, and keepalive asks in vain."""
    host = place.host(version, Script(to_syn=(replies.syn_ack,)))[0]
    with connect(version, host, PORT) as client:
        for option in ("TCP_KEEPIDLE", "TCP_KEEPINTVL"):
            client.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        status, found = doctor(seconds=3)
    assert status == 1
    dead = only(found, "peer-silent")
    assert "asked whether it is there (keepalive)" in dead["why"]


def test_half_open_handshakes(place, version):
    where = HERE[version], SERVICE
    with socket.create_server(where, family=FAMILY[version]):

        def all_are_there():
            # A first SYN may be lost, on a link that has just come up.
            for port in range(4000, 4008):
                place.far_end.send_syn(version, port, where)
            return count("SYN_RECV") == 8

        until(all_are_there, what="8 handshakes")
        status, found = doctor()
    assert status == 1
    half = only(found, "handshakes-unfinished")
    assert "8 handshakes to" in half["why"]
    assert "does not answer the SYN-ACK" in half["why"]


def test_path_that_loses(place, version):
    where = LOOPBACK[version], SERVICE
    place.namespace.run(
        "nft add table inet lab",
        "nft add chain inet lab in '{ type filter hook input priority 0; }'",
        f"nft add rule inet lab in tcp dport {SERVICE} "
        "numgen random mod 100 lt 20 drop",
    )
    with (
        service(services.SINK, *where),
        service(services.WRITER, *where) as writer,
    ):
        status, found = doctor()
    assert status == 1
    lossy = only(found, "path-loses")
    assert lossy["severity"] == "wrong"
    share = re.search(r"loses packets: (\d+)% of the segments", lossy["why"])
    # It is the kernel that decides what to send again: not 20 exactly.
    assert 10 <= int(share.group(1)) <= 60
    assert lossy["seen"] == [f"held by python/{writer} (1)"]


def test_ports_used_up(place, version):
    place.namespace.sysctl("net.ipv4.ip_local_port_range", "40000 40019")
    where = LOOPBACK[version], SERVICE
    with (
        service(services.LEAK, *where),
        service(services.GREEDY, *where, 20) as greedy,
    ):
        status, found = doctor(seconds=0.2)
    assert status == 1
    gone = only(found, "ports-used-up")
    assert gone["severity"] == "wrong"
    assert "20 of the 20 local ports (40000 to 40019)" in gone["why"]
    assert "EADDRNOTAVAIL" in gone["why"]
    assert f"held by python/{greedy} (20)" in gone["seen"]


def close_first(version, host, many):
    """Connections that this end closes first: TIME_WAIT keeps the ports."""
    for _ in range(many):
        client = connect(version, host)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
        client.close()
    until(lambda: count("TIME_WAIT") == many, what=f"{many} in TIME_WAIT")


def test_ports_that_wait(place, version):
    place.namespace.sysctl("net.ipv4.ip_local_port_range", "40000 40019")
    with service(services.ECHO, HERE[version], SERVICE):
        close_first(version, HERE[version], 18)
        status, found = doctor()
    assert status == 1
    gone = only(found, "ports-used-up")
    assert gone["severity"] == "doubtful"
    assert "2 are left" in gone["why"]
    assert gone["seen"] == ["in state TIME_WAIT (18)"]
    assert "keep its connections open" in gone["try"]


def test_ports_that_the_kernel_gives_again(place, version):
    """On loopback a port in TIME_WAIT is free after a second."""
    place.namespace.sysctl("net.ipv4.ip_local_port_range", "40000 40019")
    with service(services.ECHO, LOOPBACK[version], SERVICE):
        close_first(version, LOOPBACK[version], 20)
        assert doctor() == (0, {})
        connect(version).close()


def test_hung_client_and_the_server_that_does_not_read(place, version):
    """Seen from the server: its kernel has the request, it does not."""
    where = LOOPBACK[version], SERVICE
    with (
        service(services.SLOW_READER, *where) as server,
        service(services.ASKER, *where),
    ):
        status, found = doctor()
    assert status == 1
    unread = only(found, "not-reading")
    assert (
        f"/{server} does not read: 18 bytes on 1 connection" in (unread["why"])
    )


def test_storm_of_resets(place, version):
    where = LOOPBACK[version], SERVICE
    with (
        service(services.HANGS_UP, *where),
        service(services.CALLER, *where, 0.02),
    ):
        status, found = doctor()
    assert status == 1
    storm = only(found, "reset-storm")
    assert storm["severity"] == "wrong"
    assert re.search(r"sends \d+ RSTs a second", storm["why"])
    assert any("closed here with data unread" in s for s in storm["seen"])
    assert "tcpdump" in storm["try"]


def test_wrong_family(place, version):
    other = 10 - version
    with (
        service(services.ECHO, LOOPBACK[other], SERVICE) as server,
        service(services.CALLER, LOOPBACK[version], SERVICE, 0.1),
    ):
        status, found = doctor()
    assert status == 1
    wrong = only(found, "wrong-family")
    assert f"nothing listens on IPv{version} there" in wrong["why"]
    assert f"/{server})" in wrong["why"]
    assert LOOPBACK[other] in wrong["try"]


def test_nothing_listens(place, version):
    with service(services.CALLER, LOOPBACK[version], SERVICE, 0.1):
        status, found = doctor()
    assert status == 1
    why = only(found, "connect-refused")["why"]
    assert f"nothing listens on port {SERVICE} of this machine" in why


def test_nobody_answers_a_connect(place, version):
    host = place.host(version, Script())[0]
    with socket.socket(FAMILY[version]) as client:
        client.setblocking(False)
        client.connect_ex((host, PORT))
        status, found = doctor()
    assert status == 1
    silent = only(found, "connect-unanswered")
    assert "without any answer" in silent["why"]
    assert silent["try"] == f"pysock path {host} {PORT}"


def test_slow_accept(place, version):
    where = LOOPBACK[version], SERVICE
    with socket.create_server(where, family=FAMILY[version]) as server:
        with connect(version):
            status, found = doctor()
        server.accept()[0].close()
    assert status == 1
    slow = only(found, "listener-slow")
    assert slow["severity"] == "doubtful"
    assert "1 connection to" in slow["why"]


def test_descriptors_nearly_gone(place):
    script = """
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
    kept = [socket.socket() for _ in range(18)]
    server = socket.create_server((sys.argv[1], 0))
    ready()
    hang()
    """
    with service(script, LOOPBACK[4]) as pid:
        status, found = doctor(seconds=0.2)
    assert status == 1
    full = only(found, "descriptors-nearly-gone")
    assert f"/{pid} has 22 of the 24 descriptors open" in full["why"]


def test_healthy_and_busy(place, version):
    """Traffic, new connections, idle ones, TIME_WAIT: nothing wrong."""
    where = LOOPBACK[version], SERVICE
    with (
        service(services.ECHO, *where),
        service(services.BUSY, *where),
    ):
        status, found = doctor()
        assert count("TIME_WAIT") > 10
        assert count("ESTABLISHED") > 40
        done = pysock_command("doctor", "--seconds", "0.5")
    assert (status, found) == (0, {})
    assert done.returncode == 0
    assert done.stdout.startswith(
        ("nothing wrong: ", "nothing wrong, 1 harmless: ")
    )
