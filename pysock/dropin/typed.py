"""Methods of the standard class, wrapped so that their failures are typed."""

from __future__ import annotations

import sys
from types import FunctionType

from pysock.dropin.standard import standard_class
from pysock.errors.handlers import by_handler as by_handler
from pysock.late import late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.dropin.funnel import failure_of


# Where a method has its flags.
_FLAGS = {"recvfrom": 1, "recvfrom_into": 2, "recvmsg": 2, "recvmsg_into": 2}


def asked_by_repr() -> bool:
    """Whether the caller's caller is a `__repr__`.

    It asks a socket for its addresses, and no answer is one.
    """
    return sys._getframe(2).f_code.co_name == "__repr__"


if not TYPE_CHECKING:
    late(
        globals(),
        "dropin.funnel.failure_of",
    )


def typed(name: str) -> Callable[..., Any]:
    """Wrap a method of the standard class that is not on a hot path."""
    method = getattr(standard_class, name)
    at = _FLAGS.get(name)

    def wrapper(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except OSError as exc:
            if type(exc).__module__ != "builtins":
                raise  # typed already, or none of this module's
            if asked_by_repr() or not _is_its_own(exc, method):
                raise
            flags = kwargs.get("flags", 0)
            if at is not None and len(args) > at:
                flags = args[at]
            failure = failure_of(self, name, exc, flags=flags)
            if failure is None:
                raise
        try:
            raise failure
        finally:
            del failure  # a cycle: its traceback has this frame

    wrapper.__name__ = name
    wrapper.__qualname__ = f"socket.{name}"
    wrapper.__module__ = "pysock"
    wrapper.__doc__ = method.__doc__
    return wrapper


def _is_its_own(exc: OSError, method: Any) -> bool:
    """Whether a call on the socket failed, and nothing else in there did.

    Not a signal's handler, nor the file of sendfile: in the standard sendfile
    what `_sendfile_use_send` raises and we have not typed is the file's.
    """
    last: Any = exc.__traceback__
    if last.tb_next is None:
        return True
    while last.tb_next is not None:
        last = last.tb_next
    code = last.tb_frame.f_code
    return (
        isinstance(method, FunctionType)
        and code.co_filename == method.__code__.co_filename
        and code.co_name != "_sendfile_use_send"
    )
