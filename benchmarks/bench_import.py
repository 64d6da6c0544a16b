"""import pysock in a fresh interpreter that has imported socket already."""

from __future__ import annotations

import subprocess
import sys

from pysock.cli.bench.pinning import pinned
from pysock.cli.bench.rounds import Measurement, Plan, Sides

_TIMED = """
from time import process_time
{before}
start = process_time()
import {name}
print(process_time() - start)
"""


def _seconds(before: str, name: str) -> float:
    script = _TIMED.format(before=before, name=name)
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return float(done.stdout)


def on_top_of_socket(plan: Plan) -> Measurement:
    """Measure with byte code compiled and files cached."""
    sides = Sides()
    sides.add("import pysock", lambda: _seconds("import socket", "pysock"))
    sides.add("import socket", lambda: _seconds("", "socket"))
    with pinned():
        return sides.measure("import", plan, rounds=40)
