"""The kernel's sums: read by name, of the right namespace."""

import socket

from lab.namespace import Namespace
from pysock.sock_diag.counters import counters, moved, setting, sockstat

pytest_plugins = ["lab.fixtures"]


def test_counters_have_the_names_of_nstat():
    found = counters()
    assert found["TcpActiveOpens"] >= 0
    assert found["TcpExtListenOverflows"] >= 0
    assert found["IpInReceives"] >= 0


def test_a_full_queue_moves_the_counters_of_its_namespace(place):
    before = counters()
    assert before["TcpActiveOpens"] == 0  # the namespace is new
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        with socket.socket() as first, socket.socket() as second:
            first.connect(listener.getsockname())
            second.setblocking(False)
            second.connect_ex(listener.getsockname())
            after = counters()
    assert moved(after, before, "TcpExtListenOverflows") == 1
    assert moved(after, before, "TcpExtListenDrops") == 1
    assert moved(after, before, "TcpPassiveOpens") == 1


def test_what_is_not_there_is_none():
    assert moved({"a": 1}, {}, "a") is None
    assert moved({}, {}, "a") is None
    assert setting("net.ipv4.no_such_setting") is None
    assert setting("net.ipv4.tcp_congestion_control") is None  # a word


def test_settings_are_those_of_the_namespace(lab_is_possible):
    namespace = Namespace()
    try:
        with namespace.entered():
            namespace.sysctl("net.ipv4.ip_local_port_range", "40000 40001")
            assert setting("net.ipv4.ip_local_port_range") == (40000, 40001)
            # It exists in the first namespace only.
            assert setting("net.ipv4.tcp_mem") is None
    finally:
        namespace.close()
    assert len(setting("net.ipv4.tcp_wmem")) == 3


def test_sockstat_counts_sockets(place):
    before = sockstat()
    with socket.create_server(("127.0.0.1", 0)):
        assert sockstat()["inuse"] == before["inuse"] + 1
    assert {"orphan", "tw", "mem"} <= before.keys()
