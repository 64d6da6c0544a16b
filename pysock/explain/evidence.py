"""What this machine's own sockets say about a failure, in sentences.

Gathered when an exception is explained, some time after it was raised: each
sentence says what is so now. Every function returns a list of sentences,
empty where there is no evidence, takes a few milliseconds (up to its
deadline where it looks at processes), and never raises.
"""

from __future__ import annotations

import _socket
import functools
import os
import time
from contextlib import closing
from errno import EBADF, ENFILE
from resource import RLIMIT_NOFILE, getrlimit

from pysock import sock_diag
from pysock.errors import (
    AddressInUseError,
    AddressUnavailableError,
    ConnectError,
    ConnectRefusedError,
    ConnectTimeoutError,
    DescriptorLimitError,
    show_address,
)
from pysock.raw.calls import ffi, lib
from pysock.sock_diag.filter import endpoint
from pysock.sock_diag.processes import owners
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.errors import SocketError
    from pysock.sock_diag.entry import Entry

# Seconds for looking through /proc; explain() promises 50 ms in all.
PATIENCE = 0.03

# Sockets to name in one sentence.
_MOST_NAMED = 3

_ANYWHERE = ("0.0.0.0", "::")


def gather(error: SocketError) -> list[str]:
    """Choose by the class of an exception, and ask."""
    if isinstance(error, ConnectRefusedError):
        return listeners_elsewhere(error.address)
    if isinstance(error, ConnectTimeoutError):
        return full_accept_queue(error.address)
    if isinstance(error, AddressInUseError):
        return holders(error.address or error.local_address)
    if isinstance(error, AddressUnavailableError) and isinstance(
        error, ConnectError
    ):
        return ports_used_up(error.address)
    if isinstance(error, DescriptorLimitError):
        if error.errno == ENFILE:
            return files_used_up()
        return descriptors_used_up()
    return []


def _never_raising(
    ask: Callable[..., list[str]],
) -> Callable[..., list[str]]:
    """Evidence that cannot be had is no evidence, not another failure."""

    @functools.wraps(ask)
    def asked(*args: Any, **kwargs: Any) -> list[str]:
        try:
            return ask(*args, **kwargs)
        except Exception:
            return []

    return asked


@_never_raising
def listeners_elsewhere(address: Any, patience: float = PATIENCE) -> list[str]:
    """After a refused connect to this machine: who listens on that port?"""
    if not is_ours(address):
        return []
    port = address[1]
    listening = list(sock_diag.sockets("LISTEN", local_port=port, info=False))
    where = show_address(address)
    if not listening:
        return [f"Nothing listens on port {port} in this network namespace."]
    serving = [entry for entry in listening if _serves(entry, address)]
    shown = _named(serving or listening, patience)
    if serving:
        return [f"Somebody listens there now: {shown}."]
    return [f"A listener exists on {shown}; the connect went to {where}."]


@_never_raising
def full_accept_queue(address: Any, patience: float = PATIENCE) -> list[str]:
    """After a connect to this machine without an answer: is a queue full?"""
    if not is_ours(address):
        return []
    listening = sock_diag.sockets(
        "LISTEN", local_port=address[1], memory=True, info=False
    )
    sentences = []
    for entry in listening:
        if not _serves(entry, address):
            continue
        length, limit = entry.recv_queue, entry.send_queue
        full = "is full" if length > limit else "is not full now"
        sentence = (
            f"The accept queue of the listener {_named([entry], patience)} "
            f"{full}: {length:,} waiting, with a limit of {limit:,}"
        )
        if entry.drops:
            many = "segment" if entry.drops == 1 else "segments"
            sentence += f"; it has dropped {entry.drops:,} {many}"
        sentences.append(f"{sentence}.")
    return sentences[:_MOST_NAMED]


@_never_raising
def holders(address: Any, patience: float = PATIENCE) -> list[str]:
    """After a bind that found its address taken: who has it?"""
    port = address[1]
    if not port:
        return []
    found = [
        entry
        for states in (None, "CLOSE")
        for entry in sock_diag.sockets(states, local_port=port, info=False)
        if _overlap(entry.local[0], address[0])
    ]
    sentences = []
    waiting = [e for e in found if e.state is TcpState.TIME_WAIT]
    held = sorted(
        (e for e in found if e.state is not TcpState.TIME_WAIT),
        key=lambda e: e.state is not TcpState.LISTEN,
    )
    if held:
        more = len(held) - _MOST_NAMED
        rest = f" and {more:,} more" if more > 0 else ""
        shown = _named(held, patience, state=True)
        sentences.append(f"Port {port} is held by {shown}{rest}.")
    if waiting:
        last = max(entry.expires_ms or 0 for entry in waiting) / 1000
        many = (
            f"{len(waiting):,} connections"
            if len(waiting) > 1
            else "a connection"
        )
        advice = "" if held else ": set SO_REUSEADDR before bind"
        sentences.append(
            f"Port {port} is held by {many} in TIME_WAIT, the last for "
            f"another {last:.0f} s{advice}."
        )
    return sentences


@_never_raising
def ports_used_up(address: Any) -> list[str]:
    """After a connect that found no local port: how many go there?"""
    first, last = _port_range()
    counts: dict[TcpState, int] = {}
    for entry in sock_diag.sockets(
        remote=tuple(address),
        local_port=range(first, last + 1),
        info=False,
    ):
        counts[entry.state] = counts.get(entry.state, 0) + 1
    used, there = sum(counts.values()), last - first + 1
    if not used:
        return []
    most = max(counts, key=lambda state: counts[state])
    return [
        f"{used:,} of the {there:,} local ports ({first} to {last}, "
        "net.ipv4.ip_local_port_range) are in use towards "
        f"{show_address(tuple(address))}, {counts[most]:,} of them in "
        f"{most.name}."
    ]


@_never_raising
def descriptors_used_up(patience: float = PATIENCE) -> list[str]:
    """After EMFILE: how many are open, and what do they do?

    It needs no descriptor itself: it asks every number that there can be.
    """
    limit = getrlimit(RLIMIT_NOFILE)[0]
    deadline = time.monotonic() + patience
    state = ffi.new("uint8_t[1]")
    opened = sockets = left = 0
    if limit < 0:
        return []
    for fd in range(limit):
        if fd % 256 == 0 and time.monotonic() > deadline:
            return []
        length = lib.pysock_tcp_info(fd, state, 1)
        if length == -EBADF:
            continue
        opened += 1
        if length > 0:
            sockets += 1
            left += state[0] == TcpState.CLOSE_WAIT
    said = f"{opened:,} of {limit:,} descriptors are open now"
    if left:
        return [
            f"{said}, {left:,} of them sockets in CLOSE_WAIT: the peer "
            "closed and this program did not."
        ]
    return [f"{said}, {sockets:,} of them TCP sockets."]


@_never_raising
def files_used_up() -> list[str]:
    """After ENFILE: how many files are open in the whole machine?"""
    # The administrator may open one more, and others are told nothing.
    with open("/proc/sys/fs/file-nr", encoding="ascii") as file:  # noqa: PTH123
        opened, _, most = map(int, file.read().split())
    return [f"{opened:,} files of at most {most:,} are open now."]


def is_ours(address: Any) -> bool:
    """Whether an address is one of this machine, as far as can be told."""
    try:
        end = endpoint(tuple(address))
        if end.port is None:
            return False
        host = address[0]
        if host.startswith("127.") or host == "::1":
            return True
        with closing(_socket.socket(end.family)) as probe:
            probe.bind((host, 0, *address[2:]))
        return True
    except Exception:
        return False


def _serves(listener: Entry, address: Any) -> bool:
    """Whether a connect to this address reaches that listener."""
    host = listener.local[0]
    if ":" not in address[0]:
        # A dual-stack listener on :: serves IPv4, unless it is IPv6 only.
        return host in (address[0], f"::ffff:{address[0]}", "0.0.0.0") or (
            host == "::" and listener.v6only is not True
        )
    return host in (address[0], "::")


def _overlap(one: str, other: str) -> bool:
    """Whether two addresses cannot both be bound with one port."""
    one, other = one.removeprefix("::ffff:"), other.removeprefix("::ffff:")
    if one == other or "::" in (one, other):
        return True
    return "0.0.0.0" in (one, other) and not (":" in one or ":" in other)


def _named(
    entries: list[Entry], patience: float, *, state: bool = False
) -> str:
    """Some sockets by their address, their process, and their state."""
    entries = entries[:_MOST_NAMED]
    held = owners(
        {entry.inode for entry in entries} - {0},
        pids=_pids(),
        deadline=time.monotonic() + patience,
    )
    return " and ".join(
        _name(entry, held.get(entry.inode), state=state) for entry in entries
    )


def _name(entry: Entry, processes: Any, *, state: bool) -> str:
    facts = [entry.state.name] if state else []
    if processes:
        pid, name, _ = processes[0]
        facts.insert(0, f"pid {pid}, {name}")
    said = f" ({', '.join(facts)})" if facts else ""
    return f"{show_address(entry.local)}{said}"


def _pids() -> list[int]:
    """All processes; this one, the likeliest, first: time is short."""
    own = os.getpid()
    names = os.listdir("/proc")  # noqa: PTH208
    pids = [int(name) for name in names if name.isdigit()]
    return [own, *sorted(pids, reverse=True)]


def _port_range() -> tuple[int, int]:
    path = "/proc/sys/net/ipv4/ip_local_port_range"
    with open(path, encoding="ascii") as file:  # noqa: PTH123
        first, last = map(int, file.read().split())
    return first, last
