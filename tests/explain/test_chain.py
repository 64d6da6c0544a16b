"""details(): the failure behind whatever a library made of it."""

import pytest

import pysock
from pysock.errors import ConnectRefusedError
from pysock.explain.notes import attach

FAILURE = ConnectRefusedError(111, "Connection refused")


def noted():
    error = ConnectionRefusedError(111, "Connection refused")
    attach(error, FAILURE)
    return error


def raised(outer, inner, *, cause=None, suppress=False):
    outer.__context__ = inner
    outer.__cause__ = cause
    outer.__suppress_context__ = suppress
    return outer


class Wrapped(Exception):
    def __init__(self, reason=None, os_error=None):
        super().__init__("wrapped")
        self.reason = reason
        self.os_error = os_error


class Hostile(Exception):
    @property
    def reason(self):
        raise RuntimeError("nobody reads me")

    @property
    def args(self):
        raise RuntimeError("nobody reads me")


class Proxy:
    """As django's lazy objects: what is asked of it works, or raises."""

    @property
    def __class__(self):
        raise RuntimeError("nobody looks into me")


WAYS = {
    "itself": lambda: FAILURE,
    "noted": noted,
    "cause": lambda: raised(ValueError(), None, cause=noted()),
    "context": lambda: raised(ValueError(), noted()),
    "suppressed": lambda: raised(ValueError(), noted(), suppress=True),
    "args": lambda: ValueError("text", noted()),
    "reason": lambda: Wrapped(reason=noted()),
    "os_error": lambda: Wrapped(os_error=noted()),
    "group": lambda: ExceptionGroup("g", [ValueError(), noted()]),
    "deep": lambda: Wrapped(
        reason=raised(ValueError(Wrapped(os_error=noted())), ValueError())
    ),
    "hostile": lambda: raised(Hostile(), noted()),
    "proxy": lambda: raised(ValueError(Proxy()), noted()),
}


@pytest.mark.parametrize("way", WAYS)
def test_failure_is_found(way):
    assert pysock.details(WAYS[way]()) is FAILURE


def test_nearest_is_found():
    near = ConnectRefusedError(111, "near")
    assert pysock.details(raised(ValueError(near), noted(), cause=None)) in (
        FAILURE,
        near,
    )
    assert pysock.details(raised(near, noted())) is near


def test_nothing_to_find():
    assert pysock.details(ValueError("x", 5)) is None
    loop = ValueError()
    loop.__cause__ = KeyError(loop)
    assert pysock.details(loop) is None


def test_an_endless_chain_ends():
    class Endless(Exception):
        @property
        def reason(self):
            return Endless()

    assert pysock.details(Endless()) is None
