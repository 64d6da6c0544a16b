"""A socket as JSON that people and `jq` read: words, and no nulls."""

from __future__ import annotations

from socket import AF_INET, AF_INET6

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FAMILIES = {AF_INET: "IPv4", AF_INET6: "IPv6"}


def slim(values: dict[str, Any], *, with_nulls: bool) -> dict[str, Any]:
    """What `Entry.as_dict` gives, with the family as a word.

    Args:
        values: the dictionary; not changed.
        with_nulls: whether to keep what the kernel did not tell, as `None`.
    """
    said = values if with_nulls else _without_nulls(values)
    return said | {"family": _FAMILIES[said["family"]]}


def _without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_nulls(value) if isinstance(value, dict) else value
        for name, value in values.items()
        if value is not None
    }
