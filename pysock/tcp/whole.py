"""Every field of a reading at once: one call unpacks them all.

Who reads one field pays for one. Who writes down all of 30,000 sockets asks
three million times, and takes them by this: out of the same table, with what
each property says of the rest. `tests/tcp/test_whole.py` holds both to the
same answers.
"""

from __future__ import annotations

from _struct import Struct

from pysock.tcp.fields import SINCE_HANDSHAKE, Field, TcpFields
from pysock.tcp.state import FastOpenFailure, TcpCaState, TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_LISTEN = int(TcpState.LISTEN)
_FIELDS = {
    name: field
    for name, field in vars(TcpFields).items()
    if isinstance(field, Field)
}
# What makes up all that is no plain number, whatever its name: state and
# ca_state, the bits, and the last word, whose meaning has changed.
_FIRST, _BITS, _LAST = slice(0, 2), slice(5, 8), slice(276, 280)
# Most sockets have the same; a peer cannot make more than this be kept.
_MOST_KEPT = 512

_kept: dict[Any, dict[str, Any]] = {}
_plans: dict[int, _Plan] = {}


def unpacker(names: Iterable[str]) -> Callable[[bytes], tuple[int, ...]]:
    """Make what takes some fields out of a reading at once.

    Args:
        names: of fields that are plain numbers, in the order of the table.

    Returns:
        a function of the bytes, which must reach to the end of the last one.
        It gives the numbers as they stand there, also those that mean "not
        set".
    """
    code, at = "=", 0
    for field in map(_FIELDS.__getitem__, names):
        code += f"{field.offset - at}x{_CODES[field.size]}"
        at = field.offset + field.size
    return Struct(code).unpack_from


class _Plan:
    """How readings of one length are taken apart.

    Attributes:
        unpack: gives the numbers, of the bytes.
        names: what they are, in the same order.
        missing: the fields that are not there, with `None`.
        nones: name and value of those that have one for "not set".
    """

    __slots__ = ("missing", "names", "nones", "unpack")

    def __init__(self, length: int) -> None:
        there = {
            name: field
            for name, field in _FIELDS.items()
            if field.offset + field.size <= length
        }
        self.unpack = unpacker(there)
        self.names = tuple(there)
        self.missing = {name: None for name in _FIELDS if name not in there}
        self.nones = tuple(
            (name, field.none)
            for name, field in there.items()
            if field.none is not None
        )


def all_fields(
    info: TcpFields, names: tuple[str, ...], release: tuple[int, int]
) -> dict[str, Any]:
    """Every field by name, ready for JSON: what `TcpInfo.as_dict` gives.

    Args:
        info: the reading.
        names: of all fields, in the order that is wanted; those that are
            plain numbers come last, in the order of the table.
        release: of the kernel, on which the last word depends.
    """
    raw = info._raw
    if raw[0] == _LISTEN:
        return {name: _plain(getattr(info, name)) for name in names}
    plan = _plans.get(len(raw))
    if plan is None:
        plan = _plans[len(raw)] = _Plan(len(raw))
    key = len(raw), release, raw[_FIRST] + raw[_BITS] + raw[_LAST]
    kept = _kept.get(key)
    if kept is None:
        kept = _others(info, names)
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[key] = kept
    values = kept.copy()
    values.update(zip(plan.names, plan.unpack(raw), strict=True))
    for name, none in plan.nones:
        if values[name] == none:
            values[name] = None
    values.update(plan.missing)
    if not info.was_established:
        values.update(dict.fromkeys(SINCE_HANDSHAKE))
    # Not the one that is kept: the list belongs to who asked.
    words = values["option_names"]
    values["option_names"] = words if words is None else list(words)
    return values


def _others(info: TcpFields, names: tuple[str, ...]) -> dict[str, Any]:
    return {
        name: _plain(getattr(info, name))
        for name in names
        if name not in _FIELDS
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (TcpState, TcpCaState, FastOpenFailure)):
        return value.name
    return list(value) if isinstance(value, tuple) else value
