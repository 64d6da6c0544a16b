"""Rows 20 to 27: whatever a script of steps brings about."""

from __future__ import annotations

from collections.abc import Iterable

from pysock.testing.scripted import ANSWER, Scripted, Step
from pysock.testing.sockets import LOOPBACK


def script(
    steps: Iterable[Step],
    *,
    host: str = LOOPBACK,
    answer: bytes = ANSWER,
    times: int | None = None,
) -> Scripted:
    """Give the address of a server that plays a script to each client.

    Args:
        steps: played one after the other; at their end, or when the client
            closes, the connection is closed. A step is a tuple, or its name
            alone if it takes nothing:

            - ``("read", n)``: read n bytes;
            - ``"request"``: read one HTTP request; of another protocol, what
              comes at once;
            - ``("send", data)``: write these bytes;
            - ``"head"``: write the HTTP head of the answer;
            - ``("answer", n)``, ``"answer"``: write n bytes of the answer,
              or all that is left of it;
            - ``("slowly", n)``: the same, n bytes a second;
            - ``("wait", s)``: do nothing for s seconds;
            - ``"silence"``: do nothing until the client has reset;
            - ``"drain"``: read until the client closes;
            - ``"shutdown"``: send a FIN and go on;
            - ``"close"``, ``"reset"``: end with a FIN, with a RST;
            - ``"again"``: begin again at the first step;
            - ``("again_within", s)``: so if something comes within s seconds.
        host: an IP address of this machine.
        answer: the bytes of the answer; HTTP with 16,384 bytes unless given.
        times: how many connections are served so, before the others are
            answered in good health; ``None`` for all.

    Raises:
        ValueError: there is no such step, or it takes other arguments.
    """
    return Scripted(steps, host=host, answer=answer, times=times)
