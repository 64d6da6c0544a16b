"""What a row of the catalogue is."""

from __future__ import annotations

from collections import namedtuple

from pysock.errors.errno_names import errno_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.errors.base import SocketError

CONNECT = ("connect",)
BIND = ("bind", "listen")
ACCEPT = ("accept",)
RECEIVE = (
    "recv",
    "recv_into",
    "recvfrom",
    "recvfrom_into",
    "recvmsg",
    "recvmsg_into",
    "recv_exactly",
)
SEND = ("send", "sendall", "sendto", "sendmsg", "sendfile")
TRANSFER = RECEIVE + SEND
DIAG = ("sockets", "find", "destroy", "obituaries", "syn_received")
ANY = ("any",)


class Failure(
    namedtuple(
        "Failure",
        "number situation calls errnos error origins meaning look",
    )
):
    """One row of the catalogue.

    Attributes:
        number: the row's name in the documentation, such as "6a".
        situation: what happened, in the words of the field.
        calls: socket methods that raise it; `("any",)` for every call.
        errnos: the errno numbers; empty where the kernel gives none.
        error: the class.
        origins: kinds of `Origin` it can have; empty if nobody said no.
        meaning: what it means on Linux, one sentence.
        look: what to look at next, one sentence.
    """

    __slots__ = ()

    number: str
    situation: str
    calls: tuple[str, ...]
    errnos: tuple[int, ...]
    error: type[SocketError]
    origins: tuple[str, ...]
    meaning: str
    look: str

    @property
    def errno_names(self) -> tuple[str, ...]:
        """The errnos by name, such as `ECONNREFUSED`."""
        return tuple(str(errno_name(number)) for number in self.errnos)

    @property
    def also(self) -> tuple[str, ...]:
        """The builtin exceptions that an old `except` line may name."""
        return tuple(
            base.__name__
            for base in self.error.__mro__
            if base.__module__ == "builtins"
            and base not in (OSError, Exception, BaseException, object)
        )
