"""What an exception means: two or three sentences, made when somebody asks.

What happened, what was seen, what to look at next. The first and the last
come from the catalogue's row, the middle from what the exception carries and
from what this machine's sockets still say. No evidence, no guess.
"""

from __future__ import annotations

from pysock.errors import (
    CATALOGUE,
    ConnectError,
    ConnectTimeoutError,
    DescriptorLimitError,
    DiagError,
    PeerClosedError,
    ResolveError,
    SocketError,
    TransferError,
    show_address,
)
from pysock.explain.evidence import gather
from pysock.explain.icmp_names import icmp_name
from pysock.explain.meanings import meaning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors import Failure, Origin
    from pysock.tcp.info import TcpInfo


_FALLBACKS = (ConnectError, DiagError)


def explain(error: SocketError) -> str:
    """Explain an exception in plain sentences.

    Args:
        error: any exception of this package, also one from a pickle.

    Returns:
        one to four sentences on one line.

    Never raises: an explanation that fails would hide what it explains.
    """
    row = row_for(error)
    sentences = []
    try:
        sentences.append(meaning(error, row))
        sentences += _seen(error)
        sentences += gather(error)
    except Exception as failure:
        if not sentences and row is not None:
            sentences.append(row.meaning)
        sentences.append(f"(No more evidence: {failure!r}.)")
    if row is not None:
        sentences.append(f"Look at: {row.look}")
    return " ".join(sentences)


def row_for(error: SocketError) -> Failure | None:
    """Find the row of the catalogue that an exception is of.

    Of the rows with its class, the one that has its errno and its origin, or
    as much of that as there is; `None` if no row has its class.
    """
    kind = error.origin.kind if error.origin is not None else None
    names = [base.__name__ for base in type(error).__mro__]
    rows = [
        row
        for row in CATALOGUE
        if row.error.__name__ in names
        # These two are also what raises where no row has the errno.
        and (error.errno in row.errnos or row.error not in _FALLBACKS)
    ]
    return max(
        rows,
        key=lambda row: (
            -names.index(row.error.__name__),
            error.errno in row.errnos,
            kind in row.origins,
        ),
        default=None,
    )


def _seen(error: SocketError) -> list[str]:
    """What this very exception adds to its row."""
    if isinstance(error, ResolveError):
        host = error.address[0] if error.address else None
        return [f"The name was {host!r}."]
    if isinstance(error, PeerClosedError):
        return [*_who(error), f"{len(error.partial)} bytes had come."]
    if isinstance(error, ConnectError):
        return [*_who(error), *_handshake(error)]
    if isinstance(error, TransferError):
        return [*_who(error), *_conversation(error)]
    if isinstance(error, DescriptorLimitError):
        return []
    return _who(error)


def _who(error: SocketError) -> list[str]:
    """Who said no, in words, where that is more than the row says."""
    origin = error.origin
    if origin is None or origin.kind != "icmp":
        return []
    if origin.icmp_type is None:
        return []
    ipv6 = ":" in (origin.offender or "")
    name = icmp_name(origin.icmp_type, origin.icmp_code or 0, ipv6=ipv6)
    said = f"ICMP {origin.icmp_type}/{origin.icmp_code}"
    if name is not None:
        said += f" ({name})"
    return [f"{_offender(error, origin)} said {said}."]


def _offender(error: SocketError, origin: Origin) -> str:
    if origin.offender is None:
        return "A machine on the path"
    if origin.offender == _host(error.local_address):
        return (
            f"This machine itself ({origin.offender}; no ARP or ND answer, "
            "or a rule of its own firewall)"
        )
    if origin.offender == _host(error.address):
        return f"The peer's host {origin.offender}"
    return f"The router {origin.offender}"


def _host(address: tuple[Any, ...] | None) -> str | None:
    """The host of an address, an IPv4-mapped one as an offender is given."""
    if address is None:
        return None
    host = str(address[0])
    return host.removeprefix("::ffff:") if "." in host else host


def _handshake(error: SocketError) -> list[str]:
    """How often a connect tried, and for how long."""
    info = error.tcp_info
    if error.elapsed is None:
        return []
    after = _duration(error.elapsed)
    if not isinstance(error, ConnectTimeoutError):
        where = show_address(error.address) if error.address else "the peer"
        return [f"That was {after} after the connect to {where} began."]
    sent = _syns(info)
    if sent is None:
        return [f"That took {after}."]
    if sent == 0:
        return [f"In {after} not one SYN left this machine."]
    times = "once" if sent == 1 else f"{sent} times"
    return [f"In {after} the SYN was sent {times}."]


def _syns(info: TcpInfo | None) -> int | None:
    """SYNs sent, retransmissions included; `None` if not known."""
    if info is None:
        return None
    if info.segs_out is not None:
        return info.segs_out
    retransmitted = info.total_retrans
    if retransmitted is None:
        # A blocking connect leaves this one alone.
        retransmitted = info.retransmits
    return None if retransmitted is None else retransmitted + 1


def _conversation(error: SocketError) -> list[str]:
    """Where an established connection stood when it failed."""
    info = error.tcp_info
    if info is None or info.state is None:
        return []
    facts = [f"state {info.state}"]
    if info.unacked:
        facts.append(f"{info.unacked} segments not acked")
    if info.notsent_bytes:
        facts.append(f"{info.notsent_bytes} bytes not sent yet")
    if info.retransmits:
        facts.append(f"{info.retransmits} retransmission timeouts in a row")
    if info.total_retrans:
        facts.append(f"{info.total_retrans} retransmissions in all")
    if info.snd_wnd == 0:
        facts.append("the peer's window closed")
    heard = _last_heard(info)
    if heard is not None:
        facts.append(f"last heard from the peer {heard} ago")
    return [f"Seen then: {', '.join(facts)}."]


def _last_heard(info: TcpInfo) -> str | None:
    ages = [
        age
        for age in (info.last_ack_recv_ms, info.last_data_recv_ms)
        if age is not None
    ]
    return _duration(min(ages) / 1000) if ages else None


def _duration(seconds: float) -> str:
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms"
    return f"{seconds:.2f} s"
