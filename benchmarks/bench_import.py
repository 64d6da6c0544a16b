"""Starting Python: with socket alone, and with pysock on top of it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile

from pysock.cli.bench.pinning import pinned
from pysock.cli.bench.rounds import Measurement, Plan, Sides


def _cpu_seconds(code: str, cache: str) -> float:
    environment = dict(os.environ)
    # Where it is set, every import compiles, and that is what would show.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-X", f"pycache_prefix={cache}", "-c", code],
        env=environment,
        check=True,
        timeout=60,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def startup(plan: Plan) -> Measurement:
    """Measure with byte code compiled and files cached: after one round."""
    sides = Sides()
    with tempfile.TemporaryDirectory(prefix="pysock-bench-") as cache:
        sides.add(
            "import pysock",
            lambda: _cpu_seconds("import socket, pysock", cache),
        )
        sides.add(
            "import socket", lambda: _cpu_seconds("import socket", cache)
        )
        with pinned():
            return sides.measure("starting Python", plan, rounds=60)
