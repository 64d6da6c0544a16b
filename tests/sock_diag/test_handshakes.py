"""listen_queue(syn_received=True): handshakes that are not complete."""

import errno
import socket

import pytest

import pysock
from pysock import errors
from support import loopback
from support.knocking import close_all, knock
from support.quiet import drop, quiet, quiet_namespace  # noqa: F401


def test_they_are_counted(quiet, family):  # noqa: F811
    with loopback.listen(pysock, family, backlog=8) as listener:
        port = listener.getsockname()[1]
        assert listener.listen_queue().syn_received is None
        assert listener.listen_queue(syn_received=True).syn_received == 0
        # The SYN-ACK never arrives, so the handshakes stay half done.
        drop(f"tcp sport {port} tcp flags & (syn|ack) == (syn|ack)")
        with loopback.listen(pysock, family) as other:
            clients = knock(listener.getsockname(), 3)
            clients += knock(other.getsockname(), 1)
            loopback.wait_until(
                lambda: listener.listen_queue(True).syn_received == 3,
                "three handshakes",
            )
            assert listener.listen_queue(True).length == 0
            clients += knock(other.getsockname(), 1)
        close_all(clients)


def test_those_of_a_dual_stack_listener(quiet):  # noqa: F811
    with pysock.create_server(
        ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True
    ) as listener:
        port = listener.getsockname()[1]
        drop(f"tcp sport {port} tcp flags & (syn|ack) == (syn|ack)")
        clients = knock(("127.0.0.1", port), 1)
        clients += knock(("::1", port, 0, 0), 1)
        loopback.wait_until(
            lambda: listener.listen_queue(True).syn_received == 2,
            "a handshake over IPv4 and one over IPv6",
        )
        close_all(clients)


def test_foreign_namespace_is_refused(quiet):  # noqa: F811
    with quiet_namespace():
        listener = pysock.create_server(("127.0.0.1", 0))
    with listener:
        # The queue is the descriptor's; the table is this thread's.
        assert listener.listen_queue().length == 0
        with pytest.raises(errors.DiagError, match="namespace") as info:
            listener.listen_queue(syn_received=True)
        assert info.value.errno == errno.EXDEV
