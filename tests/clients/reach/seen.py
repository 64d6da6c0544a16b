"""Let a client meet every failure, plain and under `pysock run`."""

import concurrent.futures
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from clients.reach import failures
from clients.reach.verdicts import CLIENTS, RACES, allowed, expected

DRIVER = Path(__file__).with_name("driver.py")

# Ports, addresses of objects and times are no two runs' the same.
_OWN = re.compile(r"\b(?:0x[0-9a-f]+|[0-9a-f]{10,}|\d{4,5})\b|\d+\.\d{2,}")
_CODE = re.compile(r"^\s*\|?\s*code  ([a-z0-9-]+)$", re.MULTILINE)
_PATIENCE_S = 90.0  # for all failures of a client
_LABELS = ("why", "seen", "try", "code")
_MOST_LINES, _WIDEST = 14, 150


def look(client, rows=tuple(failures.ROWS)):
    """What a client says: row to its outcomes, plain and noted."""
    file, dialect = CLIENTS[client]
    with contextlib.ExitStack() as stack:
        begun = {
            row: failures.begin(row, dialect, stack)
            for row in rows
            if failures.shared(row)
        }
        runs = []
        for noted in (False, True):
            met = [
                begun.get(row) or failures.begin(row, dialect, stack)
                for row in rows
            ]
            cells = [
                each.cell | {"waits": expected(client, row).waits}
                for row, each in zip(rows, met, strict=True)
            ]
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            child = _start(file, folder, cells, noted, stack)
            runs.append((met, child, folder))
        # Side by side: each is told when to go on.
        with concurrent.futures.ThreadPoolExecutor(len(runs)) as pool:
            plain, noted = pool.map(lambda run: _end(*run), runs)
    return {row: (plain[row], noted[row]) for row in rows}


def _start(file, folder, cells, noted, stack):
    words = ["-m", "pysock", "run"] if noted else []
    child = stack.enter_context(
        subprocess.Popen(
            [sys.executable, *words, DRIVER, file, folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
    )
    stack.callback(child.kill)
    print(json.dumps(cells), file=child.stdin)
    return child


def _end(met, child, folder):
    for line in child.stdout:
        assert line == "paused\n", line
        for each in met:
            if each.cell["pauses"]:
                each.address.cut()
        child.stdin.write("g")
        child.stdin.flush()
    _, said = child.communicate(timeout=_PATIENCE_S)
    assert child.returncode == 0, said[-3000:]
    return {
        each.cell["row"]: _outcome(Path(folder, each.cell["row"]))
        for each in met
    }


def _outcome(place):
    """What is left of a cell: no record where it was waiting still."""
    shown = Path(f"{place}.stderr").read_text(errors="replace")
    record = Path(f"{place}.json")
    if not record.exists():
        return {"waits": True, "raised": None, "shown": shown}
    return {"waits": False, **json.loads(record.read_text()), "shown": shown}


def same(client, row, plain, noted):
    """Whether two outcomes are alike: classes, arguments, texts, errnos."""
    race = RACES.get((client, row))
    either = () if race is None else race.texts
    return _comparable(plain, either) == _comparable(noted, either)


def _comparable(outcome, either):
    """An outcome without what differs from run to run, and without notes."""
    text = json.dumps(outcome["raised"])
    for part in either:
        for written in (json.dumps(part)[1:-1], json.dumps(repr(part))[2:-2]):
            text = text.replace(written, "...")
    return outcome["waits"], _OWN.sub("N", text)


def verdict_of(noted):
    """What was seen of a cell: the verdict, and the code or None."""
    codes = _CODE.findall(noted["shown"])
    if codes:
        return "explained", codes[-1]
    for question in ("why", "why_with_address"):
        if noted.get(question):
            return "named", noted[question]
    return "nothing", None


def is_as_expected(client, row, noted):
    """Whether an outcome is what is expected of that cell."""
    verdict, code = verdict_of(noted)
    return any(
        verdict == cell.verdict
        and noted["waits"] == cell.waits
        and (code in cell.codes or (code is None and not cell.codes))
        for cell in allowed(client, row)
    )


def is_heard_otherwise(noted):
    """Whether `on_failure` was told of other failures than what is shown.

    A client may fail once more when it cleans up; not what only ends or is
    cancelled, of which `on_failure` is not told.
    """
    verdict, code = verdict_of(noted)
    heard = noted.get("heard")
    return bool(heard) and verdict == "explained" and code not in heard


def last_lines(outcome):
    """What a user sees last: the last exception, and the note before it."""
    if outcome["waits"]:
        return "(it waits for ever)"
    if outcome["raised"] is None:
        return "(no failure: it connects again by itself)"
    lines = outcome["shown"].rstrip().splitlines()
    kind = outcome["raised"][0][0].removeprefix("builtins.")
    starts = [n for n, line in enumerate(lines) if line.startswith(kind)]
    last = starts[-1] if starts else max(0, len(lines) - _MOST_LINES)
    shown = lines[last:][:_MOST_LINES]
    notes = [n for n, line in enumerate(lines) if _CODE.match(line)]
    if notes and notes[-1] < last:
        # On the exception of the socket, which the last one was made of.
        block = "\n".join(_noted(lines[: notes[-1] + 1]))
        shown = [*textwrap.dedent(block).splitlines(), "...", *shown]
    return "\n".join(
        line if len(line) <= _WIDEST else f"{line[: _WIDEST - 3]}..."
        for line in shown
    )


def _noted(lines):
    """The exception that the last of some lines is the end of the note of."""
    at = len(lines) - 1
    while at and lines[at].lstrip("| ").split("  ")[0] in _LABELS:
        at -= 1
    return lines[at:]
