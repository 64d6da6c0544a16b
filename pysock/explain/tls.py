"""What is told of a TLS session that failed."""

from __future__ import annotations

from pysock.errors.escape import printable
from pysock.explain.words import duration, many

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.explain.case import Case, Look

# So much of a plain-text answer is shown.
_SHOWN = 60


def broken(case: Case) -> None:
    """The connection was reset or closed under the session."""
    error: Any = case.error
    how = "reset" if error.ended == "reset" else "closed"
    if not error.in_handshake:
        case.why = f"{case.peer} {how} the connection in the TLS session"
        if how == "closed":
            case.why += ", without ending the session first"
        return
    case.why = (
        f"{case.peer} {how} the connection during the TLS handshake, "
        f"{_flight(case)}"
    )


def timed_out(case: Case) -> None:
    """The handshake was not over when the time was."""
    error: Any = case.error
    within = f" in {duration(error.elapsed)}" if error.elapsed else " in time"
    case.why = (
        f"the TLS handshake with {case.peer} was not finished{within}: the "
        f"connection stands, {_flight(case, waiting=True)}"
    )
    info = case.info
    if info is not None and info.unacked == 0 and info.bytes_acked:
        case.facts.append("its host has acknowledged all that was sent")


def plain_text(case: Case) -> None:
    """What came is no TLS."""
    error: Any = case.error
    if error.tls_reason in ("HTTP_REQUEST", "HTTPS_PROXY_REQUEST"):
        case.why = f"{case.peer} speaks plain HTTP to this TLS server"
        case.try_ = None
        return
    said = _first_line(error.plain_text)
    if said is None:
        case.why = f"{case.peer} did not answer in TLS"
    elif said.startswith("HTTP/"):
        case.why = f"{case.peer} speaks plain HTTP, not TLS: it said `{said}`"
    else:
        case.why = f"{case.peer} does not speak TLS: it said `...{said}`"


def certificate(case: Case) -> None:
    """The peer's certificate was not accepted here."""
    error: Any = case.error
    name = f" for {printable(error.server_name)}" if error.server_name else ""
    case.why = (
        f"the certificate of {case.peer} was not accepted{name}: "
        f"{printable(error.verify_message).rstrip('.')}"
    )


def version(case: Case) -> None:
    """No version or cipher in common."""
    case.why = (
        f"this program and {case.peer} have no TLS version or cipher in "
        f"common ({_reason(case)})"
    )


def other(case: Case) -> None:
    """Whatever else OpenSSL says."""
    error: Any = case.error
    if not error.tls_reason:
        return
    if "ALERT" in error.tls_reason:
        case.why = f"{case.peer} refused: it sent the alert {_reason(case)}"
    else:
        case.why = f"the TLS session with {case.peer} failed: {_reason(case)}"


def _flight(case: Case, *, waiting: bool = False) -> str:
    """How far the handshake had come, by what the peer had sent."""
    info = case.info
    came = None if info is None else info.bytes_received
    if came is None:
        return "how far it had come is not known"
    came -= bool(case.error._fin_came)  # the kernel counts a FIN as a byte
    if came:
        return f"after {many(came, 'byte')} of its answer"
    if waiting:
        return "and nothing has answered this program's first message"
    return "before it answered this program's first message"


def _reason(case: Case) -> str:
    error: Any = case.error
    reason = printable(error.tls_reason or "")
    return reason.replace("_", " ").lower().replace("alert ", "", 1)


def _first_line(data: bytes | None) -> str | None:
    """The first line of an answer, without what OpenSSL took of it."""
    if not data:
        return None
    line = data[:_SHOWN].split(b"\r", 1)[0].split(b"\n", 1)[0]
    text = printable(line.decode("ascii", "backslashreplace"))
    # "HTTP/1.1 400" without its head.
    if text[:2] in ("1.", "2 ", "2.") and " " in text:
        return f"HTTP/{text}"
    return text


LOOKS: dict[str, tuple[Look, ...]] = {}
TELLS = {
    "tls": other,
    "tls-certificate": certificate,
    "tls-closed": broken,
    "tls-plain-text": plain_text,
    "tls-reset": broken,
    "tls-timeout": timed_out,
    "tls-version": version,
}
