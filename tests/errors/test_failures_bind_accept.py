"""Rows 11 to 19 of the table of failures that loopback can make."""

import errno
import os
import socket
import time
from pathlib import Path

import pytest

import pysock
from pysock import TcpState, errors
from support import child, loopback
from support.failure_check import caught, check
from support.loopback import BLOCKING, NONBLOCKING, TIMEOUT
from support.requirements import skip_or_fail


def test_bind_to_a_taken_port(family, listener):
    address = listener.getsockname()

    def script(module):
        with module.socket(family.number) as sock:
            return caught(sock.bind, address)

    check(
        script(pysock),
        script(socket),
        errors.AddressInUseError,
        number=errno.EADDRINUSE,
        call="bind",
        group=errors.BindError,
        address=address,
        origin="limit",
    )


def test_listen_on_a_taken_port(family):
    """Two may bind with SO_REUSEADDR; the second listen fails."""

    def script(module):
        with module.socket(family.number) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((family.host, 0))
            with module.socket(family.number) as two:
                two.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                two.bind(one.getsockname())
                one.listen()
                return caught(two.listen), two.getsockname()

    error, here = script(pysock)
    check(
        error,
        script(socket)[0],
        errors.AddressInUseError,
        number=errno.EADDRINUSE,
        call="listen",
        local_address=here,
        origin="limit",
    )


def test_create_server_on_a_taken_port(family, listener):
    address = listener.getsockname()
    twin = caught(socket.create_server, address, family=family.number)
    error = caught(pysock.create_server, address, family=family.number)
    check(
        error,
        twin,
        errors.AddressInUseError,
        number=errno.EADDRINUSE,
        call="bind",
        group=errors.BindError,
        address=address,
        origin="limit",
    )


def test_bind_to_an_address_of_nobody(family):
    def script(module):
        with module.socket(family.number) as sock:
            return caught(sock.bind, (family.nowhere, 0))

    check(
        script(pysock),
        script(socket),
        errors.AddressUnavailableError,
        number=errno.EADDRNOTAVAIL,
        call="bind",
        group=errors.BindError,
        address=(family.nowhere, 0),
        origin="caller",
    )


def test_bind_twice(family):
    def script(module):
        with module.socket(family.number) as sock:
            sock.bind((family.host, 0))
            return caught(sock.bind, (family.host, 0))

    check(
        script(pysock),
        script(socket),
        errors.BindError,
        number=errno.EINVAL,
        call="bind",
        origin="caller",
    )


def test_bind_to_a_privileged_port(family):
    """In a child that gave up being root, if this is root."""
    if os.geteuid() != 0 and not _port_80_is_privileged():
        skip_or_fail("net.ipv4.ip_unprivileged_port_start is 80 or less")
    child.run(
        """
        import os, socket, sys
        import pysock
        from support.failure_check import caught, check

        family, host = int(sys.argv[1]), sys.argv[2]
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
        found = []
        for module in (socket, pysock):
            with module.socket(family) as sock:
                found.append(caught(sock.bind, (host, 80)))
        check(
            found[1], found[0], pysock.errors.BindDeniedError, number=13,
            call="bind", group=pysock.errors.BindError, address=(host, 80),
            origin="policy",
        )
        """,
        int(family.number),
        family.host,
        env={"PYTHONPATH": str(Path(__file__).parent.parent)},
    )


def _port_80_is_privileged():
    start = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    return int(start.read_text()) > 80


def accept_on_empty(module, family, timeout):
    with loopback.listen(module, family) as sock:
        sock.settimeout(timeout)
        return caught(sock.accept), sock.getsockname()


def test_accept_would_block(family):
    error, _ = accept_on_empty(pysock, family, NONBLOCKING)
    check(
        error,
        accept_on_empty(socket, family, NONBLOCKING)[0],
        errors.AcceptWouldBlockError,
        number=errno.EAGAIN,
        call="accept",
        group=errors.AcceptError,
        address=None,
        origin=None,
    )
    assert error.tcp_info is None


def test_accept_timeout(family):
    started = time.monotonic()
    error, here = accept_on_empty(pysock, family, 0.05)
    assert time.monotonic() - started >= 0.05
    check(
        error,
        accept_on_empty(socket, family, 0.05)[0],
        errors.AcceptTimeoutError,
        number=errno.ETIMEDOUT,
        call="accept",
        group=errors.AcceptError,
        address=None,
        local_address=here,
        origin="deadline",
    )
    assert error.elapsed == pytest.approx(0.05, abs=0.01)
    assert error.tcp_info.accept_queue_length == 0


def test_reset_in_the_queue_is_handed_over_dead(family, listener):
    """On Linux accept gives the connection, and its first call the RST."""
    client = socket.socket(family.number)
    client.connect(listener.getsockname())
    here = client.getsockname()
    loopback.reset(client)
    sock, peer = listener.accept()
    with sock:
        assert peer == here
        assert sock.tcp_state() == TcpState.CLOSE
        error = caught(sock.recv, 1)
        check(
            error,
            ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
            errors.PeerResetError,
            number=errno.ECONNRESET,
            call="recv",
            address=peer,
            origin="peer",
        )


@pytest.mark.parametrize("timeout", [BLOCKING, TIMEOUT, NONBLOCKING])
def test_accept_on_what_does_not_listen(family, timeout):
    def script(module):
        with module.socket(family.number) as sock:
            sock.bind((family.host, 0))
            sock.settimeout(timeout)
            return caught(sock.accept), sock.getsockname()

    error, here = script(pysock)
    check(
        error,
        script(socket)[0],
        errors.AcceptError,
        number=errno.EINVAL,
        call="accept",
        local_address=here,
    )


def test_accept_on_udp_is_not_an_accept_error(family):
    """Not TCP: as in the standard module, exceptions included."""

    def script(module):
        with module.socket(family.number, socket.SOCK_DGRAM) as sock:
            sock.bind((family.host, 0))
            return caught(sock.accept)

    error, twin = script(pysock), script(socket)
    assert type(error) is type(twin) is OSError
    assert error.args == twin.args


def test_accept_on_a_closed_unix_socket_says_closed():
    sock = pysock.socket(socket.AF_UNIX)
    sock.close()
    assert type(caught(sock.accept)) is errors.ClosedSocketError


LOW_LIMIT = """
    import gc, os, resource, socket, sys
    import pysock
    from support import loopback
    from support.failure_check import caught, check
    from pysock.errors import AcceptError, DescriptorLimitError

    family = [loopback.IPV4, loopback.IPV6][int(sys.argv[1])]
    timeout = eval(sys.argv[2])
    with loopback.listen(pysock, family) as listener:
        client = socket.socket(family.number)
        client.connect(listener.getsockname())
        listener.settimeout(timeout)
        loopback.wait_readable(listener)
        twin = socket.socket(fileno=os.dup(listener.fileno()))
        twin.settimeout(timeout)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (twin.fileno() + 1, hard))
        made, plain = caught(pysock.socket), caught(socket.socket)
        failed, standard = caught(listener.accept), caught(twin.accept)
        dupped, plainly = caught(listener.dup), caught(twin.dup)
        paired = caught(pysock.socketpair)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        common = dict(number=24, group=AcceptError, origin="limit")
        check(
            failed, standard, DescriptorLimitError, call="accept",
            local_address=listener.getsockname(), **common,
        )
        check(made, plain, DescriptorLimitError, call="socket", **common)
        check(dupped, plainly, DescriptorLimitError, call="dup", **common)
        assert isinstance(paired, OSError) and paired.errno == 24
        # It stayed queued.
        listener.accept()[0].close()
        client.close()
        twin.close()
"""


@pytest.mark.parametrize("timeout", [BLOCKING, TIMEOUT, NONBLOCKING])
def test_no_descriptor_left(family, timeout):
    child.run(
        LOW_LIMIT,
        [loopback.IPV4, loopback.IPV6].index(family),
        timeout,
        env={"PYTHONPATH": str(Path(__file__).parent.parent)},
    )
