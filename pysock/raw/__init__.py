"""The system calls of a TCP socket's life, on bare descriptors.

One function each, named as the call. Values come out, typed exceptions are
raised. A function does what its system call does and adds nothing: no retry,
no wait, no change of mode. They are for scripts, and for other people's event
loops. Every function may be called from any thread; none holds the GIL while
the kernel works; closing a descriptor while another thread uses it is the
caller's business, as in C.

Unless said otherwise each raises `ClosedSocketError` (`EBADF`) for a
descriptor that is not open and `SocketError` (`ENOTSOCK`) for one that is no
socket.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.raw.descriptors import (
        ERROR,
        HANGUP,
        READABLE,
        WRITABLE,
        accept,
        close,
        close_with_reset,
        connect,
        disconnect,
        error_queue,
        getpeername,
        getsockname,
        shutdown,
        take_error,
        tcp_info,
        tcp_state,
        wait,
    )

__all__ = [
    "ERROR",
    "HANGUP",
    "READABLE",
    "WRITABLE",
    "accept",
    "close",
    "close_with_reset",
    "connect",
    "disconnect",
    "error_queue",
    "getpeername",
    "getsockname",
    "shutdown",
    "take_error",
    "tcp_info",
    "tcp_state",
    "wait",
]

if not TYPE_CHECKING:  # a checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """Give what is loaded late: whatever is public here."""
        if name not in __all__:
            raise AttributeError(
                f"module {__name__!r} has no attribute {name!r}"
            )
        from pysock.hints import give_names
        from pysock.raw import descriptors

        give_names(descriptors.__name__)
        value = globals()[name] = vars(descriptors)[name]
        return value


def __dir__() -> list[str]:
    """Name what is loaded late too."""
    return sorted({*globals(), *__all__})
