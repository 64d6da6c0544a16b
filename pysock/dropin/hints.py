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
        ("Any", "Buffer", "Explanation", "Process", "Self", "Stall", "Struct"),
        object,
    ),
}


def give_names(**classes: type) -> None:
    """Let every module of this package that is loaded have the names.

    Args:
        **classes: public classes by name, for this and all later times.
    """
    _NAMES.update(classes)
    for name, module in list(modules.items()):
        if name.startswith("pysock."):
            # A package has its parts under their names, and keeps them.
            namespace = vars(module)
            for known, value in _NAMES.items():
                namespace.setdefault(known, value)
