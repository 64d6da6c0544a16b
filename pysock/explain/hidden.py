"""The explanation that a traceback would not show."""

from __future__ import annotations

from pysock.errors import SocketError
from pysock.explain.chain import details
from pysock.explain.end_of_stream import behind
from pysock.explain.notes import attached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def hidden_note(exception: BaseException) -> str | None:
    """Write what is known of the failure behind an exception.

    Args:
        exception: what is about to be shown, or has just been.

    Returns:
        the note, as the environment wants it; `None` if its traceback shows
        a note already, and where there is nothing behind it.
    """
    for link in _shown(exception):
        if isinstance(link, SocketError) or attached(link) is not None:
            return None
    failure = details(exception) or behind(exception) or _told_by(exception)
    if failure is None:
        return None
    # All that explains: not before there is something to explain.
    from pysock.explain.telling import note_of

    return note_of(failure)


def _told_by(exception: BaseException) -> SocketError | None:
    # Not before an exception is shown.
    from pysock.explain.plain import told_by

    return told_by(exception)


def _shown(exception: BaseException) -> Iterator[BaseException]:
    """What a traceback shows of a chain."""
    queue, seen = [exception], {id(exception)}
    for link in queue:
        yield link
        shown: list[BaseException | None] = [link.__cause__]
        if not link.__suppress_context__:
            shown.append(link.__context__)
        if isinstance(link, BaseExceptionGroup):
            shown += link.exceptions
        for inner in shown:
            if inner is not None and id(inner) not in seen:
                seen.add(id(inner))
                queue.append(inner)
