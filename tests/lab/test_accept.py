"""Every accept that fails, and what a listener's full queues look like.

What Linux does not give on demand is made by seccomp; see failing_calls.
"""

import contextlib
import errno
import os
import pickle
import resource
import select
import socket as standard
import struct
from pathlib import Path

import pytest

import pysock
from lab import failing_calls
from lab.failing_calls import call_with_failing
from lab.place import FAMILY, HERE, LOOPBACK
from lab.replies import Script
from lab.scenarios import IMPATIENT
from pysock import TcpState, errors
from pysock.errors.errno_names import errno_name
from support import requirements

pytest_plugins = ["lab.fixtures"]
pytestmark = pytest.mark.lab

OPEN = Path("/proc/self/fd")
BLOCKING, TIMEOUT, NONBLOCKING = None, 5.0, 0.0
every_mode = pytest.mark.parametrize(
    "timeout", [BLOCKING, TIMEOUT, NONBLOCKING], ids=str
)

# What accept(2) may give, and what becomes of it.
ERRNOS = {
    errno.ECONNABORTED: ("17", errors.AcceptAbortedError),
    errno.EPROTO: ("17", errors.AcceptAbortedError),
    errno.ENETDOWN: ("18", errors.AcceptNetworkError),
    errno.ENETUNREACH: ("18", errors.AcceptNetworkError),
    errno.EHOSTDOWN: ("18", errors.AcceptNetworkError),
    errno.EHOSTUNREACH: ("18", errors.AcceptNetworkError),
    errno.ENONET: ("18", errors.AcceptNetworkError),
    errno.ENOPROTOOPT: ("18", errors.AcceptNetworkError),
    errno.EOPNOTSUPP: ("18", errors.AcceptNetworkError),
    errno.EMFILE: ("19", errors.DescriptorLimitError),
    errno.ENFILE: ("19", errors.DescriptorLimitError),
    errno.ENOBUFS: ("19", errors.ResourceLimitError),
    errno.ENOMEM: ("19", errors.ResourceLimitError),
    errno.EPERM: ("-", errors.AcceptError),
    errno.EINVAL: ("16a", errors.AcceptError),
}
ORIGINS = {
    "16a": "caller",
    "17": "peer",
    "18": None,
    "19": "limit",
    "-": None,
}

every_errno = pytest.mark.parametrize(
    "number",
    ERRNOS,
    ids=lambda n: f"row_{ERRNOS[n][0]}-{errno_name(n)}",
)


@pytest.fixture(scope="module")
def seccomp():
    reason = failing_calls.missing()
    if reason is not None:
        requirements.skip_or_fail(reason)


@pytest.fixture
def listener(version):
    with pysock.socket(FAMILY[version]) as sock:
        sock.bind((LOOPBACK[version], 0))
        sock.listen()
        yield sock


@pytest.fixture
def client(listener, version):
    """A connection that waits in the queue."""
    with standard.socket(FAMILY[version]) as sock:
        sock.connect(listener.getsockname())
        select.select([listener], [], [], 5)
        yield sock


@every_errno
@every_mode
def test_accept_fails(
    seccomp, version, listener, client, number, timeout, request
):
    row, kind = ERRNOS[number]
    listener.settimeout(timeout)
    with pytest.raises(errors.AcceptError) as caught:
        call_with_failing(
            "accept4", listener.fileno(), number, listener.accept
        )
    error = caught.value
    check(error, kind, number, listener, ORIGINS[row])
    # The real kernel still has the connection.
    accepted, _ = listener.accept()
    accepted.close()
    if timeout is BLOCKING and row != "-":
        note_in_table(request, row, errno_name(number), version, error)


@every_errno
def test_raw_accept_fails(seccomp, listener, client, number):
    with pytest.raises(errors.AcceptError) as caught:
        call_with_failing(
            "accept4",
            listener.fileno(),
            number,
            lambda: pysock.raw.accept(listener.fileno()),
        )
    assert type(caught.value) is class_of(ERRNOS[number][1], number)
    assert caught.value.local_address == listener.getsockname()


@every_errno
def test_accept_many_fails(seccomp, listener, client, number):
    row, kind = ERRNOS[number]
    listener.settimeout(5)
    with pytest.raises(errors.AcceptError) as caught:
        call_with_failing(
            "accept4", listener.fileno(), number, listener.accept_many
        )
    check(caught.value, kind, number, listener, ORIGINS[row])
    [(accepted, _)] = listener.accept_many()
    accepted.close()


class Enough(Exception):
    """Ends a loop that would go on, as it should."""


@pytest.mark.parametrize(
    "number",
    # EOPNOTSUPP may also mean that this is no listener for streams.
    [
        n
        for n in ERRNOS
        if ERRNOS[n][0] not in ("16a", "-") and n != errno.EOPNOTSUPP
    ],
    ids=lambda n: f"row_{ERRNOS[n][0]}-{errno_name(n)}",
)
def test_accept_loop_survives(seccomp, listener, client, number):
    """It says so to on_error, waits if that is what helps, and goes on."""
    said = []

    def on_error(error, stats):
        said.append(type(error))
        if len(said) == 3:
            raise Enough

    def serve():
        loop = pysock.accept_loop(listener, on_error=on_error)
        try:
            next(loop)
        except Enough:
            return loop.stats
        finally:
            loop.close()

    stats = call_with_failing("accept4", listener.fileno(), number, serve)
    kind = ERRNOS[number][1]
    assert said == [class_of(kind, number)] * 3
    assert stats.errors == 3
    # It does not spin where nothing but time helps, and loses none where the
    # next connection may be there.
    assert stats.pauses or ERRNOS[number][0] != "19"
    assert not stats.pauses or ERRNOS[number][0] != "17"
    accepted, _ = listener.accept()
    accepted.close()


def check(error, kind, number, listener, origin):
    assert type(error) is class_of(kind, number)
    assert error.args == (number, os.strerror(number))
    assert error.call == "accept"
    assert error.address is None
    assert error.local_address == listener.getsockname()
    assert error.tcp_info.state is TcpState.LISTEN
    assert (error.origin and error.origin.kind) == origin
    host, port = error.local_address[:2]
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    text = os.strerror(number)
    assert str(error) == f"[Errno {number}] {text}: accept {where}"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.to_dict() == error.to_dict()


def class_of(kind, number):
    """The row's class, and the builtin of the errno where that is another."""
    return errors.variant(kind, type(OSError(number, "")))


def note_in_table(request, row, name, version, error):
    request.getfixturevalue("lab_table")(row, name, version, error)


def test_row_16_nothing_waits(version, listener, lab_table):
    listener.settimeout(0)
    with pytest.raises(errors.AcceptWouldBlockError) as would_block:
        listener.accept()
    listener.settimeout(0.05)
    with pytest.raises(errors.AcceptTimeoutError) as timed_out:
        listener.accept()
    assert would_block.value.errno == errno.EAGAIN
    assert timed_out.value.errno == errno.ETIMEDOUT
    assert timed_out.value.origin.kind == "deadline"
    assert timed_out.value.local_address == listener.getsockname()
    lab_table("16", "would-block", version, would_block.value)
    lab_table("16", "timeout", version, timed_out.value)


@every_mode
def test_row_17_reset_in_the_queue_is_handed_over(
    version, listener, client, timeout
):
    """Linux gives the dead connection, with the address of its peer."""
    listener.settimeout(timeout)
    there = client.getsockname()
    client.setsockopt(
        standard.SOL_SOCKET, standard.SO_LINGER, struct.pack("ii", 1, 0)
    )
    client.close()
    accepted, address = listener.accept()
    with accepted:
        assert address == there
        assert accepted.tcp_state() is TcpState.CLOSE
        with pytest.raises(errors.PeerResetError) as caught:
            accepted.recv(1)
    assert caught.value.address == there
    assert caught.value.origin.kind == "peer"
    assert caught.value.local_address == listener.getsockname()


@every_mode
def test_row_17_data_that_came_before_the_reset(
    version, listener, client, timeout
):
    client.send(b"last words")
    client.setsockopt(
        standard.SOL_SOCKET, standard.SO_LINGER, struct.pack("ii", 1, 0)
    )
    client.close()
    listener.settimeout(timeout)
    accepted, _ = listener.accept()
    with accepted:
        assert accepted.recv(100) == b"last words"
        with pytest.raises(errors.PeerResetError):
            accepted.recv(1)


@every_mode
def test_row_19_descriptor_limit(version, listener, client, timeout):
    """EMFILE by the real kernel; the connection stays in the queue."""
    listener.settimeout(timeout)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.ExitStack() as fillers:
        fillers.callback(
            resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard)
        )
        highest = max(int(path.name) for path in OPEN.iterdir())
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
        with contextlib.suppress(OSError):
            while True:
                fillers.callback(os.close, os.dup(0))
        with pytest.raises(errors.DescriptorLimitError) as caught:
            listener.accept()
        with pytest.raises(errors.DescriptorLimitError) as making:
            pysock.socket(FAMILY[version])
    check(
        caught.value, errors.DescriptorLimitError, errno.EMFILE, listener,
        "limit",
    )  # fmt: skip
    assert making.value.errno == errno.EMFILE
    assert making.value.call == "socket"
    accepted, _ = listener.accept()
    accepted.close()


def test_row_14_with_cookies_the_queue_is_never_full(place, version):
    """tcp_syncookies=1: a client connects although the SYN queue is full."""
    place.namespace.sysctl("net.ipv4.tcp_syncookies", 1)
    with pysock.socket(FAMILY[version]) as listener:
        listener.bind((HERE[version], 0))
        listener.listen(1)
        for _ in range(4):
            place.far_end.start_handshake(version, listener.getsockname())
        with pysock.create_connection(listener.getsockname()[:2], 5) as sock:
            assert sock.tcp_state() is TcpState.ESTABLISHED
            accepted, _ = listener.accept()
            accepted.close()


def test_row_15_the_queue_becomes_full_after_the_syn_ack(place, version):
    """abort_on_overflow: a connect that succeeded, and then a RST."""
    place.namespace.sysctl("net.ipv4.tcp_abort_on_overflow", 1)
    with pysock.socket(FAMILY[version]) as listener:
        listener.bind((HERE[version], 0))
        listener.listen(0)
        late = place.far_end.start_handshake(version, listener.getsockname())
        with pysock.create_connection(listener.getsockname()[:2], 5):
            # The queue holds one, and that is it; now the third segment.
            late.finish()
            assert late.was_reset()


def test_row_15_the_client_connects_and_waits(place, version):
    """The final ACK is dropped: to the client it looks established."""
    with pysock.socket(FAMILY[version]) as listener:
        listener.bind((HERE[version], 0))
        listener.listen(0)
        late = place.far_end.start_handshake(version, listener.getsockname())
        with pysock.create_connection(listener.getsockname()[:2], 5):
            late.finish()
            assert not late.was_reset(within=0.2)
            accepted, _ = listener.accept()
            accepted.close()
            # The server repeats its SYN-ACK, the client its ACK.
            late.finish()
            accepted, address = listener.accept()
            accepted.close()
            assert address[:2] == late.address


def test_listener_closed_with_connections_in_its_queue(version):
    """Their clients get a RST."""
    with pysock.socket(FAMILY[version]) as listener:
        listener.bind((LOOPBACK[version], 0))
        listener.listen()
        client = pysock.create_connection(listener.getsockname()[:2], 5)
    with client, pytest.raises(errors.PeerResetError):
        client.recv(1)


def test_queue_is_full_on_this_machine(place, version):
    """Row 15 leaves its marks where the listener is."""
    with pysock.socket(FAMILY[version]) as listener:
        listener.bind((HERE[version], 0))
        listener.listen(0)
        where = listener.getsockname()
        with (
            pysock.create_connection(where[:2], 5),
            pysock.socket(FAMILY[version]) as second,
        ):
            for option in IMPATIENT:
                second.setsockopt(*option)
            with pytest.raises(errors.ConnectTimeoutError) as caught:
                second.connect(where)
            info = listener.tcp_info()
    assert caught.value.address == where
    assert (info.unacked, info.sacked) == (1, 0)  # the queue, and its limit


@pytest.mark.parametrize("number", [errno.EINTR, errno.EIO])
@pytest.mark.parametrize("how", ["socket", "raw"])
def test_close_fails(seccomp, version, number, how):
    """EIO and EINTR of close: said, and never repeated."""
    sock = pysock.socket(FAMILY[version])
    fd = sock.fileno()
    close = sock.close if how == "socket" else lambda: pysock.raw.close(fd)
    with pytest.raises(errors.SocketError) as caught:
        call_with_failing("close", fd, number, close)
    assert caught.value.errno == number
    assert caught.value.call == "close"
    assert isinstance(caught.value, type(OSError(number, "")))
    os.fstat(fd)  # the filter kept the kernel from closing it
    os.close(fd)
    sock.detach()


def test_connect_denied_by_policy(seccomp, place, version, lab_table):
    """EPERM of connect: no packet filter gives it, a policy may."""
    address = place.host(version, Script())
    with pysock.socket(FAMILY[version]) as sock:
        with pytest.raises(errors.ConnectDeniedError) as caught:
            call_with_failing(
                "connect",
                sock.fileno(),
                errno.EPERM,
                lambda: sock.connect(address),
            )
        assert os.get_blocking(sock.fileno())
    error = caught.value
    assert error.errno == errno.EPERM
    assert error.origin.kind == "policy"
    assert error.address == address
    lab_table("7", "denied-by-policy", version, error)
