"""The sockets of a namespace as metrics, of sockets that are there."""

import contextlib
import re
import socket
import threading
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

import pysock
from lab import services
from lab.place import LOOPBACK
from lab.services import service
from lab.waiting import until
from pysock import errors, sock_diag
from pysock.integrations.prometheus import SocketCollector, count_failures
from pysock.integrations.prometheus.names import Names
from support.diagnosing import SERVICE, connect
from support.metrics import Metrics, look
from support.queued import closed_address

pytest_plugins = ["lab.fixtures"]

HOWTO = Path(__file__).resolve().parents[2] / "docs" / "howto"


@contextlib.contextmanager
def collecting(**options):
    collector = SocketCollector(**options)
    try:
        yield collector
    finally:
        collector.close()


@contextlib.contextmanager
def conversation(version, port=0):
    """A listener, a client and its server side, connected."""
    with (
        socket.create_server(
            (LOOPBACK[version], port),
            family=socket.AF_INET if version == 4 else socket.AF_INET6,
        ) as listener,
        connect(version, port=listener.getsockname()[1]) as client,
    ):
        server, _ = listener.accept()
        with server:
            yield listener, client, server


def talk(client, server, times):
    for _ in range(times):
        client.sendall(b"x" * 100)
        assert server.recv(100) == b"x" * 100


def test_a_full_queue(place, version):
    where = {4: f"127.0.0.1:{SERVICE}", 6: f"[::1]:{SERVICE}"}[version]
    with (
        collecting() as collector,
        service(services.FULL, LOOPBACK[version], SERVICE) as pid,
    ):
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        its = {"listener": where, "process": name}
        before = look(collector)
        assert before("listener_queue_length", **its) == 0
        assert before("listener_queue_limit", **its) == 1
        assert before("listener_queue_full", **its) == 0
        assert before("listener_queue_wait_seconds", **its) is None
        assert before("listener_drops_total", **its) == 0
        with connect(version), connect(version):
            late = socket.socket(
                socket.AF_INET if version == 4 else socket.AF_INET6
            )
            with late:
                late.setblocking(False)
                late.connect_ex((LOOPBACK[version], SERVICE))
                now = look(collector)
        assert now("listener_queue_length", **its) == 2
        assert now("listener_queue_full", **its) == 1
        assert now("listener_queue_wait_seconds", **its) >= 0
        assert now("listener_drops_total", **its) == 1
        assert now("sockets", state="SYN_SENT") == 1
        assert now("sockets", state="ESTABLISHED", process="no process") == 2


def test_a_wait_is_the_longest_of_the_right_listener(place):
    """Two listeners of one port; those that wait wait for the first."""
    with (
        collecting(processes=False) as collector,
        socket.create_server(("127.0.0.1", 0)) as first,
        socket.create_server(("127.0.0.2", first.getsockname()[1])),
        connect(4, port=first.getsockname()[1]) as client,
    ):
        port = first.getsockname()[1]
        until(
            lambda: pysock.tcp_info(client).last_data_sent_ms >= 50,
            what="wait of 50 ms",
        )
        now = look(collector)
        wait = "listener_queue_wait_seconds"
        assert now(wait, listener=f"127.0.0.1:{port}") >= 0.04
        assert now(wait, listener=f"127.0.0.2:{port}") is None


BESIDE = """
with open("/proc/self/comm", "w") as comm:
    comm.write("other")
server = socket.create_server((sys.argv[1], int(sys.argv[2])), reuse_port=True)
ready()
hang()
"""


def test_a_wait_that_may_be_anothers(place):
    """Of several at one address nobody knows in whose queue it waits."""
    with (
        collecting() as collector,
        socket.create_server(("127.0.0.1", 0), reuse_port=True) as ours,
        contextlib.ExitStack() as clients,
    ):
        address = ours.getsockname()
        with service(BESIDE, *address):
            listeners = list(sock_diag.sockets("LISTEN", local=address))
            assert len(listeners) == 2
            for _ in range(100):
                client = socket.create_connection(address)
                clients.enter_context(client)
                listeners = list(sock_diag.sockets("LISTEN", local=address))
                if all(one.recv_queue for one in listeners):
                    break
            now = look(collector)
        shown = f"127.0.0.1:{address[1]}"
        assert len(now.labels("listener_queue_length", "process")) == 2
        assert shown not in now.labels(
            "listener_queue_wait_seconds", "listener"
        )


def test_connections_by_peer(place, version):
    peer = {"4": ("127.0.0.1", "127.0.0.0/24"), "6": ("::1", "::/64")}
    host, network = peer[str(version)]
    with (
        collecting(processes=False) as collector,
        conversation(version) as (listener, client, server),
    ):
        talk(client, server, 3)
        port = str(listener.getsockname()[1])
        now = look(collector)
        for direction, name in (("out", host), ("in", network)):
            its = {"direction": direction, "port": port, "peer": name}
            for spread in ("rtt_seconds", "min_rtt_seconds"):
                assert now(f"tcp_{spread}_gcount", **its) == 1
                assert 0 < now(f"tcp_{spread}_gsum", **its) < 10
                assert now(f"tcp_{spread}_bucket", le="+Inf", **its) == 1
        sent = now("tcp_packets_sent_total", direction="out", port=port)
        assert sent == pysock.tcp_info(client).data_segs_out == 3
        assert now("tcp_delivery_rate_bytes_per_second_gsum", port=port) > 0
        # The other side has sent no data: its rate is unknown, and not 0.
        assert (
            now(
                "tcp_delivery_rate_bytes_per_second_gcount",
                port=port,
                direction="in",
            )
            == 0
        )


def test_what_has_died_stays_counted_once(place, version):
    with (
        collecting(processes=False) as collector,
        conversation(version) as (listener, client, server),
    ):
        port = str(listener.getsockname()[1])

        def sent():
            return look(collector)(
                "tcp_packets_sent_total", direction="out", port=port
            )

        talk(client, server, 2)
        assert sent() == 2
        talk(client, server, 2)
        assert sent() == 4
        # After the last look, and before it dies.
        talk(client, server, 3)
        client.close()
        assert server.recv(1) == b""
        server.close()
        # The kernel tells of a death a moment later.
        until(lambda: sent() == 7, what="what has died in the sums")
        assert sent() == 7
        # One that comes and goes between two looks.
        with connect(version, port=int(port)) as short:
            other, _ = listener.accept()
            with other:
                talk(short, other, 5)
                short.close()
                assert other.recv(1) == b""
        until(lambda: sent() == 12, what="short connection in the sums")
        assert sent() == 12


def test_a_syn_that_is_repeated(place):
    with (
        collecting(processes=False) as collector,
        service(services.FULL, LOOPBACK[4], SERVICE),
        connect(4),
        connect(4),
        socket.socket() as late,
    ):
        late.setblocking(False)
        late.connect_ex((LOOPBACK[4], SERVICE))
        until(
            lambda: look(collector)("tcp_packets_retransmitted_total") == 1,
            what="SYN sent again",
        )


def test_labels_are_bounded_and_nothing_is_left_out(place):
    with (
        collecting(most=2, processes=False) as collector,
        contextlib.ExitStack() as stack,
    ):
        talks = [stack.enter_context(conversation(4)) for _ in range(5)]
        for _, client, server in talks:
            talk(client, server, 2)
        now = look(collector)
        for name in ("listener_queue_limit", "tcp_packets_sent_total"):
            label = "listener" if "listener" in name else "port"
            assert len(now.labels(name, label) - {"other"}) <= 4
            assert "other" in now.labels(name, label)
        assert now("tcp_packets_sent_total", direction="out") == 10
        assert now("tcp_rtt_seconds_gcount", direction="out") == 5
        assert len(now.labels("listener_queue_limit", "listener")) == 3
        # Who is among the others stays there, and a name keeps its place.
        again = look(collector)
        assert again.samples.keys() == now.samples.keys()


def test_a_name_that_was_not_met_for_an_hour_makes_room(monkeypatch):
    names = Names(2)
    names.admit(["b", "a", "a", "c", "c"])
    assert [name in names for name in "abc"] == [True, False, True]
    names.admit(["b", "a"])
    assert "b" not in names
    assert names.forget() == set()
    monkeypatch.setattr("pysock.integrations.prometheus.names._KEPT", -1)
    assert names.forget() == {"a", "c"}
    names.admit(["b"])
    assert "b" in names


EVIL = b'x\n"\\\x1b[31m\xff'


def test_a_process_may_call_itself_anything(place):
    script = services.FULL.replace(
        "ready()", f"open('/proc/self/comm', 'wb').write({EVIL!r})\nready()"
    )
    with collecting() as collector, service(script, LOOPBACK[4], SERVICE):
        now = look(collector)
    assert now.labels("listener_queue_limit", "process") == {
        r'x\n"\\x1b[31m\xff'
    }
    assert "\x1b" not in now.text


def test_without_processes(place):
    with collecting(processes=False) as collector, conversation(4):
        now = look(collector)
    assert now.labels("sockets", "process") == {"unknown"}


def test_many_looks_at_once(place):
    """Threads of a server; the sums are right all the same."""
    with (
        collecting(processes=False) as collector,
        conversation(4) as (_, client, server),
    ):
        talk(client, server, 4)
        threads = [
            threading.Thread(target=look, args=(collector,)) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        now = look(collector)
        assert now("tcp_packets_sent_total", direction="out") == 4


def test_two_of_one_registry_are_refused():
    registry = CollectorRegistry()
    with collecting() as one, collecting() as other:
        registry.register(one)
        with pytest.raises(ValueError, match="Duplicated"):
            registry.register(other)


def test_no_such_namespace():
    with pytest.raises(errors.DiagError):
        SocketCollector(netns="no-such-network")
    with pytest.raises(ValueError, match="ip netns"):
        SocketCollector(netns="a/b")


def test_closing_twice_is_fine():
    collector = SocketCollector()
    collector.close()
    collector.close()
    assert all("pysock" not in t.name for t in threading.enumerate())


def test_the_page_has_every_metric():
    page = (HOWTO / "metrics.md").read_text(encoding="utf-8")
    with collecting() as collector:
        names = {family.name for family in collector.describe()}
    # A second name of a cell is the end of the first's.
    shown = page.replace(
        "`pysock_listener_queue_length`, `_limit`",
        "`pysock_listener_queue_length`, `pysock_listener_queue_limit`",
    )
    named = set(re.findall(r"^\| (`pysock_.*?) \|", shown, re.MULTILINE))
    named = set(re.findall(r"`(pysock_\w+)`", " ".join(named)))
    assert {name.removesuffix("_total") for name in named} == names


def failures(registry):
    return Metrics(generate_latest(registry).decode())


def test_failures_by_code():
    registry = CollectorRegistry()
    stop = count_failures(registry)
    with closed_address() as address:
        for _ in range(3):
            with pytest.raises(OSError, match="refused"):
                pysock.create_connection(address)
        with (
            pysock.socket() as sock,
            pytest.raises(OSError, match="connected"),
        ):
            sock.getpeername()
        now = failures(registry)
        assert now("failures_total", code="connect-refused-reset") == 3
        assert now("failures_total", code="not-connected") == 1
        stop()
        with pytest.raises(OSError, match="refused"):
            pysock.create_connection(address)
    assert failures(registry)("failures_total") is None
    count_failures(registry)()


def test_failures_of_the_standard_class():
    registry = CollectorRegistry()
    stop = count_failures(registry)
    pysock.install()
    try:
        with closed_address() as address, pytest.raises(ConnectionError):
            socket.create_connection(address)
    finally:
        pysock.uninstall()
        now = failures(registry)
        stop()
    label = {"code": "connect-refused-reset", "call": "connect"}
    assert now("failures_total", **label) == 1
