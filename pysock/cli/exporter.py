"""`pysock exporter`: the sockets of this machine, for Prometheus."""

from __future__ import annotations

import sys
import threading

from pysock.cli.elsewhere import add_netns, no_namespace
from pysock.cli.numbers import count
from pysock.explain.escape import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from prometheus_client import CollectorRegistry

NAME = "exporter"
HELP = "serve metrics to Prometheus: accept queues, states, losses, round trip"

_BAD_USAGE = 2
_LISTEN = "127.0.0.1:9734"


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock exporter`."""
    parser.add_argument(
        "--listen",
        metavar="ADDRESS:PORT",
        default=_LISTEN,
        help="where to serve /metrics; :PORT is on every address, port 0 "
        f"takes a free one (default: {_LISTEN}). Whoever reaches it reads "
        "names of processes and addresses of peers",
    )
    parser.add_argument(
        "--once", action="store_true", help="print the metrics, and end"
    )
    parser.add_argument(
        "--most",
        metavar="N",
        type=count(),
        default=50,
        help="values of a label at most, of each kind; the rest is summed up "
        "as `other` (default: 50)",
    )
    parser.add_argument(
        "--no-processes",
        action="store_true",
        help="do not look for who holds a socket, which takes the most time",
    )
    add_netns(parser)


def run(arguments: Namespace) -> int:
    """Serve until Ctrl-C; 2 if that cannot be done."""
    try:
        import prometheus_client  # noqa: F401
    except ImportError:
        return _refuse(
            "needs prometheus_client: pip install 'pysock-tcp[prometheus]'"
        )
    problem = no_namespace(arguments.netns)
    try:
        where = _address(arguments.listen)
    except ValueError as error:
        problem = str(error)
    return _refuse(problem) if problem else _export(arguments, where)


def _export(arguments: Namespace, where: tuple[str, int]) -> int:
    from prometheus_client import CollectorRegistry, generate_latest

    from pysock.integrations.prometheus import SocketCollector

    collector = SocketCollector(
        netns=arguments.netns,
        processes=not arguments.no_processes,
        most=arguments.most,
    )
    try:
        registry = CollectorRegistry()
        registry.register(collector)
        # What cannot be read is told now, and not to the first who asks.
        text = generate_latest(registry)
        if not arguments.once:
            return _serve(registry, *where)
        print(text.decode(), end="")
        return 0
    finally:
        collector.close()


def _serve(registry: CollectorRegistry, host: str, port: int) -> int:
    from prometheus_client import start_http_server

    try:
        server, _ = start_http_server(port, host, registry)
    except (OSError, UnicodeError) as error:
        said = getattr(error, "strerror", None) or error
        return _refuse(f"cannot listen on {_shown(host, port)}: {said}")
    shown = _shown(host, server.server_port)
    print(f"serving http://{shown}/metrics; Ctrl-C ends it", flush=True)
    # Its threads are daemons: nobody waits for a scrape under way.
    threading.Event().wait()
    return 0


def _address(words: str) -> tuple[str, int]:
    """Take `ADDRESS:PORT` apart.

    Raises:
        ValueError: it is none; the text is for who wrote it.
    """
    host, colon, port = words.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    is_number = port.isascii() and port.isdecimal() and len(port) <= 5
    if (
        not colon
        or not is_number
        or int(port) > 0xFFFF
        or (":" in host) != is_bracketed
    ):
        raise ValueError(
            "--listen takes ADDRESS:PORT, [IPV6]:PORT or :PORT, not "
            f"{printable(words)!r}"
        )
    return host.strip("[]") or "0.0.0.0", int(port)


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{printable(host)}:{port}"


def _refuse(sentence: str) -> int:
    print(f"pysock exporter: {sentence}", file=sys.stderr)
    return _BAD_USAGE
