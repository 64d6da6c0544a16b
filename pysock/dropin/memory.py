"""What a later failure of a socket needs to know of its earlier calls.

Our own sockets have slots for it; a socket of the standard class, or of
somebody's subclass, must look as it did, so for those it is kept beside.
"""

from __future__ import annotations

from types import MemberDescriptorType

from pysock.errors.handlers import from_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

# What was ever kept, of any socket. Most programs never keep most of it, and
# to find a slot unset costs an exception inside the interpreter (0.4 to 0.9
# us): as much as a look at the kernel.
_kept: set[str] = set()
# Made when the first socket without our slots needs it.
_beside: MutableMapping[Any, dict[str, Any]] | None = None


def remember(sock: Any, name: str, value: Any) -> None:
    """Keep something about a socket, for as long as the socket lives.

    What cannot be kept (a socket that takes no weak reference, or has no
    hash) is forgotten: an exception will say less.
    """
    global _beside
    _kept.add(name)
    if _has_slot(sock, name):
        setattr(sock, name, value)
        return
    try:
        if _beside is None:
            from weakref import WeakKeyDictionary

            _beside = WeakKeyDictionary()
        _beside.setdefault(sock, {})[name] = value
    except Exception as problem:
        # Somebody's hash or comparison may raise anything.
        if from_handler(problem):
            raise


def recall(sock: Any, name: str, default: Any = None) -> Any:
    """Give what was kept, or the default."""
    if name not in _kept:
        return default
    if _has_slot(sock, name):
        return getattr(sock, name, default)
    if _beside is None:
        return default
    try:
        return _beside.get(sock, {}).get(name, default)
    except Exception as problem:
        if from_handler(problem):
            raise
        return default


def _has_slot(sock: Any, name: str) -> bool:
    slot = getattr(type(sock), name, None)
    return isinstance(slot, MemberDescriptorType)
