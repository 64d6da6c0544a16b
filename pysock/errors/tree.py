"""The exceptions: a base for each group of calls, a leaf for each row.

`_only_code` is the code of a class whose rows have one cause, so that no
module is needed to tell it; `codes.py` chooses for the others.
"""

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


class ConnectResetError(ConnectError, ConnectionResetError):
    """A RST came after the SYN-ACK (`ECONNRESET`)."""

    _only_code = "connect-reset"


class ConnectUnreachableError(ConnectError):
    """The SYN could not be delivered (`ENOPROTOOPT`, `EOPNOTSUPP`, ...)."""

    _only_code: str | None = "connect-unreachable-icmp"


class HostUnreachableError(ConnectUnreachableError):
    """The host cannot be reached (`EHOSTUNREACH`, `EHOSTDOWN`, `ENONET`)."""

    _only_code = None


class NetworkUnreachableError(ConnectUnreachableError):
    """The network cannot be reached (`ENETUNREACH`, `ENETDOWN`)."""

    _only_code = None


class ConnectDeniedError(ConnectError, PermissionError):
    """This machine or a router forbids the connection (`EACCES`, `EPERM`)."""

    _only_code = "connect-denied"


class ConnectInProgressError(ConnectError, BlockingIOError):
    """A non-blocking connect is under way (`EINPROGRESS`); not a failure."""

    _only_code = "connect-in-progress"


class ConnectAlreadyError(ConnectError, BlockingIOError):
    """An earlier non-blocking connect is still under way (`EALREADY`)."""

    _only_code = "connect-already"


class AlreadyConnectedError(ConnectError):
    """The socket is connected already (`EISCONN`)."""

    _only_code = "connect-twice"


class UnixConnectError(ConnectError):
    """A UNIX socket could not be connected to; `address` is its path.

    Also the builtin of its errno: `FileNotFoundError` (`ENOENT`),
    `ConnectionRefusedError`, `BlockingIOError` (`EAGAIN`, also with a
    timeout), `PermissionError` (`EACCES`).
    """

    _only_code = None


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

    _only_code = "bind-denied"


class AcceptError(SocketError):
    """No connection could be taken from the queue of a listener."""


class AcceptWouldBlockError(AcceptError, BlockingIOError):
    """The queue of a non-blocking listener is empty (`EAGAIN`)."""

    _only_code = "accept-empty"


class AcceptTimeoutError(AcceptError, TimeoutError):
    """No connection came within the listener's timeout (`ETIMEDOUT`)."""

    _only_code = "accept-timeout"


class AcceptAbortedError(AcceptError, ConnectionAbortedError):
    """The connection died in the queue (`ECONNABORTED`, `EPROTO`).

    Linux practically never says so for TCP: it hands over the connection,
    dead.
    """

    _only_code = "accept-aborted"


class AcceptNetworkError(AcceptError):
    """A network error was pending on the new connection; accept(2)."""

    _only_code = "accept-network"


class DescriptorLimitError(AcceptError):
    """No descriptor left: of the process (`EMFILE`), the system (`ENFILE`).

    `accept` raises it, and so does making a socket.
    """

    _only_code = "no-descriptor"


class ResourceLimitError(AcceptError):
    """No memory left for a socket (`ENOBUFS`, `ENOMEM`)."""

    _only_code = "no-memory"


class TransferError(SocketError):
    """Data could not be sent or received.

    Attributes:
        partial: what `recv_exactly` had received before this error; `b""`
            from every other call.
    """

    partial: bytes = b""

    _only_code: str | None = "transfer-other"


class PeerClosedError(TransferError, ConnectionError, EOFError):
    """The peer closed in order (FIN) before all was received; no errno."""

    _only_code = "peer-closed"


class ReadAfterEndError(TransferError, ConnectionError, EOFError):
    """A read past the end of the stream, which no FIN has made; no errno.

    This end shut the read side down itself (`origin` `caller`), or the
    connection had ended otherwise and an earlier call has told how.
    """

    _only_code = None


class PeerResetError(TransferError, ConnectionResetError):
    """The peer's host sent a RST (`ECONNRESET`)."""

    _only_code = None


class BrokenConnectionError(TransferError, BrokenPipeError):
    """A write to a peer that is gone (`EPIPE`).

    It closed, we wrote, its host answered with a RST.
    """

    _only_code = "broken-pipe"


class WriteAfterShutdownError(TransferError, BrokenPipeError):
    """A write after our own shutdown of the write half (`EPIPE`)."""

    _only_code = "write-after-shutdown"


class ConnectionKilledError(TransferError, ConnectionAbortedError):
    """This machine's administrator killed the socket (`ECONNABORTED`)."""

    _only_code = "killed-here"


class PeerSilentError(TransferError, TimeoutError):
    """The peer stopped answering and the kernel gave up (`ETIMEDOUT`)."""

    _only_code = None


class PeerUnreachableError(TransferError):
    """ICMP said unreachable until the kernel gave up (`EHOSTUNREACH`, ...)."""

    _only_code = "path-unreachable"


class TransferTimeoutError(TransferError, TimeoutError):
    """The socket's timeout ran out in a read or write (`ETIMEDOUT`)."""

    _only_code = None


class TransferWouldBlockError(TransferError, BlockingIOError):
    """Nothing to read, or no room to write, right now (`EAGAIN`)."""

    _only_code = "would-block"


class TlsError(TransferError):
    """A TLS handshake failed, or a TLS session broke.

    Its `errno` is `None` where OpenSSL says no, not the kernel.

    Attributes:
        tls_reason: OpenSSL's name for it, such as `"WRONG_VERSION_NUMBER"`;
            `None` where it has none.
        verify_message: why the peer's certificate was not accepted; `None`
            where it is not about that.
        server_name: the name that the certificate had to be for; `None` on a
            server, and where no name was given.
        ended: `"reset"` or `"closed"`, how the connection was when the
            session broke; `None` while it stood.
        plain_text: what the peer said in place of TLS, as far as it still
            lay in the socket; `None` where nothing did.
        in_handshake: whether the handshake was not finished.
    """

    _only_code = None

    tls_reason: str | None = None
    verify_message: str | None = None
    server_name: str | None = None
    ended: str | None = None
    plain_text: bytes | None = None
    in_handshake: bool = False


class NotConnectedError(SocketError):
    """The socket is not connected (`ENOTCONN`; Linux: `EPIPE` from send)."""

    _only_code = "not-connected"


class ClosedSocketError(SocketError):
    """The socket, or the descriptor, is closed (`EBADF`)."""

    _only_code = "closed-here"


class NotListeningError(SocketError):
    """The socket does not listen, and so has no queue (`EINVAL`)."""

    _only_code = "not-listening"


class DiagError(SocketError):
    """The kernel's table of sockets could not be asked.

    The errno is the kernel's: `EPROTONOSUPPORT` or `ENOENT` when it was
    built without sock_diag, `EXDEV` for a socket of another network
    namespace.
    """

    _only_code = "diag-unavailable"


class DiagDeniedError(DiagError, PermissionError):
    """Killing a socket needs CAP_NET_ADMIN (`EPERM`).

    It counts in the user namespace that owns the network namespace.
    """

    _only_code = "diag-denied"


class NotTcpError(SocketError):
    """Not a TCP socket (`EOPNOTSUPP`, `ENOPROTOOPT`, `ENOTSOCK`).

    The text names what was given.
    """

    _only_code = "not-tcp"


class ResolveError(SocketError, gaierror):
    """A host name did not resolve; `errno` is an `EAI_` number."""


# A traceback names the place where users find a class, not our file.
for _class in list(vars().values()):
    if isinstance(_class, type) and issubclass(_class, SocketError):
        _class.__module__ = "pysock.errors"
del _class
