"""The assertion by code, through what a library makes of a failure."""

import socket

import pytest

import pysock
from pysock.integrations import noting
from pysock.testing import fails_with


class ClientError(Exception):
    """What a client library raises."""


def connect(address):
    """A client that hides what it met."""
    try:
        socket.create_connection(address, 5).close()
    except OSError as error:
        raise ClientError("the service is away") from error


def test_code_of_what_a_library_wrapped(failing):
    with fails_with(code="connect-refused-reset") as failure:
        connect(failing.refusing())
    assert type(failure.exception) is ClientError
    assert failure.details.errno == 111
    assert not noting.active


def test_one_of_several_codes(failing):
    codes = ("connect-reset", "connect-refused-reset")
    with fails_with(code=codes, error=ClientError):
        connect(failing.refusing())


def test_any_code(failing):
    with fails_with() as failure:
        connect(failing.refusing())
    assert failure.details.code == "connect-refused-reset"


def test_another_code(failing):
    with (
        pytest.raises(AssertionError) as caught,
        fails_with(code="connect-timeout-deadline"),
    ):
        connect(failing.refusing())
    assert str(caught.value).startswith(
        "expected: connect-timeout-deadline; it was connect-refused-reset\n"
    )
    assert type(caught.value.__cause__) is ClientError


def test_nothing_fails():
    expected = pytest.raises(AssertionError, match="nothing failed")
    with expected, fails_with(code=("a", "b")):
        pass


def test_not_a_failure_of_a_socket():
    expected = pytest.raises(AssertionError, match="ValueError has no failure")
    with expected, fails_with():
        raise ValueError


def test_another_class_passes_through(failing):
    with pytest.raises(ClientError), fails_with(error=ValueError):
        connect(failing.refusing())
    with pytest.raises(KeyboardInterrupt), fails_with():
        raise KeyboardInterrupt


def test_install_that_was_there_stays(failing):
    pysock.install()
    try:
        with fails_with():
            connect(failing.refusing())
        assert noting.active
    finally:
        pysock.uninstall()


def test_typed_face(failing):
    with fails_with(code="connect-refused-reset"):
        pysock.create_connection(failing.refusing(), 5)


def test_blocks_that_overlap(failing):
    """As those of two tasks: the end of one takes nothing from the other."""
    address = failing.refusing()
    one, other = fails_with(), fails_with(code="connect-refused-reset")
    with pytest.raises(AssertionError, match="nothing failed"), one:
        other.__enter__()
    with pytest.raises(ClientError) as caught:
        connect(address)
    error = caught.value
    assert other.__exit__(ClientError, error, error.__traceback__)
    assert other.details.errno == 111
    assert not noting.active
