"""The sources, read as text: short, with a docstring, C without a state."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "pysock"
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [
    *MODULES,
    *sorted((ROOT / "csrc").glob("*.[chp]*")),
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "benchmarks").rglob("*.py")),
]


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_source_file_is_short(path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_source_file(path):
    text = path.read_text()
    assert path.stem not in {"utils", "helpers", "common", "misc"}
    assert text.endswith("\n") or not text
    assert "\t" not in text
    if path.suffix == ".py" and not path.name.startswith("test_"):
        assert ast.get_docstring(ast.parse(text)), "no module docstring"
    elif path.suffix in (".c", ".h"):
        assert "Python.h" not in text
    # Not written whole, or this file would fail itself.
    for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X"):
        assert not re.search(rf"\b{word}\b", text), word


def test_c_keeps_no_state():
    """No static variable that is not constant, and no loop on EINTR."""
    for path in (ROOT / "csrc").glob("*.c"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        for line in text.splitlines():
            if line.startswith("static") and line.rstrip().endswith(";"):
                assert " const " in line or "(" in line, f"{path}: {line}"
        assert not re.search(r"while\s*\([^)]*EINTR", text), path


@pytest.mark.parametrize(
    "path", sorted((ROOT / "csrc").glob("*.c")), ids=lambda path: path.name
)
def test_every_c_file_has_a_test_file(path):
    assert list((ROOT / "tests").rglob(f"test_{path.stem}.py"))
