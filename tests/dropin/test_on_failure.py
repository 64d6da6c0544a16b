"""on_failure(): every failure, once, and nothing that is none."""

import socket as standard
import sys
import threading

import pytest

import pysock
from pysock import errors
from support import child
from support.loopback import reset
from support.noted import FAIL
from support.queued import (
    closed_address,
    listener,
    open_descriptors,
    resolving,
    silent_address,
)


@pytest.fixture
def heard():
    events = []
    stop = pysock.on_failure(events.append)
    yield events
    stop()


@pytest.fixture
def complaints(monkeypatch):
    """What arrived at sys.unraisablehook: exception, and whose it is."""
    seen = []

    def hook(args):
        # From 3.13 on the text names the object.
        seen.append((args.exc_value, f"{args.err_msg} {args.object!r}"))

    monkeypatch.setattr(sys, "unraisablehook", hook)
    return seen


def refused():
    with closed_address() as address, pysock.socket() as sock:
        with pytest.raises(errors.ConnectRefusedError) as caught:
            sock.connect(address)
        return caught.value


def test_it_is_the_exception_that_is_raised(heard):
    error = refused()
    assert heard == [error]
    assert heard[0].code == "connect-refused-reset"
    assert heard[0].to_dict()["address"] == list(error.address)


def test_what_is_no_failure_is_not_heard(heard):
    with listener(timeout=0) as sock, pysock.socket() as client:
        with pytest.raises(errors.AcceptWouldBlockError):
            sock.accept()
        client.setblocking(False)
        with pytest.raises(errors.ConnectInProgressError):
            client.connect(sock.getsockname())
        accepted, _ = take(sock)
        with accepted:
            for call in (
                lambda: client.recv(1),
                lambda: client.recv_into(bytearray(1)),
                lambda: client.recvfrom(1),
            ):
                with pytest.raises(errors.TransferWouldBlockError):
                    call()
    with closed_address() as address, pysock.socket() as client:
        assert client.connect_ex(address)
    assert heard == []


def take(sock):
    sock.settimeout(5)
    return sock.accept()


def test_a_timeout_and_a_reset_are_heard(heard):
    with (
        listener() as sock,
        pysock.create_connection(sock.getsockname()) as client,
    ):
        accepted, _ = take(sock)
        client.settimeout(0.01)
        with pytest.raises(errors.TransferTimeoutError):
            client.recv(1)
        client.settimeout(5)
        reset(accepted)
        with pytest.raises(errors.PeerResetError):
            client.recv_exactly(2)
    assert [type(error).__name__ for error in heard] == [
        "TransferTimeoutError",
        "PeerResetError",
    ]


def test_an_early_end_is_heard(heard):
    with (
        listener() as sock,
        pysock.create_connection(sock.getsockname()) as client,
    ):
        take(sock)[0].close()
        with pytest.raises(errors.PeerClosedError) as caught:
            client.recv_exactly(2)
    assert heard == [caught.value]


def test_a_server_that_cannot_be_made_is_heard_once(heard):
    with listener() as sock:
        address = sock.getsockname()
        with pytest.raises(errors.AddressInUseError):
            pysock.create_server(address)
    (error,) = heard
    assert (error.call, error.address) == ("bind", address)


def test_a_name_is_heard_once(heard):
    with pytest.raises(errors.ResolveError):
        pysock.getaddrinfo("nothing.invalid", 80)
    with pysock.socket() as sock, pytest.raises(errors.ResolveError):
        sock.connect(("nothing.invalid", 80))
    assert [type(error) for error in heard] == [errors.ResolveError] * 2


@pytest.mark.parametrize("delay", [None, 0.05])
def test_each_address_is_heard(heard, delay):
    with (
        closed_address() as one,
        closed_address() as other,
        resolving(one, other),
        pytest.raises(errors.ConnectRefusedError),
    ):
        pysock.create_connection(("name", 80), happy_eyeballs_delay=delay)
    assert [error.address for error in heard] == [one, other]


def test_the_last_descriptor_is_heard(heard):
    done = child.run(
        """
        import resource, pysock
        heard = []
        pysock.on_failure(lambda error: heard.append(error.code))
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
        try:
            pysock.socket()
        except OSError as error:
            print(heard == [error.code], *heard)
        """
    )
    assert done.stdout.startswith("True ")
    assert heard == []


def test_what_a_callback_raises_goes_to_unraisablehook(heard, complaints):
    class OfTheCallback(Exception):
        pass

    def fail(error):
        raise OfTheCallback(error.code)

    stop = pysock.on_failure(fail)
    later = []
    stop_later = pysock.on_failure(later.append)
    error = refused()
    stop()
    stop_later()
    ((problem, owner),) = complaints
    assert isinstance(problem, OfTheCallback)
    assert problem.args == ("connect-refused-reset",)
    assert f"{fail!r}, given to pysock.on_failure" in owner
    assert heard == later == [error]


def test_a_failure_inside_a_callback_is_not_heard(complaints):
    heard = []

    def fail_too(error):
        heard.append(error)
        refused()

    stop = pysock.on_failure(fail_too)
    error = refused()
    assert heard == [error]
    assert not complaints
    other = refused()
    assert heard == [error, other]
    stop()


def test_a_failure_of_another_thread_meanwhile_is_heard():
    heard = []
    inside, go_on = threading.Event(), threading.Event()

    def wait_once(error):
        heard.append(error)
        if len(heard) == 1:
            inside.set()
            assert go_on.wait(20)

    stop = pysock.on_failure(wait_once)
    thread = threading.Thread(target=refused)
    thread.start()
    assert inside.wait(20)
    error = refused()
    go_on.set()
    thread.join(20)
    stop()
    assert len(heard) == 2
    assert heard[1] is error


def test_stopped_it_is_silent_and_a_second_stop_is_none(heard):
    again = []
    stop = pysock.on_failure(again.append)
    twice = pysock.on_failure(again.append)
    stop()
    stop()
    error = refused()
    twice()
    assert again == heard == [error]
    refused()
    assert again == [error]


def test_only_what_can_be_called():
    with pytest.raises(TypeError, match="not callable: 5"):
        pysock.on_failure(5)


def test_a_callback_leaves_no_descriptor(heard):
    before = open_descriptors()
    with silent_address() as address, pysock.socket() as sock:
        sock.settimeout(0.01)
        with pytest.raises(errors.ConnectTimeoutError):
            sock.connect(address)
    assert [error.code for error in heard] == ["connect-timeout-deadline"]
    assert open_descriptors() == before


def test_the_noted_face_is_heard_too():
    done = child.run(
        FAIL
        + """
    heard = []
    pysock.on_failure(heard.append)
    refused()
    assert heard == []
    pysock.install()
    error = refused()
    assert heard == [pysock.details(error)], heard
    try:
        socket.getaddrinfo("nothing.invalid", 80)
    except OSError as exc:
        assert heard[1:] == [pysock.details(exc)], heard
    with socket.create_server(("127.0.0.1", 0)) as sock:
        try:
            socket.create_server(sock.getsockname())
        except OSError as exc:
            assert heard[2:] == [pysock.details(exc)], heard
        sock.setblocking(False)
        try:
            sock.accept()
        except BlockingIOError:
            pass
    print(*[failure.code for failure in heard])
    """
    )
    codes = done.stdout.split()
    assert len(codes) == 3
    assert codes[0] == "connect-refused-reset"


def test_asyncio_is_heard_once_and_a_cancellation_is_not():
    with closed_address() as refusing, silent_address() as silent:
        done = child.run(
            """
            import asyncio, sys, pysock
            heard = []
            pysock.on_failure(lambda error: heard.append(error.code))
            pysock.install()

            async def main(host, refusing, silent):
                try:
                    await asyncio.open_connection(host, refusing)
                except OSError:
                    pass
                waiting = asyncio.open_connection(host, silent)
                try:
                    await asyncio.wait_for(waiting, 0.05)
                except TimeoutError as error:
                    assert pysock.details(error) is not None

            asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:])))
            print(*heard)
            """,
            "127.0.0.1",
            refusing[1],
            silent[1],
        )
    assert done.stdout.split() == ["connect-refused-reset"]


def test_tls_is_heard_once():
    done = child.run(
        """
        import socket, ssl, pysock
        heard = []
        pysock.on_failure(heard.append)
        pysock.install()
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname()) as client,
        ):
            server.accept()[0].close()
            context = ssl.create_default_context()
            try:
                context.wrap_socket(client, server_hostname="localhost")
            except OSError as error:
                assert heard == [pysock.details(error)], heard
        print(*[failure.code for failure in heard])
        """
    )
    assert done.stdout.split() == ["tls-closed"]


def test_the_standard_class_alone_is_silent(heard):
    with (
        closed_address() as address,
        standard.socket() as sock,
        pytest.raises(ConnectionRefusedError),
    ):
        sock.connect(address)
    assert heard == []


@pytest.mark.parametrize("face", ["typed", "noted"])
def test_repr_of_a_socket_is_no_failure(face):
    """It asks for the peer's address, and there may be none."""
    child.run(
        """
        import pysock, socket, sys
        if sys.argv[1] == "noted":
            pysock.install()
        heard = []
        pysock.on_failure(heard.append)
        kind = socket.socket if sys.argv[1] == "noted" else pysock.socket
        with kind() as sock:
            plain = repr(sock)
            assert "raddr" not in plain and not heard, (plain, heard)
            try:
                sock.getpeername()
            except OSError as error:
                assert pysock.details(error).code == "not-connected"
        assert [error.call for error in heard] == ["getpeername"]
        """,
        face,
    )
