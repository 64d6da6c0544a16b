"""Rows 1 to 10 of the table of failures that loopback can make.

Each is made by the kernel twice, with the standard module and with pysock,
and the two exceptions are compared.
"""

import errno
import os
import select
import socket
import time

import pytest

import pysock
from pysock import TcpState, errors
from support.failure_check import (
    caught,
    check,
    check_what_a_blocking_failure_loses,
)
from support.loopback import (
    BLOCKING,
    NONBLOCKING,
    TIMEOUT,
    listen,
    refusing,
    state_of,
    wait_for_state,
    wait_until,
    wait_writable,
)

WAITING = pytest.mark.parametrize(
    "timeout", [BLOCKING, TIMEOUT], ids=["blocking", "timeout"]
)

# In the standard module a timeout on connect is EAGAIN from connect_ex.
CONNECT_EX_TIMED_OUT = errno.EAGAIN


def open_socket(module, family, timeout):
    sock = module.socket(family.number)
    sock.settimeout(timeout)
    return sock


def refused(module, family, address, timeout):
    with open_socket(module, family, timeout) as sock:
        return caught(sock.connect, address)


@WAITING
def test_refused(family, refusing_address, timeout):
    twin = refused(socket, family, refusing_address, timeout)
    started = time.monotonic()
    error = refused(pysock, family, refusing_address, timeout)
    took = time.monotonic() - started
    check(
        error,
        twin,
        errors.ConnectRefusedError,
        number=errno.ECONNREFUSED,
        call="connect",
        group=errors.ConnectError,
        address=refusing_address,
        origin="peer",
    )
    assert 0 < error.elapsed <= took
    assert error.tcp_info.state == TcpState.CLOSE
    assert error.tcp_info.retransmits == 0
    if timeout is None:
        check_what_a_blocking_failure_loses(error)
        return
    assert error.local_address[0] == family.host
    assert error.local_address[1] > 0
    # The SYN and nothing else went out.
    assert error.tcp_info.segs_out == 1


def test_after_a_refusal_a_blocking_socket_connects_at_once(
    family, refusing_address, listener
):
    with pysock.socket(family.number) as sock:
        for _ in range(3):
            error = caught(sock.connect, refusing_address)
            assert type(error) is errors.ConnectRefusedError
            assert sock.getblocking()
        sock.connect(listener.getsockname())
        assert sock.getpeername() == listener.getsockname()


@WAITING
def test_retries_after_a_refusal_end_as_in_the_standard_module(
    family, refusing_address, listener, timeout
):
    def script(module):
        with open_socket(module, family, timeout) as sock:
            good = listener.getsockname()
            addresses = [refusing_address] * 3 + [good, good, good]
            return [sock.connect_ex(address) for address in addresses]

    assert script(pysock) == script(socket)


def test_nonblocking_refusal_is_read_by_take_error(family, refusing_address):
    with open_socket(pysock, family, NONBLOCKING) as sock:
        progress = caught(sock.connect, refusing_address)
        assert type(progress) is errors.ConnectInProgressError
        wait_writable(sock)
        error = sock.take_error()
        check(
            error,
            ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
            errors.ConnectRefusedError,
            number=errno.ECONNREFUSED,
            call="connect",
            group=errors.ConnectError,
            address=refusing_address,
            origin="peer",
        )
        assert error.elapsed > 0
        assert error.tcp_info.segs_out == 1
        assert sock.take_error() is None


def test_nonblocking_refusal_is_read_by_a_second_connect(
    family, refusing_address
):
    def script(module):
        with open_socket(module, family, NONBLOCKING) as sock:
            caught(sock.connect, refusing_address)
            wait_writable(sock)
            return caught(sock.connect, refusing_address)

    error = script(pysock)
    check(
        error,
        script(socket),
        errors.ConnectRefusedError,
        number=errno.ECONNREFUSED,
        call="connect",
        address=refusing_address,
        origin="peer",
    )
    # The second connect(2) brought the verdict and wiped the rest out.
    check_what_a_blocking_failure_loses(error)
    assert error.elapsed > 0


def test_connect_after_take_error_blames_nobody(family, refusing_address):
    """The kernel says ECONNABORTED when the errno was taken before."""

    def script(module):
        with open_socket(module, family, NONBLOCKING) as sock:
            caught(sock.connect, refusing_address)
            wait_writable(sock)
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            return caught(sock.connect, refusing_address)

    check(
        script(pysock),
        script(socket),
        errors.ConnectError,
        number=errno.ECONNABORTED,
        call="connect",
        origin=None,
    )


def test_connect_ex_gives_the_errnos_of_the_standard_module(
    family, refusing_address, silent_address, listener
):
    def script(module):
        results = []
        for timeout in (BLOCKING, TIMEOUT, NONBLOCKING):
            with open_socket(module, family, timeout) as sock:
                results.append(sock.connect_ex(refusing_address))
            with open_socket(module, family, timeout) as sock:
                results.append(sock.connect_ex(listener.getsockname()))
                wait_for_state(sock, TcpState.ESTABLISHED)
                results += [
                    sock.connect_ex(listener.getsockname()) for _ in range(3)
                ]
            results.append(sock.connect_ex(listener.getsockname()))
        with open_socket(module, family, 0.02) as sock:
            results.append(sock.connect_ex(silent_address))
            results.append(sock.connect_ex(silent_address))
        return results

    results = script(pysock)
    assert results == script(socket)
    assert errno.ECONNREFUSED in results
    assert errno.EBADF in results
    assert results[-2:] == [CONNECT_EX_TIMED_OUT, errno.EALREADY]


def test_deadline(family, silent_address):
    with open_socket(socket, family, 0.05) as sock:
        twin = caught(sock.connect, silent_address)
    with open_socket(pysock, family, 0.05) as sock:
        error = caught(sock.connect, silent_address)
        here = sock.getsockname()
        assert sock.gettimeout() == 0.05
    check(
        error,
        twin,
        errors.ConnectTimeoutError,
        number=errno.ETIMEDOUT,
        call="connect",
        group=errors.ConnectError,
        address=silent_address,
        local_address=here,
        origin="deadline",
    )
    assert 0.05 <= error.elapsed < 2
    assert error.tcp_info.state == TcpState.SYN_SENT


def test_after_the_deadline_the_attempt_goes_on(
    family, full_queue, silent_address
):
    with open_socket(pysock, family, 0.05) as sock:
        caught(sock.connect, silent_address)
        assert state_of(sock) == TcpState.SYN_SENT
        assert not select.select([], [sock], [], 0)[1]
        full_queue.heal()
        # The next SYN goes out a second after the first.
        wait_writable(sock)
        assert sock.take_error() is None
        sock.connect(silent_address)
        error = caught(sock.connect, silent_address)
        assert type(error) is errors.AlreadyConnectedError


def test_create_connection_deadline(family, silent_address):
    twin = caught(socket.create_connection, silent_address[:2], 0.05)
    error = caught(pysock.create_connection, silent_address[:2], 0.05)
    check(
        error,
        twin,
        errors.ConnectTimeoutError,
        number=errno.ETIMEDOUT,
        call="connect",
        address=silent_address,
        origin="deadline",
    )


@pytest.mark.slow
@WAITING
def test_kernel_gives_up(family, silent_address, timeout):
    """One repetition of the SYN, and it takes three seconds all the same."""

    def script(module):
        with open_socket(module, family, timeout and 30.0) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
            return caught(sock.connect, silent_address)

    error = script(pysock)
    check(
        error,
        script(socket),
        errors.ConnectTimeoutError,
        number=errno.ETIMEDOUT,
        call="connect",
        address=silent_address,
        origin="timer",
    )
    assert error.tcp_info.retransmits >= 1
    if timeout is None:
        check_what_a_blocking_failure_loses(error)
    else:
        assert error.tcp_info.total_retrans == error.tcp_info.retransmits
    assert 0.9 < error.elapsed < 30


def test_in_progress_then_already(family, silent_address):

    def script(module):
        with open_socket(module, family, NONBLOCKING) as sock:
            return [caught(sock.connect, silent_address) for _ in range(2)]

    both = zip(script(pysock), script(socket), strict=True)
    for (error, twin), kind, number in zip(
        both,
        (errors.ConnectInProgressError, errors.ConnectAlreadyError),
        (errno.EINPROGRESS, errno.EALREADY),
        strict=True,
    ):
        check(
            error,
            twin,
            kind,
            number=number,
            call="connect",
            group=errors.ConnectError,
            address=silent_address,
            origin=None,
        )
        assert error.tcp_info is None


@pytest.mark.parametrize("timeout", [BLOCKING, TIMEOUT, NONBLOCKING])
def test_already_connected(family, listener, timeout):
    address = listener.getsockname()

    def script(module):
        with module.socket(family.number) as sock:
            sock.connect(address)
            sock.settimeout(timeout)
            here = sock.getsockname()
            return caught(sock.connect, address), here

    error, here = script(pysock)
    check(
        error,
        script(socket)[0],
        errors.AlreadyConnectedError,
        number=errno.EISCONN,
        call="connect",
        group=errors.ConnectError,
        address=address,
        local_address=here,
        origin="caller",
    )
    assert error.tcp_info.state == TcpState.ESTABLISHED


@pytest.mark.parametrize("timeout", [BLOCKING, TIMEOUT, NONBLOCKING])
def test_no_port_left_for_a_connect(family, timeout):
    """A port was chosen from which a connection there exists already."""
    with listen(socket, family) as target, socket.socket(family.number) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((family.host, 0))
        here = one.getsockname()
        one.connect(target.getsockname())

        def script(module):
            with module.socket(family.number) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(here)
                sock.settimeout(timeout)
                return caught(sock.connect, target.getsockname())

        error = script(pysock)
        check(
            error,
            script(socket),
            errors.AddressUnavailableError,
            number=errno.EADDRNOTAVAIL,
            call="connect",
            group=errors.ConnectError,
            address=target.getsockname(),
            origin="caller",
        )
        assert isinstance(error, errors.BindError)


def test_refused_over_and_over_leaks_nothing(family):
    """With the collector off: descriptors go when the names go."""
    with refusing(family) as address, pysock.socket(family.number) as probe:
        lowest = probe.fileno()
        probe.close()
        for _ in range(200):
            caught(pysock.create_connection, address[:2])
        with pysock.socket(family.number) as probe:
            assert probe.fileno() == lowest


def test_wakes_when_the_queue_moves(family, full_queue, silent_address):
    """A blocking connect ends as soon as the handshake does."""
    with open_socket(pysock, family, NONBLOCKING) as sock:
        caught(sock.connect, silent_address)
        full_queue.heal()
        sock.setblocking(True)
        started = time.monotonic()
        sock.connect(silent_address)
        assert time.monotonic() - started < 5
        wait_until(lambda: sock.tcp_state() == TcpState.ESTABLISHED, "ESTAB")


def test_blocking_connect_that_completes_an_earlier_one_blocks_again(
    family, listener
):
    """connect(2) says 0 at once then: the mode is put back all the same."""
    with pysock.socket(family.number) as sock:
        sock.setblocking(False)
        assert sock.connect_ex(listener.getsockname()) == errno.EINPROGRESS
        wait_writable(sock)
        sock.setblocking(True)
        sock.connect(listener.getsockname())
        assert os.get_blocking(sock.fileno())
