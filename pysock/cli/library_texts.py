"""What libraries and the resolver write, and the codes that can be behind it.

Each text was made for real (tests/testing/searched.py); it alone does not say
that nothing else can be behind it.
"""

from __future__ import annotations

_REFUSED, _NO_ANSWER = "connect-refused-reset", "connect-timeout-deadline"
_NO_NAME = ("name-not-found", "name-no-answer", "name-server-failed")
_CLOSED, _SLOW = ("peer-closed",), ("timeout-program-slow",)
_UNANSWERED = ("peer-reset-unanswered",)

TEXTS: dict[str, tuple[str, ...]] = {
    "Max retries exceeded with url": (
        _REFUSED,
        _NO_ANSWER,
        *_NO_NAME,
        "tls-plain-text",
    ),
    "Failed to establish a new connection": (_REFUSED,),
    "Cannot connect to host": (_REFUSED, *_NO_NAME),
    "Can't connect to MySQL server on": (_REFUSED, _NO_ANSWER, *_NO_NAME),
    "Timeout connecting to server": (_NO_ANSWER,),
    "Remote end closed connection without response": _CLOSED,
    "RemoteDisconnected": _CLOSED,
    "Server disconnected": _CLOSED,
    "Connection closed by server": _CLOSED,
    "IncompleteRead": _CLOSED,
    "Error while reading from": _UNANSWERED,
    "Read timed out": _SLOW,
    "Timeout reading from": _SLOW,
    "gaierror": _NO_NAME,
    "NameResolutionError": _NO_NAME,
    "Name or service not known": ("name-not-found",),
    # These two are musl's words (Alpine).
    "Name does not resolve": ("name-not-found",),
    "Unrecognized service": ("name-invalid",),
    "No address associated with hostname": ("name-not-found",),
    "Temporary failure in name resolution": _NO_NAME[1:],
    "Non-recoverable failure in name resolution": ("name-server-failed",),
    "Servname not supported for ai_socktype": ("name-invalid",),
    "handshake operation timed out": ("tls-timeout",),
    "WRONG_VERSION_NUMBER": ("tls-plain-text",),
    "CERTIFICATE_VERIFY_FAILED": ("tls-certificate",),
}


def codes_behind(line: str) -> set[str]:
    """Give the codes that a line of a log can have, as far as is known.

    Args:
        line: in small letters.
    """
    return {
        code
        for text, codes in TEXTS.items()
        if text.lower() in line
        for code in codes
    }
