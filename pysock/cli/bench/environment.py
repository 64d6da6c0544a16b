"""What was measured where: numbers mean nothing without it."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

import pysock
from pysock.cli.bench import peers


def environment() -> dict[str, str]:
    """Describe this machine and these versions, as they are now."""
    versions = [f"{name} {said}" for name, said in peers.versions().items()]
    return {
        "when": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "kernel": f"{platform.system()} {platform.release()}",
        "machine": f"{_processor()}, {len(os.sched_getaffinity(0))} CPUs",
        "load": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "python": platform.python_version(),
        "pysock": str(pysock.__version__),
        "peers": ", ".join(versions) or "none installed",
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.partition(':')[2].strip()} ({platform.machine()})"
    return platform.machine()
