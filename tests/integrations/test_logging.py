"""One event a failure, for logging and for whatever takes dicts."""

import contextlib
import json
import logging

import pytest

import pysock
from pysock import errors
from pysock.integrations import logging as events
from support import child
from support.loopback import reset
from support.queued import closed_address, listener


@contextlib.contextmanager
def collected(**options):
    found = []
    stop = events.failure_events(found.append, **options)
    try:
        yield found
    finally:
        stop()


def refuse(address):
    with pysock.socket() as sock, pytest.raises(errors.ConnectRefusedError):
        sock.connect(address)


def test_an_event_is_ready_for_json():
    with collected() as found, closed_address() as address:
        refuse(address)
    event = json.loads(json.dumps(found[0]))
    assert event["code"] == "connect-refused-reset"
    assert event["address"] == list(address)
    assert event["call"] == "connect"
    assert event["left_out"] == 0


def test_a_failed_read_has_its_delivery():
    with (
        collected() as found,
        listener() as sock,
        pysock.create_connection(sock.getsockname()) as client,
    ):
        accepted, _ = sock.accept()
        client.sendall(b"hello")
        assert accepted.recv(5) == b"hello"
        reset(accepted)
        with pytest.raises(errors.PeerResetError):
            client.recv(1)
    (event,) = json.loads(json.dumps(found))
    assert event["delivery"]["acknowledged"] == 5


def test_the_same_again_is_left_out_and_another_is_not():
    with (
        collected(every=3600) as found,
        closed_address() as one,
        closed_address() as other,
    ):
        for address in (one, one, other, one):
            refuse(address)
    assert [event["address"] for event in found] == [list(one), list(other)]


def test_what_was_left_out_is_counted(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(events, "monotonic", lambda: now[0])
    with collected(every=60) as found, closed_address() as address:
        for now[0] in (100.0, 101.0, 159.9, 160.0, 161.0, 220.0):
            refuse(address)
    assert [event["left_out"] for event in found] == [0, 2, 1]


def test_nothing_is_left_out_if_so_wished():
    with collected(every=0) as found, closed_address() as address:
        refuse(address)
        refuse(address)
    assert len(found) == 2


def test_a_client_is_the_same_with_another_port():
    with collected(every=3600) as found, listener() as sock:
        for _ in range(2):
            with pysock.socket() as client:
                client.connect(sock.getsockname())
                accepted, _ = sock.accept()
                reset(client)
                with accepted, pytest.raises(errors.PeerResetError):
                    accepted.recv(1)
    (event,) = found
    assert event["call"] == "recv"


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(events, "_MOST_KNOWN", 2)
    with contextlib.ExitStack() as stack:
        found = stack.enter_context(collected(every=3600))
        one, two, three = (
            stack.enter_context(closed_address()) for _ in range(3)
        )
        for address in (one, two, one, three, one, two):
            refuse(address)
    order = [tuple(event["address"]) for event in found]
    # `two` was heard of longest ago when `three` came.
    assert order == [one, two, three, two]


def test_a_record_has_text_and_event(caplog):
    logger = logging.getLogger("test.of.pysock")
    stop = events.log_failures(logger, level=logging.ERROR, every=0)
    with closed_address() as address:
        refuse(address)
    stop()
    with closed_address() as address:
        refuse(address)
    (record,) = caplog.records
    assert (record.name, record.levelno) == (logger.name, logging.ERROR)
    assert record.getMessage().endswith(" [connect-refused-reset]")
    assert record.pysock["code"] == "connect-refused-reset"


def test_the_noted_face_is_logged_by_default_as_pysock():
    with closed_address() as address:
        done = child.run(
            """
            import logging, socket, sys, pysock
            from pysock.integrations.logging import log_failures
            logging.basicConfig(format="%(name)s %(levelname)s %(message)s")
            log_failures()
            pysock.install()
            for _ in range(3):
                try:
                    socket.create_connection(("127.0.0.1", int(sys.argv[1])))
                except ConnectionRefusedError:
                    pass
            """,
            address[1],
        )
    (line,) = done.stderr.splitlines()
    assert line.startswith("pysock WARNING [Errno 111] Connection refused")


def test_a_handler_that_fails_by_a_socket_makes_no_circle():
    with closed_address() as address, closed_address() as log_server:

        class Handler(logging.Handler):
            def emit(self, record):
                records.append(record)
                refuse(log_server)

        records = []
        logger = logging.getLogger("test.of.pysock.circle")
        logger.propagate = False
        logger.addHandler(Handler())
        stop = events.log_failures(logger, every=0)
        refuse(address)
        stop()
    assert len(records) == 1


@pytest.mark.parametrize("every", [-1, float("nan")])
def test_what_is_no_time(every):
    with pytest.raises(ValueError, match="not negative"):
        events.failure_events(print, every=every)
    with pytest.raises(ValueError, match="not negative"):
        events.log_failures(every=every)
    with pytest.raises(TypeError):
        events.failure_events(None)
