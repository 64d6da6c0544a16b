"""docs/pysock.1 is what the parser says, and `man` can show it."""

import re
import shutil
import subprocess

import pytest

from project.man_page import PAGE, commands, page, prepared
from pysock.cli.parser import COMMANDS
from support.requirements import skip_or_fail


def plain(text):
    """The text without troff's marks."""
    text = re.sub(r"\\f[BIR]|\\,|\\/", "", text)
    return text.replace(r"\-", "-")


def test_page_is_what_would_be_written():
    assert PAGE.read_text("utf-8") == page(), "out of date: make man"


@pytest.mark.parametrize("name", COMMANDS)
def test_command_is_in_it_with_each_option(name):
    text = plain(PAGE.read_text("utf-8"))
    _, title, rest = text.partition(f"\n.SS pysock {name}\n")
    assert title
    of_it = re.split(r"\n\.S[SH] ", rest)[0]
    parser = commands(prepared()).choices[name]
    for action in parser._actions:
        if "-h" in action.option_strings:
            continue  # the usage has it
        assert all(option in of_it for option in action.option_strings)
        if action.help:
            words = " ".join(action.help.split()[:4])
            assert words in " ".join(of_it.split())


def test_man_shows_it():
    groff = shutil.which("groff")
    if groff is None:
        skip_or_fail("groff is not installed")
    done = subprocess.run(
        [groff, "-man", "-Tascii", "-ww", "-P-cbou", str(PAGE)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = " ".join(done.stdout.split())
    assert "NAME pysock - TCP failures and TCP state, told in words" in shown
    assert "EXIT STATUS 0 done" in shown
