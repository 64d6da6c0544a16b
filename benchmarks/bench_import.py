"""import pysock in a fresh interpreter that has imported socket already."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from pysock.cli.bench.pinning import pinned
from pysock.cli.bench.rounds import Measurement, Plan, Sides

_TIMED = """
from time import process_time
{before}
start = process_time()
import {name}
print(process_time() - start)
"""


def _seconds(before: str, name: str, cache: str) -> float:
    script = _TIMED.format(before=before, name=name)
    environment = dict(os.environ)
    # Where it is set, every import compiles, and that is what would show.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-X", f"pycache_prefix={cache}", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return float(done.stdout)


def on_top_of_socket(plan: Plan) -> Measurement:
    """Measure with byte code compiled and files cached: after one round."""
    sides = Sides()
    with tempfile.TemporaryDirectory(prefix="pysock-bench-") as cache:
        sides.add(
            "import pysock",
            lambda: _seconds("import socket", "pysock", cache),
        )
        sides.add("import socket", lambda: _seconds("", "socket", cache))
        with pinned():
            return sides.measure("import", plan, rounds=40)
