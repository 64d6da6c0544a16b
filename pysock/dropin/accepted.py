"""What accept makes of a descriptor."""

from __future__ import annotations

import _socket
from sys import modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_fileno = _socket.socket.fileno
_family = _socket.socket.family.__get__
_type = _socket.socket.type.__get__
_proto = _socket.socket.proto.__get__

# Where a replaced `pysock.socket` is looked up; see socket.py.
_public = modules["pysock"].__dict__


def kind_of(listener: Any) -> tuple[int, int, int]:
    """What its connections are: family, type and protocol."""
    try:
        return listener._pysock_kind  # type: ignore[no-any-return]
    except AttributeError:
        kind = (_family(listener), _type(listener), _proto(listener))
        listener._pysock_kind = kind
        return kind


def accepted(listener: Any, fd: int) -> Any:
    """Make the object for an accepted descriptor, or close it."""
    kind = kind_of(listener)
    made_by: Any = _public["socket"]
    if not (isinstance(made_by, type) and issubclass(made_by, _socket.socket)):
        return made_by(*kind, fileno=fd)
    made: Any = None
    try:
        made = made_by.__new__(made_by)
        made.__init__(*kind, fileno=fd)
    except BaseException:
        # An object that has the descriptor already will close it.
        if made is None or _fileno(made) != fd:
            _socket.close(fd)
        raise
    return made
