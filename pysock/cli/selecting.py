"""Which sockets a command is about: the words for it, and the sockets."""

from __future__ import annotations

from socket import AF_INET, AF_INET6

from pysock import sock_diag
from pysock.cli.elsewhere import add_netns, no_namespace
from pysock.cli.numbers import PID
from pysock.sock_diag.filter import endpoint, state_named
from pysock.sock_diag.processes import Process, owners, sockets_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pysock.sock_diag import Entry
    from pysock.sock_diag.filter import Endpoint
    from pysock.tcp.state import TcpState

FAMILIES = {None: None, "4": AF_INET, "6": AF_INET6}


def add_selection(parser: ArgumentParser) -> None:
    """Add the arguments that choose sockets, the same for every command."""
    parser.add_argument(
        "which",
        nargs="*",
        metavar="ADDRESS|PORT",
        type=_end,
        help="either end: 192.0.2.1, 192.0.2.0/24, 192.0.2.1:80, [::1]:80, "
        "80; two of them: this end and the other",
    )
    parser.add_argument(
        "--state",
        action="append",
        metavar="STATE",
        type=_state,
        help="in this state, in ss's words or the kernel's (listen, "
        "close-wait); may be given again",
    )
    parser.add_argument(
        "--local", metavar="ADDRESS", type=_address, help="this end"
    )
    parser.add_argument(
        "--remote", metavar="ADDRESS", type=_address, help="the other end"
    )
    parser.add_argument(
        "--pid", metavar="PID", type=PID, help="held by this process"
    )
    parser.add_argument(
        "--family", choices=("4", "6"), help="IPv4 or IPv6 sockets only"
    )
    add_netns(parser)


class _Anywhere:
    """A port, whatever the address."""

    def __init__(self, port: int) -> None:
        self.port = port


def _end(word: str) -> Endpoint | _Anywhere:
    word = word.removeprefix("*:").removeprefix(":")
    if word.isdecimal() and int(word) <= 0xFFFF:
        return _Anywhere(int(word))
    return _address(word)


def _address(word: str) -> Endpoint:
    return _checked(endpoint, word)  # type: ignore[no-any-return]


def _state(word: str) -> TcpState:
    return _checked(state_named, word)  # type: ignore[no-any-return]


def _checked(parse: Any, word: str) -> Any:
    """Let the parser's own sentence be the message."""
    from argparse import ArgumentTypeError

    try:
        return parse(word)
    except ValueError as exc:
        raise ArgumentTypeError(str(exc)) from None


def select(arguments: Namespace, **wanted: Any) -> list[Entry]:
    """Find the sockets that the arguments choose.

    Args:
        arguments: with what `add_selection` added.
        **wanted: what else is to be read of them; see `sock_diag.sockets`.

    Raises:
        OSError: the kernel cannot be asked, no such process or namespace
            (`ENOENT`), or no right to look into it (`EACCES`, `EPERM`).
    """
    netns = namespace_of(arguments)
    answers: list[list[Entry]] = []
    for filters in _questions(arguments):
        answers.append(
            list(
                sock_diag.sockets(
                    arguments.state,
                    family=FAMILIES[arguments.family],
                    netns=netns,
                    **filters,
                    **wanted,
                )
            )
        )
        # Both ends of a connection may be on this machine: it is the one
        # whose own address came first.
        if answers[-1] and len(arguments.which) == 2:
            break
    entries = answers[0]
    if len(answers) > 1:
        # Two questions may find the same socket.
        found = {e.cookie: e for answer in answers for e in answer}
        entries = list(found.values())
    if arguments.pid is None:
        return entries
    held = {inode for _, inode in sockets_of(arguments.pid)}
    return [entry for entry in entries if entry.inode in held]


def namespace_of(arguments: Namespace) -> str | int | None:
    """Where the sockets are: `--netns`, or where `--pid` is.

    Returns:
        what `sock_diag` takes as `netns`; `None` for this namespace.
    """
    netns: str | int | None = arguments.netns
    return arguments.pid if netns is None else netns


def _questions(arguments: Namespace) -> Iterator[dict[str, Any]]:
    """The filters that together say "either end"."""
    local = _filters("local", arguments.local)
    remote = _filters("remote", arguments.remote)
    ends = arguments.which
    if len(ends) == 2:
        for here, there in (ends, ends[::-1]):
            yield _filters("local", here) | _filters("remote", there)
        return
    if not ends:
        yield local | remote
        return
    # An end that --local or --remote names already is not the one meant.
    if not local:
        yield _filters("local", ends[0]) | remote
    if not remote:
        yield local | _filters("remote", ends[0])


def _filters(side: str, end: Any) -> dict[str, Any]:
    if end is None:
        return {}
    if isinstance(end, _Anywhere):
        return {f"{side}_port": end.port}
    return {side: end}


def is_usable(arguments: Namespace) -> str | None:
    """What is wrong with the selection, or `None`."""
    named = [arguments.local, arguments.remote]
    if len(arguments.which) + 2 - named.count(None) > 2:
        return "a connection has two ends: give two addresses at most"
    return no_namespace(arguments.pid) or no_namespace(arguments.netns)


def with_processes(
    entries: Iterable[Entry],
) -> dict[int, tuple[Process, ...]]:
    """Who holds these sockets, by inode."""
    return owners({entry.inode for entry in entries} - {0})


def processes_in_words(processes: tuple[Process, ...]) -> str:
    """`nginx/812 fd 7`, and so on."""
    return ", ".join(
        f"{process.name}/{process.pid} fd {process.fd}"
        for process in processes
    )
