"""CONTRIBUTING.md: what it names exists, and its map is the one enforced."""

import re
from pathlib import Path

import pytest

from project.test_layout import WINGS

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TARGETS = set(
    re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
)
# Paths in backticks, without those that stand for any name.
PATHS = sorted(
    {
        path
        for path in re.findall(r"`([\w.-]+/[\w./*-]*|\w+\.(?:md|toml))`", TEXT)
        if not re.search(r"[A-Z]{4}(?!.*\.md)", path)
        and path not in ("dist/", "_ffi")
    }
)


# A wing's file is named without the folders that the sentence has named.
BASES = [ROOT, ROOT / "pysock", ROOT / "pysock" / "cli", ROOT / "tests"]


@pytest.mark.parametrize("path", PATHS)
def test_path_exists(path):
    assert any(list(base.glob(path.rstrip("/"))) for base in BASES)


@pytest.mark.parametrize(
    "target", sorted(set(re.findall(r"`make ([a-z-]+)", TEXT)))
)
def test_target_exists(target):
    assert target in TARGETS


def test_map_is_the_order_of_the_wings():
    rows = re.findall(r"^\| `pysock/(\w*)(?:/|\.py)?` \|", TEXT, re.MULTILINE)
    shown = ["" if name == "__init__" else name for name in rows]
    assert shown[::-1] == [w for w in WINGS if w not in ("_ffi", "__main__")]
