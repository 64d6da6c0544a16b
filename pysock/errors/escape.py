"""Text that somebody else chose, made safe to print."""

from __future__ import annotations

# A name longer than this is cut: nobody reads on, and a log line has an end.
_LONGEST = 256


def printable(text: object, longest: int | None = _LONGEST) -> str:
    r"""Escape what is no plain character: `\n`, `\x1b`, `\u202e`, `\xff`.

    Process names, host names and paths of UNIX sockets are chosen by others,
    and may hold what moves a terminal's cursor, ends a line of a log, or
    turns the order of the characters round.

    Args:
        text: what is to be shown; bytes are read as UTF-8.
        longest: characters after which it is cut; `None` for no limit.

    Returns:
        one line of printable characters. A backslash stays what it is.
    """
    if isinstance(text, (bytes, bytearray)):
        text = bytes(text).decode("utf-8", "surrogateescape")
    text = str(text)
    if longest is not None and len(text) > longest:
        text = f"{text[:longest]}..."
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    if "\udc80" <= character <= "\udcff":
        # A byte that is no UTF-8, as Python carries it in a str.
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
