"""The exceptions: a base for each group of calls, a leaf for each cause."""

from __future__ import annotations

from socket import gaierror

from pysock.errors.base import SocketError


class ConnectError(SocketError):
    """A connect did not lead to a connection."""


class ConnectTimeoutError(ConnectError, TimeoutError):
    """No answer to the SYN (`ETIMEDOUT`).

    `origin` tells whose patience ended: the kernel's (`timer`) or the
    caller's (`deadline`).
    """


class ConnectRefusedError(ConnectError, ConnectionRefusedError):
    """The SYN was refused (`ECONNREFUSED`).

    By a RST (`origin` `peer`): nobody listens. Or by an ICMP "port
    unreachable" (`origin` `icmp`): usually a firewall.
    """


class ConnectUnreachableError(ConnectError):
    """The SYN could not be delivered (`ENOPROTOOPT`, `EOPNOTSUPP`, ...)."""


class HostUnreachableError(ConnectUnreachableError):
    """The host cannot be reached (`EHOSTUNREACH`, `EHOSTDOWN`, `ENONET`)."""


class NetworkUnreachableError(ConnectUnreachableError):
    """The network cannot be reached (`ENETUNREACH`, `ENETDOWN`)."""


class ConnectDeniedError(ConnectError, PermissionError):
    """This machine or a router forbids the connection (`EACCES`, `EPERM`)."""


class ConnectInProgressError(ConnectError, BlockingIOError):
    """A non-blocking connect is under way (`EINPROGRESS`); not a failure."""


class ConnectAlreadyError(ConnectError, BlockingIOError):
    """An earlier non-blocking connect is still under way (`EALREADY`)."""


class AlreadyConnectedError(ConnectError):
    """The socket is connected already (`EISCONN`)."""


class BindError(SocketError):
    """A socket did not get the address it asked for, or could not listen."""


class AddressInUseError(BindError):
    """Somebody else has the address (`EADDRINUSE`)."""


class AddressUnavailableError(BindError):
    """The address is not this machine's, or no port is left.

    `EADDRNOTAVAIL`. When a `connect` found no ephemeral port for its
    destination, the exception is a `ConnectError` too.
    """


class BindDeniedError(BindError, PermissionError):
    """The port is privileged (`EACCES`), or policy forbids it (`EPERM`)."""


class AcceptError(SocketError):
    """No connection could be taken from the queue of a listener."""


class AcceptWouldBlockError(AcceptError, BlockingIOError):
    """The queue of a non-blocking listener is empty (`EAGAIN`)."""


class AcceptTimeoutError(AcceptError, TimeoutError):
    """No connection came within the listener's timeout (`ETIMEDOUT`)."""


class AcceptAbortedError(AcceptError, ConnectionAbortedError):
    """The connection died in the queue (`ECONNABORTED`, `EPROTO`).

    Linux practically never says so for TCP: it hands over the connection,
    dead.
    """


class AcceptNetworkError(AcceptError):
    """A network error was pending on the new connection; accept(2)."""


class DescriptorLimitError(AcceptError):
    """No descriptor left: of the process (`EMFILE`), the system (`ENFILE`).

    `accept` raises it, and so does making a socket.
    """


class ResourceLimitError(AcceptError):
    """No memory left for a socket (`ENOBUFS`, `ENOMEM`)."""


class TransferError(SocketError):
    """Data could not be sent or received.

    Attributes:
        partial: what `recv_exactly` had received before this error; `b""`
            from every other call.
    """

    partial: bytes = b""


class PeerClosedError(TransferError, ConnectionError, EOFError):
    """The peer closed in order (FIN) before all was received; no errno."""


class PeerResetError(TransferError, ConnectionResetError):
    """The peer's host sent a RST (`ECONNRESET`)."""


class BrokenConnectionError(TransferError, BrokenPipeError):
    """A write to a peer that is gone (`EPIPE`).

    It closed, we wrote, its host answered with a RST.
    """


class WriteAfterShutdownError(TransferError, BrokenPipeError):
    """A write after our own shutdown of the write half (`EPIPE`)."""


class ConnectionKilledError(TransferError, ConnectionAbortedError):
    """This machine's administrator killed the socket (`ECONNABORTED`)."""


class PeerSilentError(TransferError, TimeoutError):
    """The peer stopped answering and the kernel gave up (`ETIMEDOUT`)."""


class PeerUnreachableError(TransferError):
    """ICMP said unreachable until the kernel gave up (`EHOSTUNREACH`, ...)."""


class TransferTimeoutError(TransferError, TimeoutError):
    """The socket's timeout ran out in a read or write (`ETIMEDOUT`)."""


class TransferWouldBlockError(TransferError, BlockingIOError):
    """Nothing to read, or no room to write, right now (`EAGAIN`)."""


class NotConnectedError(SocketError):
    """The socket is not connected (`ENOTCONN`; Linux: `EPIPE` from send)."""


class ClosedSocketError(SocketError):
    """The socket, or the descriptor, is closed (`EBADF`)."""


class NotListeningError(SocketError):
    """The socket does not listen, and so has no queue (`EINVAL`)."""


class DiagError(SocketError):
    """The kernel's table of sockets could not be asked.

    The errno is the kernel's: `EPROTONOSUPPORT` or `ENOENT` when it was
    built without sock_diag, `EXDEV` for a socket of another network
    namespace.
    """


class DiagDeniedError(DiagError, PermissionError):
    """Killing a socket needs CAP_NET_ADMIN (`EPERM`).

    It counts in the user namespace that owns the network namespace.
    """


class NotTcpError(SocketError):
    """Not a TCP socket (`EOPNOTSUPP`, `ENOPROTOOPT`, `ENOTSOCK`).

    The text names what was given.
    """


class ResolveError(SocketError, gaierror):
    """A host name did not resolve; `errno` is an `EAI_` number."""
