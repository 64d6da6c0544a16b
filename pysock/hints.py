"""Names for `typing.get_type_hints`, without importing typing.

Annotations here are text, and what they name is imported for the type checker
only: that is what keeps `import pysock` cheap. Whoever evaluates the text (a
documentation tool, dependency injection) looks in the module of the function.
There stands, where a module lacks the name, the class itself if it is loaded
already, else `object`: any object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from sys import modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NAMES: dict[str, Any] = {
    "Callable": Callable,
    "Iterable": Iterable,
    "Iterator": Iterator,
    "Sequence": Sequence,
    **dict.fromkeys(
        (
            "Any",
            "Buffer",
            "Explanation",
            "ListenQueue",
            "Process",
            "Self",
            "SocketError",
            "Stall",
            "Struct",
            "TcpInfo",
            "TcpState",
            "Told",
        ),
        object,
    ),
}


def give_names(*names: str, **classes: Any) -> None:
    """Let modules of this package have the names.

    Args:
        *names: of the modules; all that are loaded if none.
        **classes: public classes by name, for this and all later times; what
            is no class is left alone.
    """
    _NAMES.update({n: c for n, c in classes.items() if isinstance(c, type)})
    for name in names or list(modules):
        module = modules.get(name)
        if not name.startswith("pysock.") or module is None:
            continue
        namespace = vars(module)
        if "__getattr__" in namespace:
            continue  # it gives its names itself, when it is asked
        for known, value in _NAMES.items():
            # A package has its parts under their names, and keeps them.
            if namespace.get(known, object) is object:
                namespace[known] = value
