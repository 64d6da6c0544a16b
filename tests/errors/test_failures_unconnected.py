"""Row 28 and half of row 9: reads and writes on what is not connected."""

import errno
import socket
import struct

import pytest

import pysock
from errors.test_failures_transfer import OWN, READS, WRITES, calls
from pysock import TcpState, errors
from support.failure_check import caught, check
from support.loopback import wait_for_state

UNCONNECTED = {
    **READS,
    "send": WRITES["send"],
    "sendall": WRITES["sendall"],
    "sendmsg": WRITES["sendmsg"],
    "sendfile": WRITES["sendfile"],
    "shutdown": lambda sock: sock.shutdown(socket.SHUT_RDWR),
    "getpeername": lambda sock: sock.getpeername(),
    **OWN,
}


@calls(UNCONNECTED)
@pytest.mark.parametrize("timeout", [None, 5.0, 0.0])
def test_not_connected(family, call, timeout):
    if call == "sendfile" and timeout == 0:
        timeout = None
    found = []
    for module in (pysock, socket):
        with module.socket(family.number) as sock:
            sock.settimeout(timeout)
            if module is pysock or call not in OWN:
                found.append(caught(UNCONNECTED[call], sock))
    writes = call.startswith("send")
    check(
        found[0],
        found[1] if call not in OWN else None,
        errors.NotConnectedError,
        number=errno.EPIPE if writes else errno.ENOTCONN,
        call=call,
        address=None,
        origin="caller",
    )


def test_failed_connect_noticed_by_a_read(family, refusing_address):
    """A non-blocking connect whose verdict nobody asked for."""
    with pysock.socket(family.number) as sock:
        sock.setblocking(False)
        caught(sock.connect, refusing_address)
        wait_for_state(sock, TcpState.CLOSE)
        error = caught(sock.recv, 1)
        check(
            error,
            ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
            errors.ConnectRefusedError,
            number=errno.ECONNREFUSED,
            call="recv",
            address=refusing_address,
            origin="peer",
        )


def test_take_error_of_a_reset_does_not_count_from_the_connect(family):
    with pysock.socket(family.number) as listener:
        listener.bind((family.host, 0))
        listener.listen()
        with pysock.socket(family.number) as client:
            client.setblocking(False)
            caught(client.connect, listener.getsockname())
            server, _ = listener.accept()
            assert client.take_error() is None
            linger = struct.pack("ii", 1, 0)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            server.close()
            wait_for_state(client, TcpState.CLOSE)
            error = client.take_error()
            assert type(error) is errors.PeerResetError
            assert error.elapsed is None
