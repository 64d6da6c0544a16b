"""Many sockets at once, column by column, for a table of them.

An `Entry` decodes what is asked of it, one attribute at a time. Who shows
some numbers of each of 30,000 sockets asks a million times; here each column
is made in one step. `tests/sock_diag/test_columns.py` holds both to the same
answers.
"""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_ntop
from operator import attrgetter
from struct import Struct

from pysock.errors import show_address
from pysock.raw.calls import ffi, lib
from pysock.sock_diag.entry import STATES, is_link_local
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pysock.sock_diag.entry import Entry

# An address as two numbers, as it lies in the memory.
_IP = Struct("=QQ").pack
_SIZE = ffi.sizeof("struct pysock_diag_row")
# How many numbers of 4 bytes the addresses take.
_FIRST = 8
_STATES = bytes(STATES)
_LISTEN = int(TcpState.LISTEN)
# What listens comes first, then what lives, then what is ending.
_RANKS = [bytes([number if number != _LISTEN else 0]) for number in _STATES]
_place = attrgetter("_block", "_start", "_end")


def by_state(entry: Entry) -> bytes:
    """A key to sort by: the state, this end's port, both addresses."""
    block, start, _ = _place(entry)
    key: bytes = (
        _RANKS[block[start + 1]]
        + block[start + 4 : start + 6]
        + block[start + 8 : start + 40]
        + block[start + 6 : start + 8]
    )
    return key


def by_ends(entry: Entry) -> bytes:
    """A key to sort by: this end, address and port, then the other one."""
    block, start, _ = _place(entry)
    key: bytes = (
        block[start + 8 : start + 24]
        + block[start + 4 : start + 6]
        + block[start + 24 : start + 40]
        + block[start + 6 : start + 8]
    )
    return key


class Columns:
    """Sockets of TCP by column: each has one value for each of the entries.

    Attributes:
        entries: the sockets.
        states: numbers of `TcpState`.
        timers: the kernel's numbers: 1 `on`, 4 `persist`, 0 for none.
        retransmits: as `Entry.retransmits`.
        recv_queues: bytes; of a listener connections.
        send_queues: bytes; of a listener the limit of its queue.
        inodes: 0 where no descriptor has it.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        rows = ffi.new("struct pysock_diag_row[]", max(len(entries), 1))
        fill = lib.pysock_diag_row
        for number, (block, start, end) in enumerate(map(_place, entries)):
            fill(block, start, end, rows, number)
        whole = memoryview(ffi.buffer(rows))[: len(entries) * _SIZE]
        # Addresses as pairs of numbers; what follows them in fours of bytes.
        pairs, numbers = whole.cast("Q"), whole.cast("I")
        width = _SIZE // pairs.itemsize
        self._local_ips = [pairs[at::width].tolist() for at in (0, 1)]
        self._remote_ips = [pairs[at::width].tolist() for at in (2, 3)]
        width = _SIZE // numbers.itemsize
        (
            self._families,
            states,
            self.timers,
            self.retransmits,
            self._local_ports,
            self._remote_ports,
            self._interfaces,
            self.recv_queues,
            self.send_queues,
            self.inodes,
            self._has_info,
            self._rtt_us,
            self._snd_cwnd,
            self._total_retrans,
            self._has_memory,
            self._drops,
        ) = (numbers[at::width].tolist() for at in range(_FIRST, width))
        self.states: bytes = bytes(states).translate(_STATES)

    def local(self) -> list[str]:
        """This end, as `show_address` writes it."""
        return self._ends(self._local_ips, self._local_ports)

    def remote(self) -> list[str]:
        """The other end, likewise; `*` where there is none."""
        return self._or_nobody(
            self._ends(self._remote_ips, self._remote_ports)
        )

    def peers(self) -> list[str]:
        """The other end's address without its port; `*` likewise."""
        return self._or_nobody(
            [text.strip("[]") for text in self._hosts(self._remote_ips)]
        )

    def rtt_us(self) -> list[int | None]:
        """TCP_INFO's; `None` without a sample, and of a listener."""
        return [rtt or None for rtt in self._rtt_us]

    def snd_cwnd(self) -> list[int | None]:
        """TCP_INFO's, segments; `None` of a listener."""
        return _where(self._has_info, self._snd_cwnd)

    def total_retrans(self) -> list[int | None]:
        """TCP_INFO's, segments; `None` of a listener."""
        return _where(self._has_info, self._total_retrans)

    def drops(self) -> list[int | None]:
        """Segments that each threw away; `None` as `Entry.drops`."""
        return _where(self._has_memory, self._drops)

    def _or_nobody(self, texts: list[str]) -> list[str]:
        return [
            text if port else "*"
            for text, port in zip(texts, self._remote_ports, strict=True)
        ]

    def _hosts(self, ips: list[list[int]]) -> list[str]:
        whose = zip(self._families, *ips, self._interfaces, strict=True)
        return list(map(_Hosts().__getitem__, whose))

    def _ends(self, ips: list[list[int]], ports: list[int]) -> list[str]:
        shown = map(_Ports().__getitem__, ports)
        return list(map(str.__add__, self._hosts(ips), shown))


def _where(told: list[int], values: list[int]) -> list[int | None]:
    return [
        value if is_told else None
        for value, is_told in zip(values, told, strict=True)
    ]


class _Hosts(dict[tuple[int, int, int, int], str]):
    """Addresses as `show_address` writes them, each made once."""

    def __missing__(self, key: tuple[int, int, int, int]) -> str:
        family, first, second, interface = key
        ip = _IP(first, second)
        if family == AF_INET:
            text = inet_ntop(AF_INET, ip[:4])
        else:
            scope = interface if is_link_local(ip) else 0
            host = (inet_ntop(AF_INET6, ip), None, 0, scope)
            text = f"[{show_address(host)}]"
        self[key] = text
        return text


class _Ports(dict[int, str]):
    """Ports with the colon before them, each made once."""

    def __missing__(self, key: int) -> str:
        text = self[key] = f":{key}"
        return text
