"""Which sockets are meant: states, addresses and ports, as the kernel asks.

The kernel runs a small program over each socket of a dump (`INET_DIAG_BC_*`
in include/uapi/linux/inet_diag.h), so that only those that fit are copied
out. This file turns what a caller wrote into that program. It is pure.
"""

from __future__ import annotations

import _socket
from struct import Struct

from pysock.errors.handlers import from_handler
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    # One condition: the operation's code and what follows its four bytes.
    Condition = tuple[int, bytes]
    # All of the conditions hold.
    Alternative = list[Condition]
    # One of the alternatives holds.
    Clause = list[Alternative]

AF_INET, AF_INET6 = _socket.AF_INET, _socket.AF_INET6

# struct inet_diag_bc_op; struct inet_diag_hostcond without its address.
_OP = Struct("=BBH")
_HOST = Struct("=BBxxi")
_INDEX = Struct("=I")
_JUMP, _SOURCE, _DESTINATION, _DEVICE = 1, 7, 8, 9
_AT_LEAST = {_SOURCE: 2, _DESTINATION: 4}
_AT_MOST = {_SOURCE: 3, _DESTINATION: 5}

# The kernel checks each jump by walking there from the start, so a long
# program costs the square of its length.
_MOST_PORTS = 512

MAPPED = bytes(10) + b"\xff\xff"

# Mask bit 13 of kernel 6.8: bound, but neither listening nor connected. It
# has the kernel walk another table, of ports, for some milliseconds.
_BOUND_INACTIVE = 1 << 13
ALL_STATES = sum(1 << state for state in TcpState)

# Words of `ss` that differ from the kernel's by more than a hyphen.
_STATE_WORDS = {
    "ESTAB": TcpState.ESTABLISHED,
    "FIN_WAIT_1": TcpState.FIN_WAIT1,
    "FIN_WAIT_2": TcpState.FIN_WAIT2,
    "UNCONN": TcpState.CLOSE,
    "CLOSED": TcpState.CLOSE,
    "LISTENING": TcpState.LISTEN,
    **{state.name: state for state in TcpState},
}


def state_named(word: TcpState | int | str) -> TcpState:
    """Find a state by the kernel's name or number, or by `ss`'s word.

    Raises:
        ValueError: there is no such state; the text has those there are.
    """
    try:
        if isinstance(word, str):
            return _STATE_WORDS[word.strip().upper().replace("-", "_")]
        return TcpState(word)
    except (KeyError, ValueError):
        names = ", ".join(state.name for state in TcpState)
        raise ValueError(f"no TCP state is {word!r}: {names}") from None


def state_mask(states: Any) -> int:
    """Turn a state, or several, into the kernel's mask; `None` is all.

    All but the sockets that are bound and idle, which only CLOSE gives.
    """
    if states is None:
        return ALL_STATES
    if isinstance(states, (str, int)):
        states = (states,)
    mask = 0
    for state in map(state_named, states):
        mask |= 1 << state
        if state is TcpState.CLOSE:
            mask |= _BOUND_INACTIVE
    if not mask:
        raise ValueError("no state at all: nothing can be found")
    return mask


class Endpoint:
    """One end of a connection, or a network of them, as asked for.

    Attributes:
        family: `AF_INET` or `AF_INET6`; an IPv4-mapped address is IPv4.
        ip: 4 or 16 bytes.
        prefix: how many of their bits count.
        port: 0 to 65535, or `None` if any.
        scope_id: interface index of a link-local address, or 0.
    """

    __slots__ = ("family", "ip", "port", "prefix", "scope_id")

    def __init__(
        self, family: int, ip: bytes, prefix: int, port: int | None, scope: int
    ) -> None:
        self.family: int = family
        self.ip: bytes = ip
        self.prefix: int = prefix
        self.port: int | None = port
        self.scope_id: int = scope

    @property
    def is_one_address(self) -> bool:
        """Whether all bits count."""
        return self.prefix == len(self.ip) * 8

    def clauses(self, side: int) -> list[Clause]:
        """The conditions on one side of a socket."""
        port = [] if self.port is None else ports_clause(side, self.port)
        host = _HOST.pack(self.family, self.prefix, -1) + self.ip
        device = (
            [[[(_DEVICE, _INDEX.pack(self.scope_id))]]]
            if self.scope_id
            else []
        )
        return [[[(side, host)]], *port, *device]


def endpoint(address: Any) -> Endpoint:
    """Read an address in any of its spellings.

    Args:
        address: `"192.0.2.1"`, `"192.0.2.0/24"`, `"192.0.2.1:80"`,
            `"2001:db8::/32"`, `"[2001:db8::1]:80"`, `"fe80::1%eth0"`, an
            object of `ipaddress`, or a tuple as `getsockname` gives it.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(address, Endpoint):
        return address
    try:
        if isinstance(address, (tuple, list)):
            host, port, scope = _from_tuple(address)
        else:
            host, port = _split_port(str(address))
            scope = 0
        return _endpoint(host, port, scope)
    except (ValueError, TypeError, OSError) as exc:
        if from_handler(exc):
            raise
        reason = f" ({exc})" if type(exc) is ValueError and exc.args else ""
        raise ValueError(
            f"not a numeric address: {address!r}{reason}"
        ) from None


def whole(address: Any) -> Endpoint:
    """Read the address of exactly one end, with its port.

    Raises:
        ValueError: malformed, a network, or without a port.
    """
    end = endpoint(address)
    if not end.is_one_address or end.port is None:
        raise ValueError(f"one address with its port, not {address!r}")
    return end


def anybody(local: Endpoint) -> Endpoint:
    """The remote end of a listener."""
    size = len(local.ip)
    return Endpoint(local.family, bytes(size), size * 8, 0, 0)


def _from_tuple(address: Any) -> tuple[str, int | None, int]:
    host, port, *rest = address
    if len(rest) not in (0, 2):
        raise ValueError("a tuple has two fields, or four for IPv6")
    return str(host), port, int(rest[1]) if rest else 0


def _split_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket:
            raise ValueError("the bracket is not closed")
        # Both [net/prefix] and [net]/prefix, as `ss` takes it.
        slash, colon, port = rest.partition(":")
        return host + slash, _port_from(port) if colon else None
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return host, _port_from(port)
    return text, None


def _port_from(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"port {text!r}")
    return int(text)


def _endpoint(host: str, port: int | None, scope: int) -> Endpoint:
    host, slash, prefix_text = host.partition("/")
    host, percent, zone = host.partition("%")
    if percent:
        scope = int(zone) if zone.isdigit() else _socket.if_nametoindex(zone)
    if port is not None:
        check_port(port)
    family = AF_INET6 if ":" in host else AF_INET
    ip = _socket.inet_pton(family, host)
    bits = len(ip) * 8
    prefix = _port_from(prefix_text) if slash else bits
    if prefix > bits:
        raise ValueError(f"a prefix of {prefix} bits")
    if ip.startswith(MAPPED) and prefix >= 96:
        family, ip, prefix = AF_INET, ip[12:], prefix - 96
    return Endpoint(family, ip, prefix, port, scope)


def check_port(port: Any) -> int:
    """Give the port back, if it is one."""
    if type(port) is not int or not 0 <= port <= 0xFFFF:
        raise ValueError(f"not a port: {port!r} (0 to 65535)")
    return port


def ports_clause(side: int, ports: Any) -> list[Clause]:
    """The condition that a port is one of these; none for `None`.

    Args:
        side: `_SOURCE` or `_DESTINATION`.
        ports: an int, a `range`, or several ints.

    Raises:
        ValueError: not a port, none at all, or more than 512 of them.
    """
    if ports is None:
        return []
    if isinstance(ports, range) and ports.step == 1 and ports:
        spans = [(check_port(ports[0]), check_port(ports[-1]))]
    elif isinstance(ports, int):
        spans = [(check_port(ports),) * 2]
    else:
        try:
            spans = [(check_port(port),) * 2 for port in ports]
        except TypeError:
            raise ValueError(f"not a port: {ports!r}") from None
    if not 0 < len(spans) <= _MOST_PORTS:
        raise ValueError(f"1 to {_MOST_PORTS} ports, or a range")
    return [
        [
            [
                (_AT_LEAST[side], _OP.pack(0, 0, low)),
                (_AT_MOST[side], _OP.pack(0, 0, high)),
            ]
            for low, high in spans
        ]
    ]


def bytecode(
    local: Endpoint | None,
    remote: Endpoint | None,
    local_port: Any,
    remote_port: Any,
) -> bytes:
    """Write the program that keeps a socket if all of this fits.

    Raises:
        ValueError: as `ports_clause`.
    """
    clauses = ports_clause(_SOURCE, local_port)
    clauses += ports_clause(_DESTINATION, remote_port)
    if local is not None:
        clauses += local.clauses(_SOURCE)
    if remote is not None:
        clauses += remote.clauses(_DESTINATION)
    return _assemble(clauses)


def _assemble(clauses: Iterable[Clause]) -> bytes:
    """Lay the conditions out: every clause must hold.

    A condition that holds goes on to the next; one that does not jumps to
    the next alternative, or four bytes behind the end, which is a no.
    """
    clauses = list(clauses)
    end = sum(_clause_size(clause) for clause in clauses)
    program = bytearray()
    for clause in clauses:
        clause_end = len(program) + _clause_size(clause)
        for alternative in clause:
            last = alternative is clause[-1]
            otherwise = len(program) + _size(alternative) + 4
            for code, payload in alternative:
                target = end + 4 if last else otherwise
                program += _OP.pack(
                    code, 4 + len(payload), target - len(program)
                )
                program += payload
            if not last:
                program += _OP.pack(_JUMP, 4, clause_end - len(program))
    return bytes(program)


def _size(alternative: Alternative) -> int:
    return sum(4 + len(payload) for _, payload in alternative)


def _clause_size(clause: Clause) -> int:
    return sum(map(_size, clause)) + 4 * (len(clause) - 1)
