"""Programs of users, as mypy reads them: with both modules, both faces."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pysock

PROGRAMS = Path(__file__).parent / "programs"
OBJECTION = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): error: .*\[(\S+)\]$")


def mypy(folder, *files):
    """What mypy says of the files, read from elsewhere than the tree."""
    # mypy does not follow the hook of an editable install.
    here = Path(pysock.__file__).parents[1]
    path = {} if here.name == "site-packages" else {"MYPYPATH": str(here)}
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-pretty",
         f"--cache-dir={folder / 'cache'}", *map(str, files)],
        env=os.environ | path, cwd=folder, timeout=240,
         capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def test_programs_are_understood(tmp_path):
    life = (PROGRAMS / "life.py").read_text()
    plain = tmp_path / "with_the_standard_module.py"
    changed = life.replace("import pysock as socket", "import socket")
    assert changed != life
    plain.write_text(changed)
    said = mypy(tmp_path, PROGRAMS / "life.py", PROGRAMS / "asking.py", plain)
    assert said == "Success: no issues found in 3 source files\n"


def test_mistakes_are_objected_to(tmp_path):
    mistakes = PROGRAMS / "mistakes.py"
    expected = {
        number: line.partition("# expected: ")[2]
        for number, line in enumerate(mistakes.read_text().splitlines(), 1)
        if "# expected: " in line
    }
    assert len(expected) > 5
    found = {}
    for line in mypy(tmp_path, mistakes).splitlines():
        if match := OBJECTION.match(line):
            found[int(match["line"])] = match[3]
    assert found == expected
