"""Where a command is to go: `HOST PORT`, `HOST:PORT` or a URL."""

from __future__ import annotations

import argparse
import threading
from urllib.parse import urlsplit

import pysock
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Sequence
    from typing import Any

# The port of a URL without one, and whether TLS comes first; other schemes
# are looked for in /etc/services.
_SCHEMES = {
    "http": (80, False),
    "https": (443, True),
    "ws": (80, False),
    "wss": (443, True),
    "redis": (6379, False),
    "rediss": (6379, True),
    "postgres": (5432, False),
    "postgresql": (5432, False),
    "mysql": (3306, False),
    "mongodb": (27017, False),
    "amqp": (5672, False),
    "amqps": (5671, True),
}
_FAMILIES = {None: 0, "4": pysock.AF_INET, "6": pysock.AF_INET6}


class Target(Record):
    """A place to connect to.

    Attributes:
        host: a name, or a numeric address without brackets.
        port: 1 to 65535.
        tls: whether its URL says that TLS comes first.
    """

    host: str
    port: int
    tls: bool


def add_target(parser: ArgumentParser) -> None:
    """Add the words that say where to, as `arguments.target`."""
    parser.add_argument(
        "target",
        nargs="+",
        metavar="HOST PORT",
        action=_Parse,
        help="also HOST:PORT, [2001:db8::1]:80, or a URL; the port is a "
        "number or a service name",
    )
    parser.add_argument(
        "--family", choices=("4", "6"), help="IPv4 or IPv6 only"
    )


def resolve(target: Target, family: str | None) -> list[Any]:
    """Resolve in a thread: the C library's resolver ignores Ctrl-C.

    Args:
        target: where to.
        family: `"4"`, `"6"`, or `None` for both.

    Returns:
        what `getaddrinfo` returns.

    Raises:
        OSError: it does not resolve, or is no name that can be asked for.
    """
    outcome: list[Any] = []

    def ask() -> None:
        try:
            outcome.append(
                pysock.getaddrinfo(
                    target.host,
                    target.port,
                    _FAMILIES[family],
                    pysock.SOCK_STREAM,
                )
            )
        except UnicodeError as error:
            # A name that cannot even be asked for ("a..b").
            outcome.append(OSError(str(error)))
        except OSError as error:
            outcome.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join()
    [answer] = outcome
    if isinstance(answer, OSError):
        raise answer
    return answer  # type: ignore[no-any-return]


class _Parse(argparse.Action):
    """One word or two, to a `Target`."""

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        try:
            namespace.target = parse(list(values or ()))
        except ValueError as error:
            parser.error(str(error))


def parse(words: list[str]) -> Target:
    """Make a target of the words of a command line.

    Raises:
        ValueError: with the sentence for the user.
    """
    if len(words) > 2:
        raise ValueError(f"one place at a time: {' '.join(words)}")
    if len(words) == 2:
        return Target(_host(words[0]), _port(words[1]), False)
    [word] = words
    if "://" in word:
        return _of_url(word)
    host, colon, port = word.rpartition(":")
    if not colon or (":" in host.strip("[]") and not host.endswith("]")):
        raise ValueError(f"{word!r} has no port: HOST PORT, HOST:PORT or URL")
    return Target(_host(host), _port(port), False)


def _of_url(url: str) -> Target:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise ValueError(f"{url!r} has a port that is none") from None
    usual, tls = _SCHEMES.get(parts.scheme, (None, False))
    if port is None:
        port = usual if usual is not None else _port(parts.scheme)
    if not 0 < port < 65536:
        raise ValueError(f"{port} is no port: 1 to 65535")
    return Target(_host(parts.hostname or ""), port, tls)


def _host(word: str) -> str:
    host = word.removeprefix("[").removesuffix("]")
    if not host:
        raise ValueError("the host is empty")
    return host


def _port(word: str) -> int:
    if word.isdecimal():
        port = int(word)
        if not 0 < port < 65536:
            raise ValueError(f"{word} is no port: 1 to 65535")
        return port
    try:
        return pysock.getservbyname(word, "tcp")
    except (OSError, ValueError):
        raise ValueError(
            f"no service is called {word!r}: give a number"
        ) from None
