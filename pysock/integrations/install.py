"""Put pysock in place of the standard module for a whole process."""

from __future__ import annotations

import socket as standard
import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# (module, name, what was there, what is there now) of every reference that
# install() turned.
_turned: list[tuple[ModuleType, str, Any, Any]] = []


def install() -> None:
    """Put pysock in place of `socket` for the whole process.

    Modules imported afterwards get pysock when they import `socket`. In
    modules imported before, a global that is the standard module, its class
    or one of its functions that pysock replaces is turned to pysock's.
    Classes made before from the standard class (`ssl.SSLSocket`, if `ssl` was
    imported already) stay what they are, so install early. Doing it twice
    does nothing more.
    """
    pysock = sys.modules["pysock"]
    if sys.modules.get("socket") is pysock:
        return
    ours = _replacements(pysock)
    module: Any
    for module in list(sys.modules.values()):
        # Modules only: anything may lie in sys.modules, and what merely looks
        # like a module may load or fail when it is looked at.
        if module is standard or not issubclass(type(module), ModuleType):
            continue
        names = object.__getattribute__(module, "__dict__")
        if str(names.get("__name__")).split(".")[0] == "pysock":
            continue
        for name, value in list(names.items()):
            if id(value) in ours and value is not None:
                try:
                    setattr(module, name, ours[id(value)])
                except Exception:
                    continue  # it refuses, which is its business
                _turned.append((module, name, value, ours[id(value)]))
    sys.modules["socket"] = pysock


def uninstall() -> None:
    """Undo `install()`: new imports, and what it turned, are standard again.

    Sockets made meanwhile stay what they are. Without an `install()` before
    it, this does nothing.
    """
    pysock = sys.modules["pysock"]
    if sys.modules.get("socket") is not pysock:
        return
    sys.modules["socket"] = standard
    while _turned:
        module, name, value, ours = _turned.pop()
        # Leave alone what somebody has replaced since.
        if getattr(module, name, None) is ours:
            setattr(module, name, value)


def _replacements(pysock: ModuleType) -> dict[int, Any]:
    """What stands for what, by the id of the standard module's object."""
    ours: dict[int, Any] = {id(standard): pysock}
    for name, value in vars(standard).items():
        if name.startswith("__"):
            continue
        replacement = getattr(pysock, name)
        if replacement is not value:
            ours[id(value)] = replacement
    return ours
