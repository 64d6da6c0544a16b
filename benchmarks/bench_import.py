"""Starting Python: with socket alone, and with pysock on top of it.

As who has installed it: a copy of the package lies in a virtual environment
of its own, its byte code compiled, as pip leaves it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pysock
from pysock.cli.bench.pinning import pinned
from pysock.cli.bench.rounds import Measurement, Plan, Sides

_SETTINGS = {
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPATH",
    "PYTHONPYCACHEPREFIX",
    "PYTHONSTARTUP",
}


def startup(plan: Plan) -> Measurement:
    """Measure `import pysock`."""
    return _started("import pysock", "import socket, pysock", plan)


def installing(plan: Plan) -> Measurement:
    """Measure `pysock.install()`, the import included."""
    code = "import socket, pysock; pysock.install()"
    return _started("install()", code, plan)


def _started(side: str, code: str, plan: Plan) -> Measurement:
    sides = Sides()
    with tempfile.TemporaryDirectory(prefix="pysock-bench-") as folder:
        python = _installed(Path(folder))
        sides.add(side, lambda: _cpu_seconds(python, code))
        sides.add(
            "import socket", lambda: _cpu_seconds(python, "import socket")
        )
        with pinned():
            return sides.measure("starting Python", plan, rounds=60)


def _installed(folder: Path) -> Path:
    """Make the environment; its interpreter."""
    venv.create(folder, symlinks=True)
    [packages] = folder.glob("lib/python3*/site-packages")
    shutil.copytree(
        Path(pysock.__file__).parent,
        packages / "pysock",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    backend = importlib.util.find_spec("_cffi_backend")
    assert backend is not None
    assert backend.origin is not None
    shutil.copy(backend.origin, packages)
    python = folder / "bin" / "python"
    subprocess.run(
        [python, "-m", "compileall", "-q", packages],
        env=_environment(),
        check=True,
        timeout=120,
    )
    return python


def _environment() -> dict[str, str]:
    """As a shell's; what would show is how the tree is worked on."""
    return {k: v for k, v in os.environ.items() if k not in _SETTINGS}


def _cpu_seconds(python: Path, code: str) -> float:
    # -P: the current folder may be the tree.
    words = [str(python), "-P", "-c", code]
    process = os.posix_spawn(python, words, _environment())
    _, status, used = os.wait4(process, 0)
    if status:
        sys.exit(f"{code!r} ended with the status {status}")
    return used.ru_utime + used.ru_stime
