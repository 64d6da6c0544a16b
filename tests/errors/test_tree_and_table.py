"""The tree and the table: consistent, and each class what it says."""

import errno
import gc
import inspect
import json
import logging
import os
import pickle
import re
import socket
import traceback
import weakref

import pytest

import pysock
from pysock import errors
from pysock.errors import (
    CATALOGUE,
    KINDS,
    Origin,
    SocketError,
    class_for,
    deadline_error,
    error_for,
    variant,
)
from pysock.explain import telling
from support import child
from support.failure_check import check_copies

CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, SocketError)
}
CALLS = sorted({call for row in CATALOGUE for call in row.calls} | {"close"})

# Groups; what raises when no row has the errno.
GROUPS = {
    "AllAttemptsFailedError",
    "SocketError",
    "ConnectError",
    "BindError",
    "AcceptError",
    "TransferError",
}

# Not one failure: several connects of one call, each with its own.
SEVERAL = {"AllAttemptsFailedError"}

# DESIGN section 4, the right hand columns.
ALSO = {
    "ConnectTimeoutError": TimeoutError,
    "ConnectResetError": ConnectionResetError,
    "ConnectRefusedError": ConnectionRefusedError,
    "ConnectDeniedError": PermissionError,
    "ConnectInProgressError": BlockingIOError,
    "ConnectAlreadyError": BlockingIOError,
    "BindDeniedError": PermissionError,
    "AcceptWouldBlockError": BlockingIOError,
    "AcceptTimeoutError": TimeoutError,
    "AcceptAbortedError": ConnectionAbortedError,
    "PeerClosedError": ConnectionError,
    "PeerResetError": ConnectionResetError,
    "BrokenConnectionError": BrokenPipeError,
    "ConnectionKilledError": ConnectionAbortedError,
    "WriteAfterShutdownError": BrokenPipeError,
    "PeerSilentError": TimeoutError,
    "TransferTimeoutError": TimeoutError,
    "TransferWouldBlockError": BlockingIOError,
    "ResolveError": socket.gaierror,
}


def test_every_class_is_in_a_row_or_is_a_group():
    in_rows = {row.error.__name__ for row in CATALOGUE}
    assert CLASSES.keys() == in_rows | GROUPS | SEVERAL


@pytest.mark.parametrize("name", CLASSES)
def test_class(name):
    kind = CLASSES[name]
    assert name.endswith("Error")
    assert kind.__name__ == name
    assert kind.__module__ == "pysock.errors"
    assert kind.__doc__
    assert issubclass(kind, OSError)
    assert issubclass(kind, ALSO.get(name, OSError))
    assert pickle.loads(pickle.dumps(kind)) is kind


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.number)
def test_row(row):
    assert row.situation
    assert row.calls
    assert row.causes
    for cause in row.causes:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cause.code)
        for text in (cause.meaning, cause.look):
            assert text is None or text[-1] not in ".,;: "
    assert set(row.origins) <= set(KINDS)
    assert all(number in errno.errorcode for number in row.errnos)
    assert [getattr(errno, name) for name in row.errno_names] == [*row.errnos]
    # Python's name for the number; the kernel's manual pages have the other.
    assert "ENOTSUP" not in row.errno_names
    for name in row.also:
        assert issubclass(row.error, getattr(__builtins__, name, OSError))


# Same errno of the same call: the evidence chooses.
BY_EVIDENCE = {
    "TransferTimeoutError": errors.TransferError,
    "UnixConnectError": errors.ConnectError,
    "WriteAfterShutdownError": errors.TransferError,
}


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.number)
def test_row_is_found_by_its_call_and_errno(row):
    for call in row.calls:
        for number in row.errnos:
            found = class_for(call, number)
            if row.error.__name__ in BY_EVIDENCE:
                assert issubclass(found, BY_EVIDENCE[row.error.__name__])
            else:
                assert issubclass(found, row.error), (call, number)
                assert found.__name__ == row.error.__name__


@pytest.mark.parametrize("call", CALLS)
def test_old_except_lines_catch_every_errno(call):
    for number in errno.errorcode:
        kind = class_for(call, number)
        plain = OSError(number, os.strerror(number))
        error = kind(number, os.strerror(number))
        assert isinstance(error, SocketError)
        assert isinstance(error, type(plain)), (call, errno.errorcode[number])
        assert error.args == plain.args
        assert str(error) == str(plain)
        assert class_for(call, number) is kind


@pytest.mark.parametrize("call", CALLS)
def test_every_failure_pickles(call):
    for number in errno.errorcode:
        error = error_for(call, number, address=("192.0.2.1", 80), elapsed=1.5)
        assert type(error) is class_for(call, number)
        check_copies(error)
        json.dumps(error.to_dict())
    check_copies(deadline_error(call, elapsed=0.5))


def test_errno_without_a_row_is_the_group():
    for call, group in {
        "connect": errors.ConnectError,
        "bind": errors.BindError,
        "accept": errors.AcceptError,
        "recv": errors.TransferError,
        "send": errors.TransferError,
        "close": SocketError,
    }.items():
        assert class_for(call, errno.EXDEV) is group


def test_variants_are_one_per_set_of_bases():
    one = variant(errors.ConnectError, ConnectionResetError)
    assert one is variant(errors.ConnectError, ConnectionResetError)
    assert variant(errors.PeerResetError, ConnectionResetError) is (
        errors.PeerResetError
    )


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (("192.0.2.1", 80), "192.0.2.1:80"),
        (("2001:db8::1", 80, 0, 0), "[2001:db8::1]:80"),
        (("fe80::1", 80, 0, 3), "[fe80::1%3]:80"),
        (("host.example", None), "host.example"),
        ("/run/x.sock", "/run/x.sock"),
    ],
)
def test_show_address(address, text):
    assert errors.show_address(address) == text


def test_origin_is_a_value():
    origin = Origin("icmp", "192.0.2.254", 3, 13)
    assert origin == Origin("icmp", "192.0.2.254", 3, 13)
    assert hash(origin) == hash(pickle.loads(pickle.dumps(origin)))
    assert origin != Origin("peer")
    assert origin != "icmp"
    assert str(origin) == "icmp 3/13 from 192.0.2.254"
    with pytest.raises(AttributeError):
        origin.kind = "peer"
    with pytest.raises(ValueError, match="peer"):
        Origin("somebody")


class Explaining:
    """Counts how often an explanation was asked for."""

    count = 0

    @classmethod
    def note_of(cls, error):
        cls.count += 1
        return "because of this"


@pytest.fixture
def explaining(monkeypatch):
    monkeypatch.delenv("PYSOCK_NOTES", raising=False)
    monkeypatch.setattr(Explaining, "count", 0)
    monkeypatch.setattr(telling, "note_of", Explaining.note_of)
    return errors.ConnectError(errno.ECONNREFUSED, "Connection refused")


def test_explanation_is_made_only_when_it_is_shown(explaining):
    def fail():
        raise explaining

    try:
        fail()
    except SocketError as error:
        str(error), repr(error), error.to_dict(), pickle.dumps(error.args)
        error.add_note("mine")
    assert Explaining.count == 0
    shown = "".join(traceback.format_exception(explaining))
    assert shown.splitlines()[-2:] == ["because of this", "mine"]
    traceback.format_exception(explaining)
    assert Explaining.count == 1


def test_explanation_is_shown_by_logging(explaining, caplog):
    def fail():
        raise explaining

    try:
        fail()
    except SocketError:
        logging.getLogger(__name__).exception("failed")
    assert "because of this" in caplog.text


def test_notes_keep_their_order(explaining):
    explaining.add_note("first")
    assert explaining.__notes__ == ["because of this", "first"]
    explaining.add_note("second")
    assert explaining.__notes__ == ["because of this", "first", "second"]
    with pytest.raises(TypeError) as plain:
        ValueError().add_note(5)
    with pytest.raises(TypeError, match=re.escape(str(plain.value))):
        explaining.add_note(5)
    explaining.__notes__ = ["only"]
    assert explaining.__notes__ == ["only"]
    assert Explaining.count == 1


def test_notes_can_be_switched_off():
    script = """
        import traceback, pysock
        try:
            with pysock.socket() as bound, pysock.socket() as sock:
                bound.bind(("127.0.0.1", 0))
                sock.connect(bound.getsockname())
        except OSError as error:
            assert hasattr(error, "__notes__") is bool(%r)
            error.add_note("mine")
            assert "mine" in traceback.format_exception(error)[-1]
            print(len(error.__notes__))
            raise
    """
    off = child.run(script % False, env={"PYSOCK_NOTES": "0"}, check=False)
    assert off.stdout == "1\n", off.stderr
    assert off.stderr.splitlines()[-1] == "mine"
    shown = child.run(script % True, env={"PYSOCK_NOTES": ""}, check=False)
    assert shown.stdout == "2\n", shown.stderr
    assert shown.stderr.splitlines()[-1] == "mine"
    assert len(shown.stderr.splitlines()) > len(off.stderr.splitlines())


FAILING = {
    "connect": lambda sock, bad: sock.connect(bad),
    "accept": lambda sock, bad: sock.accept(),
    "bind": lambda sock, bad: sock.bind(bad),
    "recv": lambda sock, bad: sock.recv(1),
    "recv_exactly": lambda sock, bad: sock.recv_exactly(1),
    "send": lambda sock, bad: sock.send(b"x"),
    "sendto": lambda sock, bad: sock.sendto(b"x", ("::1", 1)),
    "sendmsg": lambda sock, bad: sock.sendmsg([b"x"]),
    "shutdown": lambda sock, bad: sock.shutdown(socket.SHUT_RD),
    "getpeername": lambda sock, bad: sock.getpeername(),
    "name": lambda sock, bad: sock.connect(("::1", 1)),
    "tcp_info": lambda sock, bad: [sock.close(), sock.tcp_info()],
}


def fail(call, *args):
    """Give what is left of a failure when nobody holds it any more."""
    try:
        call(*args)
    except OSError as error:
        return error.__context__, weakref.ref(error)
    raise AssertionError("it did not fail")


@pytest.mark.parametrize("call", FAILING)
@pytest.mark.parametrize("timeout", [None, 0.01, 0.0])
def test_a_failure_keeps_nothing_alive(call, timeout):
    """With the collector off: a socket goes when its last name goes."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        gc.disable()
        try:
            sock = pysock.socket()
            sock.settimeout(timeout)
            watched = weakref.ref(sock)
            context, failure = fail(FAILING[call], sock, bound.getsockname())
            sock.close()
            assert context is None
            assert failure() is None
            del sock
            assert watched() is None
        finally:
            gc.enable()


def test_failures_of_functions_keep_nothing_alive(refusing_address, family):
    gc.disable()
    try:
        for call, args in (
            (pysock.create_connection, (refusing_address[:2],)),
            (pysock.getaddrinfo, ("::1", 1, socket.AF_INET)),
            (pysock.tcp_info, (-1,)),
        ):
            context, failure = fail(call, *args)
            assert context is None
            assert failure() is None
    finally:
        gc.enable()
