"""Put wrapped methods into a socket class, in place, and take them out."""

from __future__ import annotations

from pysock.integrations.methods import wrapper_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import TypeIs

# Those whose failure is one of the connection, or of the call on it.
_EVERYWHERE = (
    "bind",
    "connect",
    "connect_ex",
    "dup",
    "getpeername",
    "getsockname",
    "getsockopt",
    "listen",
    "recv",
    "recv_into",
    "recvfrom",
    "recvfrom_into",
    "recvmsg",
    "recvmsg_into",
    "send",
    "sendall",
    "sendmsg",
    "sendto",
    "setsockopt",
    "shutdown",
)
# accept of the standard class is Python around this.
_STANDARD_ONLY = ("__init__", "_accept", "_sendfile_use_sendfile")

# (class, name, whether it was the class's own, what was there, what is there
# now) of each method that was wrapped.
_placed: list[tuple[type, str, bool, Any, Any]] = []


def is_socket_class(thing: object) -> TypeIs[type]:
    """Whether it is a class that has a socket's methods."""
    return isinstance(thing, type) and all(
        callable(getattr(thing, name, None))
        for name in ("connect", "recv", "send")
    )


def wrap_class(kind: type, *, standard: bool) -> None:
    """Wrap the methods of a class; those that are wrapped stay as they are.

    Args:
        kind: a class with a socket's methods. One below a class that is
            wrapped already needs no more: what it does itself goes there.
        standard: whether it is the interpreter's own.
    """
    done = {(placed[0], placed[1]) for placed in _placed}
    names = (
        *_EVERYWHERE,
        *(_STANDARD_ONLY if standard else ("accept",)),
    )
    for name in names:
        method = _look_up(kind, name)
        if method is None or (kind, name) in done:
            continue
        wrapper = wrapper_of(name, method)
        if wrapper is None:
            continue
        own = name in vars(kind)
        try:
            setattr(kind, name, wrapper)
        except (AttributeError, TypeError):
            return  # a class of C, or one that refuses: its business
        _placed.append((kind, name, own, method, wrapper))


def unwrap_classes() -> None:
    """Leave each class as it was, but for what others have put there since."""
    while _placed:
        kind, name, own, method, wrapper = _placed.pop()
        if vars(kind).get(name) is not wrapper:
            continue
        if own:
            setattr(kind, name, method)
        else:
            delattr(kind, name)


def _look_up(kind: type, name: str) -> Any:
    """What a class has under a name, not bound to anything."""
    for base in kind.__mro__:
        if name in vars(base):
            return vars(base)[name]
    return None
