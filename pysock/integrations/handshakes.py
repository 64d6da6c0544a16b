"""Handshakes that a library makes over memory: whose they are.

A read or write of the socket that fails in the middle of one is told as the
handshake's failure, and only so: to `on_failure` as in the note. Who carries
OpenSSL's bytes over a socket says here how to find that out.
"""

from __future__ import annotations

from pysock.errors.handlers import from_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pysock.errors import SocketError

    # Makes of a failure that of the handshake which the socket is in the
    # middle of; `None` where it is in none.
    Teller = Callable[[Any, SocketError], SocketError | None]

_tellers: list[Teller] = []


def add(teller: Teller) -> None:
    """Ask this one, too, when a read or write has failed."""
    if teller not in _tellers:
        _tellers.append(teller)


def remove(teller: Teller) -> None:
    """Ask it no more."""
    if teller in _tellers:
        _tellers.remove(teller)


def as_told(sock: Any, failure: SocketError) -> SocketError:
    """Give the failure as it is to be told.

    Where a teller fails, it is told as what it was before: somebody's socket
    may lack what is asked for, and must not cost the note.

    Args:
        sock: of the standard class, whose method has failed; `None` where
            there is none, as when a name does not resolve.
        failure: what came of it; not reported yet.
    """
    if sock is None:
        return failure
    for teller in list(_tellers):
        try:
            told = teller(sock, failure)
        except Exception as problem:
            if from_handler(problem):
                raise
            continue
        if told is not None:
            return told
    return failure
