"""Codes: each is in the catalogue, and chosen from the snapshot alone."""

import errno
import pickle
import socket

import pytest

from pysock import errors
from pysock.errors import CATALOGUE, Origin, error_for
from pysock.errors.codes import _CHOOSING, code_of

# DESIGN section 5.
PROMISED = """
    connect-refused-reset connect-refused-icmp connect-refused connect-reset
    connect-timeout-kernel connect-timeout-deadline connect-unreachable-host
    connect-unreachable-net connect-unreachable-icmp connect-no-route
    connect-denied connect-invalid connect-in-progress connect-already
    connect-twice connect-no-port connect-no-address bind-in-use bind-no-port
    bind-no-address bind-denied listen-in-use accept-empty accept-timeout
    accept-aborted accept-network accept-not-listening no-descriptor no-memory
    peer-closed peer-reset-idle peer-reset-unanswered peer-reset-at-once
    broken-pipe killed-here write-after-shutdown peer-silent
    peer-window-closed path-unreachable timeout-peer-silent
    timeout-program-slow timeout-window-closed timeout-nothing-sent timeout
    would-block not-connected closed-here not-tcp not-listening name-not-found
    name-no-answer name-server-failed name-invalid diag-denied
    diag-unavailable tls-reset tls-closed tls-timeout tls-plain-text
    tls-certificate tls-version tls
"""
CODES = {cause.code for row in CATALOGUE for cause in row.causes}
CLASSES = {
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, errors.SocketError)
}


@pytest.mark.parametrize("code", PROMISED.split())
def test_code_is_in_the_catalogue(code):
    assert code in CODES


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_a_class_has_one_code_or_somebody_who_chooses(kind):
    error = kind(errno.EXDEV, "x")
    assert error.code in CODES
    if error._only_code is None and kind is not errors.SocketError:
        assert any(base.__name__ in _CHOOSING for base in kind.__mro__)


def made(call, number, *, kind=None, **carried):
    return error_for(
        call,
        number,
        kind=kind,
        address=("192.0.2.1", 80),
        **carried,
    )


E = errno
CHOSEN = [
    (made("connect", E.ECONNREFUSED, origin=Origin("peer")),
     "connect-refused-reset"),
    (made("connect", E.ECONNREFUSED, origin=Origin("icmp")),
     "connect-refused-icmp"),
    (made("connect", E.ECONNREFUSED), "connect-refused"),
    (made("connect", E.ECONNRESET), "connect-reset"),
    (made("connect", E.ETIMEDOUT, origin=Origin("timer")),
     "connect-timeout-kernel"),
    (errors.deadline_error("connect"), "connect-timeout-deadline"),
    (made("connect", E.EHOSTUNREACH, origin=Origin("icmp")),
     "connect-unreachable-host"),
    (made("connect", E.EHOSTUNREACH), "connect-unreachable-host"),
    (made("connect", E.EHOSTUNREACH, origin=Origin("route")),
     "connect-no-route"),
    (made("connect", E.ENETUNREACH), "connect-unreachable-net"),
    (made("connect", E.ENETUNREACH, origin=Origin("route")),
     "connect-no-route"),
    (made("connect", E.ENETUNREACH, origin=Origin("caller")),
     "connect-invalid"),
    (made("connect", E.EPROTO), "connect-unreachable-icmp"),
    (made("connect", E.EINVAL, origin=Origin("route")), "connect-invalid"),
    (made("connect", E.EXDEV), "connect-other"),
    (made("connect", E.EADDRNOTAVAIL, origin=Origin("limit")),
     "connect-no-port"),
    (made("connect", E.EADDRNOTAVAIL, origin=Origin("caller")),
     "connect-port-taken"),
    (made("connect", E.EADDRNOTAVAIL, origin=Origin("route")),
     "connect-no-address"),
    (made("bind", E.EADDRNOTAVAIL), "bind-no-address"),
    (made("bind", E.EADDRINUSE), "bind-in-use"),
    (made("listen", E.EADDRINUSE), "listen-in-use"),
    (error_for("bind", E.EADDRINUSE, address=("::", 0, 0, 0)),
     "bind-no-port"),
    (made("bind", E.EINVAL), "bind-invalid"),
    (made("listen", E.EINVAL), "listen-invalid"),
    (made("bind", E.EXDEV), "bind-other"),
    (made("accept", E.EINVAL), "accept-not-listening"),
    (made("accept", E.EXDEV), "accept-other"),
    (made("recv", E.ECONNRESET), "peer-reset"),
    (made("recv", E.EXDEV), "transfer-other"),
    (errors.deadline_error("recv"), "timeout"),
    (errors.deadline_error("accept"), "accept-timeout"),
    (made("close", E.EIO), "other"),
    (errors.ResolveError(socket.EAI_NONAME, "x"), "name-not-found"),
    (errors.ResolveError(socket.EAI_AGAIN, "x"), "name-no-answer"),
    (errors.ResolveError(socket.EAI_FAIL, "x"), "name-server-failed"),
    (errors.ResolveError(socket.EAI_SERVICE, "x"), "name-invalid"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "code"), CHOSEN, ids=[code for _, code in CHOSEN]
)
def test_what_is_carried_chooses(error, code):
    assert error.code == code
    assert error.to_dict()["code"] == code


def test_a_copy_keeps_the_code_that_was_chosen():
    error = made("connect", errno.ECONNREFUSED, origin=Origin("peer"))
    again = pickle.loads(pickle.dumps(error))
    again.origin = None
    assert again.code == error.code == "connect-refused-reset"
    error.code = "tls-reset"
    assert error.code == "tls-reset"
    assert code_of(error) == "connect-refused-reset"


def test_all_attempts_have_the_code_of_the_last():
    last = made("connect", errno.ECONNREFUSED, origin=Origin("peer"))
    error = errors.AllAttemptsFailedError.of([last], "a name")
    assert error.code == last.code
