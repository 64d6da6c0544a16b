"""Which libraries of the field are installed here."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from typing import Any

from pysock.cli.bench.rounds import Sides

PEERS = ("uvloop", "gevent", "trio", "pyroute2")


def is_installed(name: str) -> bool:
    """Whether a library can be imported."""
    return importlib.util.find_spec(name) is not None


def load(name: str) -> Any:
    """Import a library that may be missing, or one of its modules."""
    return importlib.import_module(name)


def leave_out(sides: Sides, name: str) -> None:
    """Say of a side that its library is missing."""
    sides.leave_out(name, f"{name} is not installed")


def versions() -> dict[str, str]:
    """Give the version of each that is installed."""
    return {
        name: importlib.metadata.version(name)
        for name in PEERS
        if is_installed(name)
    }
