"""import pysock in a fresh interpreter that has imported socket already."""

from __future__ import annotations

import subprocess
import sys

from benchmarks import pinning
from benchmarks.harness import Measurement, Plan, interleave

_TIMED = """
from time import perf_counter
{before}
start = perf_counter()
import {name}
print(perf_counter() - start)
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
    """Seconds for one import, byte code compiled and files in the cache."""
    pinning.pin(pinning.MEASURED)
    return interleave(
        {
            "import pysock": lambda: _seconds("import socket", "pysock"),
            "import socket": lambda: _seconds("", "socket"),
        },
        plan.repeat(40),
    )
