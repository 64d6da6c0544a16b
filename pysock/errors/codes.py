"""Which cause of its row an exception has: its `code`.

For the classes that have more than one. Chosen from what the exception
carries since its failure and from nothing else, so that it is the same
whenever it is asked for.
"""

from __future__ import annotations

from errno import (
    EACCES,
    EAGAIN,
    ECONNREFUSED,
    EINVAL,
    ENOENT,
    ENOTDIR,
    EPERM,
    EPROTOTYPE,
    ETIMEDOUT,
)
from socket import (
    EAI_AGAIN,
    EAI_FAIL,
    EAI_MEMORY,
    EAI_NODATA,
    EAI_NONAME,
    EAI_SYSTEM,
)

from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_RESOLVING = {
    EAI_NONAME: "name-not-found",
    EAI_NODATA: "name-not-found",
    EAI_AGAIN: "name-no-answer",
    EAI_SYSTEM: "name-no-answer",
    EAI_MEMORY: "name-no-answer",
    EAI_FAIL: "name-server-failed",
}


# OpenSSL's reasons that say: what came is not TLS.
_NOT_TLS = frozenset(
    {
        "HTTP_REQUEST",
        "HTTPS_PROXY_REQUEST",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
        "UNKNOWN_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)
_NO_VERSION = frozenset(
    {
        "NO_PROTOCOLS_AVAILABLE",
        "NO_SHARED_CIPHER",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "VERSION_TOO_LOW",
    }
)


def code_of(error: Any) -> str:
    """Choose the code of a `SocketError`."""
    for base in type(error).__mro__:
        choose = _CHOOSING.get(base.__name__)
        if choose is not None:
            return choose(error)
    return "other"


def _kind(error: Any) -> str | None:
    """The kind of its origin, whatever somebody set in its place."""
    kind = getattr(error.origin, "kind", None)
    return kind if isinstance(kind, str) else None


def _refused(error: Any) -> str:
    return {
        "peer": "connect-refused-reset",
        "icmp": "connect-refused-icmp",
    }.get(_kind(error) or "", "connect-refused")


def _connect_timeout(error: Any) -> str:
    if _kind(error) == "deadline":
        return "connect-timeout-deadline"
    return "connect-timeout-kernel"


def _host_unreachable(error: Any) -> str:
    if _kind(error) == "route":
        return "connect-no-route"
    return "connect-unreachable-host"


def _net_unreachable(error: Any) -> str:
    return {"route": "connect-no-route", "caller": "connect-invalid"}.get(
        _kind(error) or "", "connect-unreachable-net"
    )


def _connect(error: Any) -> str:
    return "connect-invalid" if error.errno == EINVAL else "connect-other"


def _in_use(error: Any) -> str:
    if error.call == "listen":
        return "listen-in-use"
    return "bind-no-port" if _port(error.address) == 0 else "bind-in-use"


def _port(address: Any) -> Any:
    """The port of an address, whatever somebody set in its place."""
    if isinstance(address, tuple) and len(address) > 1:
        return address[1]
    return None


def _unavailable(error: Any) -> str:
    if error.call in ("bind", "listen"):
        return "bind-no-address"
    return {"caller": "connect-port-taken", "route": "connect-no-address"}.get(
        _kind(error) or "", "connect-no-port"
    )


def _bind(error: Any) -> str:
    if error.errno != EINVAL:
        return "bind-other"
    return "listen-invalid" if error.call == "listen" else "bind-invalid"


def _accept(error: Any) -> str:
    if error.errno == EINVAL:
        return "accept-not-listening"
    return "accept-other"


def _ended(error: Any) -> str:
    state = getattr(error.tcp_info, "state", None)
    return "read-after-end" if state is TcpState.CLOSE else "read-shut-here"


def _reset(error: Any) -> str:
    return {
        "peer": "peer-reset-idle",
        "ours": "peer-reset-unanswered",
        "none": "peer-reset-at-once",
    }.get(error._newest_data or "", "peer-reset")


def _silent(error: Any) -> str:
    return (
        "peer-window-closed" if error._reason == "answering" else "peer-silent"
    )


def _timeout(error: Any) -> str:
    info = error.tcp_info
    if info is None or info.state in (None, TcpState.CLOSE):
        return "timeout"
    if info.state is TcpState.SYN_SENT:
        return "connect-timeout-deadline"  # it waited for that
    # One probe proves nothing: it may be on its way, and a kernel answers one
    # in half a second only (tcp_invalid_ratelimit). The next comes later.
    if info.retransmits or (info.probes or 0) > 1:
        return "timeout-peer-silent"
    if info.notsent_bytes and info.snd_wnd is not None:
        # Silly window avoidance: less than a segment is not worth sending. An
        # ACK on its way may open it, unless the last one has closed it.
        small = info.snd_wnd < (info.snd_mss or 1) and not info.unacked
        if small or info.snd_wnd == 0:
            return "timeout-window-closed"
    if (
        info.unacked
        or info.notsent_bytes
        or str(error.call).startswith("send")
    ):
        return "timeout"
    return {
        "ours": "timeout-program-slow",
        "none": "timeout-nothing-sent",
    }.get(error._newest_data or "", "timeout")


def _tls(error: Any) -> str:
    if error.verify_message is not None:
        return "tls-certificate"
    if error.tls_reason in _NOT_TLS:
        return "tls-plain-text"
    if error.tls_reason in _NO_VERSION:
        return "tls-version"
    if error.ended == "reset":
        return "tls-reset"
    if error.ended == "closed":
        return "tls-closed"
    return "tls-timeout" if error.errno == ETIMEDOUT else "tls"


_UNIX = {
    ENOENT: "unix-not-there",
    ENOTDIR: "unix-not-there",
    ECONNREFUSED: "unix-refused",
    EAGAIN: "unix-queue-full",
    EACCES: "unix-denied",
    EPERM: "unix-denied",
    EPROTOTYPE: "unix-wrong-type",
}


def _unix(error: Any) -> str:
    return _UNIX.get(error.errno or 0, "connect-other")


def _resolving(error: Any) -> str:
    return _RESOLVING.get(error.errno or 0, "name-invalid")


_CHOOSING: dict[str, Callable[[Any], str]] = {
    "ConnectRefusedError": _refused,
    "ConnectTimeoutError": _connect_timeout,
    "UnixConnectError": _unix,
    "HostUnreachableError": _host_unreachable,
    "NetworkUnreachableError": _net_unreachable,
    "AddressInUseError": _in_use,
    "AddressUnavailableError": _unavailable,
    "ConnectError": _connect,
    "BindError": _bind,
    "AcceptError": _accept,
    "ReadAfterEndError": _ended,
    "PeerResetError": _reset,
    "PeerSilentError": _silent,
    "TransferTimeoutError": _timeout,
    "ResolveError": _resolving,
    "TlsError": _tls,
}
