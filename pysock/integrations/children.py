"""Let the Python programs that this process starts be noted as well.

As `opentelemetry-instrument` does it: a folder on PYTHONPATH has a
`sitecustomize`, which each interpreter imports as it starts. Ours installs
the noted face, then runs the one that it hides. See `inherited/`.
"""

# pathlib is what a program may import after us.
# ruff: noqa: PTH100, PTH118, PTH120

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inherited")

# Names of what is to be left out, as `install()` has them.
WITHOUT = "PYSOCK_WITHOUT"


def pass_on(without: Iterable[str] = ()) -> None:
    """Set the environment so that children install the noted face too.

    Args:
        without: what they are to leave out: `asyncio`, `tls`, `trio`.
    """
    os.environ["PYTHONPATH"] = os.pathsep.join([FOLDER, *_others()])
    os.environ.pop(WITHOUT, None)
    if without:
        os.environ[WITHOUT] = " ".join(without)


def keep_to_ourselves() -> None:
    """Undo `pass_on`; what others have changed since stays as it is."""
    others = _others()
    if others:
        os.environ["PYTHONPATH"] = os.pathsep.join(others)
    else:
        os.environ.pop("PYTHONPATH", None)
    os.environ.pop(WITHOUT, None)


def _others() -> list[str]:
    """The folders on PYTHONPATH but ours; an empty one is this folder."""
    path = os.environ.get("PYTHONPATH")
    if not path:
        return []  # set to nothing is as good as not set
    return [folder for folder in path.split(os.pathsep) if folder != FOLDER]
