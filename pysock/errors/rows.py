"""What is raised when: the part of the catalogue that every failure needs.

A row here is `(number, calls, errnos, error, origins)`; see `Failure`. What a
row means is in `causes_*.py`, loaded when somebody asks, under the row's
number and class.
"""

from __future__ import annotations

from errno import (
    EACCES,
    EADDRINUSE,
    EADDRNOTAVAIL,
    EAGAIN,
    EALREADY,
    EBADF,
    ECONNABORTED,
    ECONNREFUSED,
    ECONNRESET,
    EHOSTDOWN,
    EHOSTUNREACH,
    EINPROGRESS,
    EINVAL,
    EISCONN,
    EMFILE,
    ENETDOWN,
    ENETUNREACH,
    ENFILE,
    ENOBUFS,
    ENOENT,
    ENOMEM,
    ENONET,
    ENOPROTOOPT,
    ENOTCONN,
    ENOTDIR,
    ENOTSOCK,
    EOPNOTSUPP,
    EPERM,
    EPIPE,
    EPROTO,
    EPROTONOSUPPORT,
    EPROTOTYPE,
    ETIMEDOUT,
    EXDEV,
)

from pysock.errors import tree as t
from pysock.errors.base import SocketError
from pysock.errors.kinds_of_call import (
    ACCEPT,
    ANY,
    BIND,
    CONNECT,
    DIAG,
    SEND,
    TLS,
    TRANSFER,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    Row = tuple[
        str,
        tuple[str, ...],
        tuple[int, ...],
        type[SocketError],
        tuple[str, ...],
    ]

_UNREACHABLE = (EHOSTUNREACH, EHOSTDOWN, ENONET)
_MADE_OR_ACCEPTED = (*ACCEPT, "socket", "dup")
_OF_TCP = ("tcp_info", "tcp_state", "listen_queue")

# fmt: off
# A table: a row takes a line or two.
ROWS: tuple[Row, ...] = (
    ("1", CONNECT, (ETIMEDOUT,), t.ConnectTimeoutError, ("timer",)),
    ("2", CONNECT, (ETIMEDOUT,), t.ConnectTimeoutError, ("deadline",)),
    ("3", CONNECT, (ECONNREFUSED,), t.ConnectRefusedError, ("peer",)),
    ("3a", CONNECT, (ECONNRESET,), t.ConnectResetError, ("peer",)),
    ("4", CONNECT, (ECONNREFUSED,), t.ConnectRefusedError, ("icmp",)),
    ("5", CONNECT, _UNREACHABLE, t.HostUnreachableError, ("icmp", "route")),
    ("6", CONNECT, (ENETUNREACH, ENETDOWN), t.NetworkUnreachableError,
     ("icmp", "route", "caller")),
    ("6a", CONNECT, (ENOPROTOOPT, EOPNOTSUPP, EPROTO),
     t.ConnectUnreachableError, ("icmp",)),
    ("7", CONNECT, (EACCES, EPERM), t.ConnectDeniedError,
     ("route", "policy", "icmp")),
    ("7a", CONNECT, (EINVAL,), t.ConnectError, ("route", "caller")),
    ("8", CONNECT, (EINPROGRESS,), t.ConnectInProgressError, ()),
    ("8", CONNECT, (EALREADY,), t.ConnectAlreadyError, ()),
    ("9", ("take_error", "connect"), (), t.ConnectError,
     ("peer", "icmp", "timer")),
    ("10", CONNECT, (EISCONN,), t.AlreadyConnectedError, ("caller",)),
    ("11", BIND, (EADDRINUSE,), t.AddressInUseError, ("limit",)),
    ("12", (*BIND, "connect"), (EADDRNOTAVAIL,), t.AddressUnavailableError,
     ("caller", "limit", "route")),
    ("13", BIND, (EACCES, EPERM), t.BindDeniedError, ("policy",)),
    ("14", CONNECT, (ETIMEDOUT,), t.ConnectTimeoutError,
     ("timer", "deadline")),
    ("15", CONNECT, (ETIMEDOUT,), t.ConnectTimeoutError,
     ("timer", "deadline")),
    ("16", ACCEPT, (EAGAIN,), t.AcceptWouldBlockError, ()),
    ("16", ACCEPT, (ETIMEDOUT,), t.AcceptTimeoutError, ("deadline",)),
    ("16a", BIND, (EINVAL,), t.BindError, ("caller",)),
    ("16a", ACCEPT, (EINVAL,), t.AcceptError, ("caller",)),
    ("17", ACCEPT, (ECONNABORTED, EPROTO), t.AcceptAbortedError, ("peer",)),
    ("18", ACCEPT, (ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENONET,
                    ENOPROTOOPT, EOPNOTSUPP), t.AcceptNetworkError, ()),
    ("19", _MADE_OR_ACCEPTED, (EMFILE, ENFILE), t.DescriptorLimitError,
     ("limit",)),
    ("19", (*ACCEPT, "socket"), (ENOBUFS, ENOMEM), t.ResourceLimitError,
     ("limit",)),
    ("20", ("recv_exactly",), (), t.PeerClosedError, ("peer",)),
    ("20a", ("recv_exactly",), (), t.ReadAfterEndError, ("caller",)),
    ("21", TRANSFER, (ECONNRESET,), t.PeerResetError, ("peer",)),
    ("22", SEND, (EPIPE,), t.BrokenConnectionError,
     ("peer", "timer", "icmp", "route", "policy")),
    ("22a", TRANSFER, (ECONNABORTED,), t.ConnectionKilledError, ("policy",)),
    ("23", SEND, (EPIPE,), t.WriteAfterShutdownError, ("caller",)),
    ("24", TRANSFER, (ETIMEDOUT,), t.PeerSilentError, ("timer",)),
    ("25", TRANSFER, (EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENONET, EACCES,
                      ECONNREFUSED, ENOPROTOOPT, EPROTO, EOPNOTSUPP),
     t.PeerUnreachableError, ("icmp", "route")),
    ("26", TRANSFER, (ETIMEDOUT,), t.TransferTimeoutError, ("deadline",)),
    ("27", TRANSFER, (EAGAIN,), t.TransferWouldBlockError, ()),
    ("28", ANY, (ENOTCONN,), t.NotConnectedError, ("caller",)),
    ("29", ANY, (EBADF,), t.ClosedSocketError, ("caller",)),
    ("30", _OF_TCP, (EOPNOTSUPP, ENOPROTOOPT, ENOTSOCK), t.NotTcpError,
     ("caller",)),
    ("31", ("getaddrinfo", "connect"), (), t.ResolveError, ()),
    ("32", ("listen_queue",), (EINVAL,), t.NotListeningError, ("caller",)),
    ("33", ("destroy",), (EPERM, EACCES), t.DiagDeniedError, ("policy",)),
    ("34", DIAG, (EPROTONOSUPPORT, ENOENT, EOPNOTSUPP, EXDEV), t.DiagError,
     ()),
    ("35", TLS, (), t.TlsError, ()),
    ("36", BIND, (), t.BindError, ()),
    ("36", ACCEPT, (), t.AcceptError, ()),
    ("36", TRANSFER, (), t.TransferError, ()),
    ("36", ANY, (), SocketError, ()),
    ("37", CONNECT, (ENOENT, ENOTDIR, ECONNREFUSED, EAGAIN, EACCES, EPERM,
                     EPROTOTYPE), t.UnixConnectError,
     ("caller", "peer", "policy", "limit")),
)
# fmt: on
