"""`pysock doctor`: what only the counters of a namespace show."""

import contextlib
import socket
import threading

import pytest

from lab import packets
from lab.capabilities import call_without_capabilities
from lab.place import FAMILY, HERE, LOOPBACK, ROUTER
from lab.services import LEAK, service
from lab.waiting import until
from pysock.explain.machine import diagnose, limits
from pysock.explain.machine.survey import Survey, take_survey
from support.diagnosing import SERVICE, connect, count, doctor, only

pytest_plugins = ["lab.fixtures"]

PRESSURE = "memory-pressure"


@contextlib.contextmanager
def meanwhile(do):
    """Do something again and again, in a thread, until the block ends."""
    over = threading.Event()

    def work():
        number = 0
        while not over.wait(0.05):
            number += 1
            do(number)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_more_handshakes_than_the_backlog(place, version):
    where = HERE[version], SERVICE

    def send(number):
        place.far_end.send_syn(version, 4000 + number, where)

    with (
        socket.create_server(where, family=FAMILY[version], backlog=1),
        meanwhile(send),
    ):
        status, found = doctor(seconds=1)
    assert status == 1
    cookies = only(found, "syn-queue-full")
    assert cookies["severity"] == "doubtful"
    assert "answered with a cookie" in cookies["why"]


def test_more_handshakes_without_cookies(place, version):
    place.namespace.sysctl("net.ipv4.tcp_syncookies", 0)
    where = HERE[version], SERVICE

    def send(number):
        place.far_end.send_syn(version, 4000 + number, where)

    with (
        socket.create_server(where, family=FAMILY[version], backlog=1),
        meanwhile(send),
    ):
        status, found = doctor(seconds=1)
    assert status == 1
    dropped = only(found, "syn-queue-full")
    assert dropped["severity"] == "wrong"
    assert "dropped in 1.0 s" in dropped["why"]


def test_damaged_segments(place, version):
    def send(number):
        packet = bytearray(
            packets.syn(
                socket.inet_pton(FAMILY[version], ROUTER[version]),
                5000,
                socket.inet_pton(FAMILY[version], HERE[version]),
                SERVICE,
            )
        )
        packet[-1] ^= 0xFF
        place.far_end.send(bytes(packet))

    with meanwhile(send):
        status, found = doctor(seconds=1)
    assert status == 1
    assert "came damaged" in only(found, "damaged-segments")["why"]


def test_time_wait_without_room(place, version):
    place.namespace.sysctl("net.ipv4.tcp_max_tw_buckets", 4)
    with (
        service(LEAK, LOOPBACK[version], SERVICE),
        socket.create_server(
            (LOOPBACK[version], SERVICE + 1), family=FAMILY[version]
        ) as server,
    ):

        def churn(_):
            client = connect(version, port=SERVICE + 1)
            accepted, _ = server.accept()
            client.close()
            accepted.close()

        with meanwhile(churn):
            status, found = doctor(seconds=1)
    assert status == 1
    assert found.keys() == {"time-wait", "time-wait-overflow"}
    assert "4 connections wait in TIME_WAIT, of 4" in found["time-wait"]["why"]


@pytest.mark.parametrize(
    ("settings", "sockstat", "code", "severity"),
    [
        ({"tcp_mem": (10, 20, 30)}, {"mem": 19}, None, None),
        ({"tcp_mem": (10, 20, 30)}, {"mem": 20}, PRESSURE, "doubtful"),
        ({"tcp_mem": (10, 20, 30)}, {"mem": 30}, PRESSURE, "wrong"),
        ({"tcp_mem": None}, {"mem": 10**9}, None, None),
        ({"tcp_max_orphans": (100,)}, {"orphan": 79}, None, None),
        ({"tcp_max_orphans": (100,)}, {"orphan": 80}, "orphans", "doubtful"),
        ({"tcp_max_orphans": (100,)}, {"orphan": 99}, "orphans", "wrong"),
        ({}, {"tw": 9_999}, None, None),
        ({}, {"tw": 10_000}, "time-wait", "harmless"),
        (
            {"nf_conntrack_count": (79,), "nf_conntrack_max": (100,)},
            {}, None, None,
        ),
        (
            {"nf_conntrack_count": (99,), "nf_conntrack_max": (100,)},
            {}, "conntrack-full", "wrong",
        ),
    ],
)  # fmt: skip
def test_limits_of_the_whole_machine(
    monkeypatch, settings, sockstat, code, severity
):
    """No test may bring the machine there: the numbers are given."""
    monkeypatch.setattr(
        limits, "setting", lambda name: settings.get(name.rpartition(".")[2])
    )
    survey = Survey(None)
    survey.seconds = 1.0
    survey.sockstat = sockstat
    found = [(one.code, one.severity) for one in limits.findings(survey)]
    assert found == ([] if code is None else [(code, severity)])


def test_without_privilege_the_process_is_hidden_and_said_so(place):
    with service(LEAK, LOOPBACK[4], SERVICE):
        for _ in range(3):
            connect(4).close()
        until(lambda: count("CLOSE_WAIT") == 3, what="3 in CLOSE_WAIT")
        survey = call_without_capabilities(lambda: take_survey(2.2))
        [leak] = call_without_capabilities(lambda: diagnose(survey))
    assert "a process of user 0 that is hidden from you has 3" in leak.why
    assert leak.try_.startswith("sudo ")
