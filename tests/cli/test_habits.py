"""What people expect of every command: help, guesses, pipes, completion."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pysock.cli.parser import COMMANDS, load
from support.command import pysock_command, start
from support.requirements import skip_or_fail


def test_help_without_a_word():
    bare = pysock_command()
    assert (bare.returncode, bare.stderr) == (0, "")
    assert all(f"    {name}" in bare.stdout for name in COMMANDS)
    assert "Exit status" in bare.stdout
    for words in (["help"], ["--help"], ["-h"]):
        assert pysock_command(*words).stdout == bare.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(name):
    shown = pysock_command("help", name)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == pysock_command(name, "--help").stdout
    assert shown.stdout.startswith("usage: pysock")
    assert "Exit status: " in shown.stdout
    # Which 1 is this command's, where it has one.
    no = getattr(load(name), "NO", None)
    said = " ".join(shown.stdout.split())
    assert (f"; 1 {no};" in said) == bool(no)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["soket"], "pysock: no command 'soket'; did you mean 'sockets'?"),
        (["help", "docter"], "did you mean 'doctor'?"),
        (["xyzzy"], "pysock: no command 'xyzzy' (see `pysock help`)"),
        (
            ["sockets", "--famly"],
            "pysock sockets: no option '--famly'; did you mean '--family'?",
        ),
        (["doctor", "80"], "pysock doctor: no argument '80'"),
    ],
)
def test_typing_errors(words, said):
    done = pysock_command(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said) or said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["errors"], ["errors", "--json"], ["help"], ["--version"]]
)
def test_a_full_disk(words):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pysock", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(": output: No space left on device\n")


@pytest.mark.parametrize("words", [["errors"], ["help"]])
def test_a_closed_pipe(words):
    with start(*words) as child:
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait(timeout=60) == 141


def test_no_output_at_all():
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m pysock errors >&-"],
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_completion_in_bash(tmp_path):
    """The shell itself is asked what it would offer."""
    if shutil.which("bash") is None:
        skip_or_fail("`bash` is not installed")
    script = tmp_path / "pysock.bash"
    script.write_text(pysock_command("completion", "bash").stdout)
    ask = f"""
    source {script}
    offer() {{
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
        $(complete -p pysock | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        echo "${{COMPREPLY[@]}}"
    }}
    offer pysock soc
    offer pysock sockets --gro
    """
    done = subprocess.run(
        ["bash", "-c", ask], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["sockets", "--group-by"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_of_other_shells(shell):
    done = pysock_command("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert "pysock" in done.stdout
    assert "obituaries" in done.stdout
