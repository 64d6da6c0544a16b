"""Fixtures of the tests of the whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pysock


def with_byte_code(folder):
    """Variables that let children find and write byte code in a folder."""
    return {"PYTHONPYCACHEPREFIX": str(folder), "PYTHONDONTWRITEBYTECODE": ""}


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """Variables for children that find byte code of the whole package."""
    env = with_byte_code(tmp_path_factory.mktemp("cache"))
    subprocess.run(
        [
            sys.executable,
            "-m",
            "compileall",
            "-q",
            Path(pysock.__file__).parent,
        ],
        env={**os.environ, **env},
        check=True,
        timeout=120,
    )
    return env
