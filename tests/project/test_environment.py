"""docs/environment.md has every variable of ours that the package reads."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
READ = re.compile(r"""["'](PYSOCK_[A-Z_]+)["']""")


def test_every_variable_is_described():
    page = (ROOT / "docs" / "environment.md").read_text("utf-8")
    read = {
        name
        for file in (ROOT / "pysock").rglob("*.py")
        for name in READ.findall(file.read_text("utf-8"))
    }
    # From one process of `pysock bench` to another.
    read.discard("PYSOCK_BENCH_NATIVE")
    assert {"PYSOCK_NOTES", "PYSOCK_WITHOUT"} <= read
    assert {name for name in read if f"`{name}`" not in page} == set()
