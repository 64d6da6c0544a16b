"""`pysock watch`: sockets again and again: live, recorded, as a picture."""

from __future__ import annotations

import json
import sys
import time
from functools import partial

from pysock.cli.numbers import count, seconds
from pysock.cli.recording import Reading, Watcher, load, name_of
from pysock.cli.selecting import add_selection, is_usable
from pysock.cli.slim import add_all_argument, slim
from pysock.errors import show_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from typing import Any

NAME = "watch"
HELP = "watch connections or listeners; record them, draw them"
NO = "there is no such socket"

_BAD_USAGE = 2
_LEAST_INTERVAL = 0.02


def add_arguments(parser: ArgumentParser) -> None:
    """Add what may follow `pysock watch`."""
    add_selection(parser)
    parser.add_argument(
        "--interval",
        metavar="S",
        type=seconds(_LEAST_INTERVAL),
        default=1.0,
        help="seconds between two looks (default: 1)",
    )
    parser.add_argument(
        "--count", metavar="N", type=count(), help="stop after so many looks"
    )
    parser.add_argument(
        "--jsonl",
        action="store_true",
        help="record: print each reading as one line of JSON",
    )
    add_all_argument(parser)
    parser.add_argument(
        "--plot",
        metavar="FILE",
        help="draw what was seen, when it ends: FILE.png, .svg or .pdf",
    )
    parser.add_argument(
        "--replay",
        metavar="FILE",
        help="look at nothing; take the recording in FILE (with --plot)",
    )


def run(arguments: Namespace) -> int:
    """Watch until Ctrl-C, q, --count, or until nothing is left."""
    problem = is_usable(arguments) or _problem(arguments)
    if problem:
        return _refuse(problem)
    if arguments.replay:
        try:
            readings = load(arguments.replay)
        except (OSError, ValueError) as exc:
            return _refuse(str(exc))
        return _draw(readings, arguments.plot, was_here=False)
    watcher = Watcher(arguments)
    try:
        first = watcher.look()
        if not first:
            print("pysock watch: no such socket", file=sys.stderr)
            return 1
        return _watch(watcher, first, arguments)
    finally:
        watcher.close()


def _problem(arguments: Namespace) -> str | None:
    if arguments.replay and not arguments.plot:
        return "--replay is for --plot"
    if arguments.plot:
        # Before the watching, not after an hour of it.
        from pysock.cli.plot import missing

        return missing(arguments.plot)
    return None


def _refuse(sentence: str) -> int:
    print(f"pysock watch: {sentence}", file=sys.stderr)
    return _BAD_USAGE


def _watch(
    watcher: Watcher, first: list[Reading], arguments: Namespace
) -> int:
    seen: list[dict[str, Any]] = []
    show: Any = _show_line
    if arguments.jsonl:
        show = partial(_show_json, whole=arguments.all)
    view = None
    if sys.stdout.isatty() and not arguments.jsonl:
        from pysock.cli.live import View, missing

        problem = missing()
        if problem:
            print(f"pysock watch: {problem}", file=sys.stderr)
        else:
            view = View()
    try:
        _look_on(watcher, first, arguments, seen, show, view)
    except KeyboardInterrupt:
        # How a watch usually ends; what was seen is drawn all the same.
        if not arguments.plot:
            raise
    finally:
        if view is not None:
            view.close()
    return _draw(seen, arguments.plot) if arguments.plot else 0


def _look_on(
    watcher: Watcher,
    readings: list[Reading],
    arguments: Namespace,
    seen: list[dict[str, Any]],
    show: Any,
    view: Any,
) -> None:
    looks = 0
    due = time.monotonic()
    while True:
        looks += 1
        if arguments.plot:
            seen += [reading.as_dict() for reading in readings]
        if view is not None:
            view.show(readings)
        else:
            for reading in readings:
                show(reading)
        alive = [reading for reading in readings if not reading.is_last]
        if not alive or looks == arguments.count:
            return
        # By the clock, not by pauses: looking takes time too.
        due = max(due + arguments.interval, time.monotonic())
        pause = max(due - time.monotonic(), 0)
        if view is not None:
            if view.wants_to_quit(pause):
                return
        else:
            time.sleep(pause)
        readings = watcher.look()


def _show_json(reading: Reading, *, whole: bool) -> None:
    print(json.dumps(slim(reading.as_dict(), whole=whole)), flush=True)


def _show_line(reading: Reading) -> None:
    """One plain line, for a pipe: a word and its number, as `ss -i`."""
    entry, info = reading.entry, reading.entry.tcp_info
    clock = time.strftime("%H:%M:%S", time.localtime(reading.time))
    words = [clock, "DEAD" if reading.is_last else str(entry.state)]
    words.append(show_address(entry.local))
    if entry.remote_port:
        words.append(show_address(entry.remote))
        words.append(f"recv-q:{entry.recv_queue}")
        words.append(f"send-q:{entry.send_queue}")
    else:
        words.append(f"queue:{entry.recv_queue}/{entry.send_queue}")
        if entry.drops is not None:
            words.append(f"drops:{entry.drops}")
        if reading.queue_wait_ms is not None:
            words.append(f"wait:{reading.queue_wait_ms}ms")
    if info is not None and not info.is_listening:
        for word, value in (
            ("rtt", info.rtt_us and f"{info.rtt_us}us"),
            ("cwnd", info.snd_cwnd),
            ("unacked", info.unacked),
            ("delivery_rate", info.delivery_rate),
            ("retrans", info.total_retrans),
        ):
            if value is not None:
                words.append(f"{word}:{value}")
    if reading.stall is not None:
        words.append(reading.stall.kind)
    print(" ".join(words), flush=True)


def _draw(
    readings: list[dict[str, Any]], path: str, *, was_here: bool = True
) -> int:
    from pysock.cli.plot import draw, missing

    problem = missing(path)
    if problem or not readings:
        return _refuse(problem or "the recording is empty")
    try:
        drawn = draw(readings, path, was_here=was_here)
    except OSError as exc:
        return _refuse(f"{path}: {exc.strerror}")
    for reading in drawn:
        print(f"{path}: {name_of(reading)}", file=sys.stderr)
    return 0
