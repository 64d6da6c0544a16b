"""`pysock connect`: connect as a program would, and say what happened."""

from __future__ import annotations

import threading
import time

import pysock
from pysock.cli.reading import in_words
from pysock.cli.table import add_json_argument, print_json, print_table
from pysock.errors import SocketError, show_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

    from pysock import TcpInfo

NAME = "connect"
HELP = "connect to a host and port; say what happened and what TCP saw"

_FAMILIES = {None: 0, "4": pysock.AF_INET, "6": pysock.AF_INET6}
_TITLES = ("address", "after", "round trip", "result")


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock connect`."""
    parser.add_argument("host", metavar="HOST", type=_host)
    parser.add_argument(
        "port", metavar="PORT", type=_port, help="a number or a service name"
    )
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=_seconds,
        default=10.0,
        help="seconds for each address (default: 10)",
    )
    parser.add_argument(
        "--family", choices=("4", "6"), help="IPv4 or IPv6 only"
    )
    add_json_argument(parser)


def _host(word: str) -> str:
    host = word.removeprefix("[").removesuffix("]")
    if not host:
        raise ValueError
    return host


def _port(word: str) -> int:
    port = int(word) if word.isdecimal() else _service(word)
    if not 0 < port < 65536:
        raise ValueError
    return port


def _service(word: str) -> int:
    try:
        return pysock.getservbyname(word, "tcp")
    except OSError:
        raise ValueError from None


def _seconds(word: str) -> float:
    seconds = float(word)
    # Longer than a day is a slip, and infinity no number of milliseconds.
    if not 0 < seconds <= 86400:
        raise ValueError
    return seconds


# What argparse calls them in "invalid ... value".
_host.__name__, _port.__name__, _seconds.__name__ = "host", "port", "timeout"


class Attempt:
    """What became of one address.

    Attributes:
        address: numeric, as `getaddrinfo` gave it; `None` if it gave none.
        elapsed: seconds that it took.
        error: the failure; `None` when connected.
        info: TCP_INFO right after the handshake, or of the failure.
        local_address: this end, when connected.
    """

    def __init__(self, address: tuple[Any, ...] | None) -> None:
        self.address = address
        self.elapsed = 0.0
        self.error: OSError | None = None
        self.info: TcpInfo | None = None
        self.local_address: tuple[Any, ...] | None = None

    def make(
        self, family: int, address: tuple[Any, ...], timeout: float
    ) -> None:
        """Connect, take a reading, and close again."""
        started = time.monotonic()
        try:
            with pysock.socket(family, pysock.SOCK_STREAM) as sock:
                sock.settimeout(timeout)
                sock.connect(address)
                self.elapsed = time.monotonic() - started
                self.info = sock.tcp_info()
                self.local_address = sock.getsockname()
        except OSError as error:
            self.elapsed = time.monotonic() - started
            self.error = error
            self.info = getattr(error, "tcp_info", None)

    @property
    def handshake_us(self) -> int | None:
        """The kernel's round-trip sample of the handshake."""
        return self.info.rtt_us if self.info and not self.error else None

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        result = "connected"
        if self.error is not None:
            result = f"{type(self.error).__name__}: {self.error}"
        rtt = self.handshake_us
        return (
            show_address(self.address) if self.address else "-",
            f"{self.elapsed * 1000:.1f} ms",
            f"{rtt / 1000:.3f} ms" if rtt else "-",
            result,
        )

    def as_dict(self) -> dict[str, Any]:
        """The attempt, ready for JSON."""
        return {
            "address": list(self.address) if self.address else None,
            "local_address": self.local_address,
            "connected": self.error is None,
            "elapsed": self.elapsed,
            "handshake_rtt_us": self.handshake_us,
            "tcp_info": self.info.as_dict() if self.info else None,
            "error": _error_as_dict(self.error),
            "explanation": _explanation(self.error),
        }


def _error_as_dict(error: OSError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    if isinstance(error, SocketError):
        return error.to_dict()
    return {
        "error": type(error).__name__,
        "errno": error.errno,
        "message": str(error),
    }


def _explanation(error: OSError | None) -> str | None:
    return error.explain() if isinstance(error, SocketError) else None


def run(arguments: Namespace) -> int:
    """Connect; 0 when one address answered, 1 when none did."""
    attempts = _attempts(arguments)
    connected = [one for one in attempts if one.error is None]
    if arguments.json:
        print_json(one.as_dict() for one in attempts)
    else:
        print_table(_TITLES, [one.cells() for one in attempts])
        for one in attempts:
            _print_story(one)
    return 0 if connected else 1


def _attempts(arguments: Namespace) -> list[Attempt]:
    """Try each address in turn until one answers, as create_connection."""
    attempts: list[Attempt] = []
    try:
        found = _resolve(
            arguments.host, arguments.port, _FAMILIES[arguments.family]
        )
    except (OSError, UnicodeError) as error:
        unresolved = Attempt(None)
        # A name that cannot even be asked for ("a..b") is a UnicodeError.
        unresolved.error = (
            error if isinstance(error, OSError) else OSError(str(error))
        )
        return [unresolved]
    for family, _type, _proto, _name, address in found:
        attempt = Attempt(address)
        attempts.append(attempt)
        attempt.make(family, address, arguments.timeout)
        if attempt.error is None:
            break
    return attempts


def _resolve(host: str, port: int, family: int) -> list[Any]:
    """Resolve in a thread: the C library's resolver ignores Ctrl-C."""
    outcome: list[Any] = []

    def ask() -> None:
        try:
            outcome.append(
                pysock.getaddrinfo(host, port, family, pysock.SOCK_STREAM)
            )
        except (OSError, UnicodeError) as error:
            outcome.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join()
    [answer] = outcome
    if isinstance(answer, Exception):
        raise answer
    return answer  # type: ignore[no-any-return]


def _print_story(attempt: Attempt) -> None:
    if attempt.error is not None:
        explanation = _explanation(attempt.error)
        if explanation:
            where = attempt.address
            print(f"\n{show_address(where)}" if where else "")
            print_table(("", ""), [("", explanation)])
        return
    assert attempt.info is not None
    print(
        f"\n{show_address(attempt.local_address)} is connected to "
        f"{show_address(attempt.address)}; TCP says:"
    )
    for group, fields in in_words(attempt.info):
        print()
        print_table((group, "", ""), fields)
