"""`pysock errors`: every row, the rows for a word, and its tables."""

import json
import re
import subprocess
import sys

import pytest

from project.error_pages import RESOLVER
from pysock import errors
from pysock.cli.errors import matching
from pysock.cli.library_texts import TEXTS
from support.command import on_terminal, pysock_command
from testing.searched import SEARCHED


def rows_for(*words):
    done = pysock_command("errors", *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_row_is_listed_in_order():
    done = pysock_command("errors")
    assert (done.returncode, done.stderr) == (0, "")
    titles, *lines = done.stdout.splitlines()
    assert titles.split() == ["row", "errno", "class", "situation"]
    for line, row in zip(lines, errors.CATALOGUE, strict=True):
        assert line.split()[0] == row.number
        assert line.endswith(f"  {row.situation}")
        assert row.error.__name__ in line.split()


def test_json_has_every_attribute_of_every_row():
    objects = rows_for()
    assert len(objects) == len(errors.CATALOGUE)
    for shown, row in zip(objects, errors.CATALOGUE, strict=True):
        assert shown.pop("causes") == [c._asdict() for c in row.causes]
        kept = {k: v for k, v in shown.items() if k != "class"}
        assert shown["class"] == row.error.__name__
        assert {k: getattr(row, k) for k in kept} == {
            k: tuple(v) if isinstance(v, list) else v for k, v in kept.items()
        }


@pytest.mark.parametrize(
    ("word", "numbers"),
    [
        ("6a", ["6a"]),
        ("6A", ["6a"]),
        ("8", ["8", "8"]),
        ("3", ["3"]),
        ("3a", ["3a"]),
        ("ECONNREFUSED", ["3", "4", "25", "37"]),
        ("econnrefused", ["3", "4", "25", "37"]),
        ("111", ["3", "4", "25", "37"]),
        ("EISCONN", ["10"]),
        ("EOPNOTSUPP", ["6a", "18", "25", "30", "34"]),
        ("EWOULDBLOCK", ["16", "27", "37"]),
        ("ConnectRefusedError", ["3", "4"]),
        ("closedsocketerror", ["29"]),
        ("BindError", ["11", "12", "13", "16a", "36"]),
        ("BrokenPipeError", ["22", "23"]),
        ("Connection reset by peer", ["3a", "21"]),
        (
            "ConnectionResetError(104, 'Connection reset by peer')",
            ["3a", "21"],
        ),
        ("[Errno 32] Broken pipe: send 192.0.2.1:80", ["22", "23"]),
        ("OSError: [Errno 113] No route to host", ["5", "18", "25"]),
        ("code  peer-reset-idle", ["21"]),
        ("a 2026-11-24 ECONNABORTED b", ["17", "22a"]),
        ("connect() failed (111: Connection refused)", ["3", "4", "25", "37"]),
        ("no descriptor left", ["19"]),
        # glibc's words and musl's, on whichever this runs.
        ("connect: No route to host", ["5", "18", "25"]),
        ("connect: Host is unreachable", ["5", "18", "25"]),
        ("connect: Network is unreachable", ["6", "18", "25"]),
        ("connect: Network unreachable", ["6", "18", "25"]),
        ("bind: Address already in use", ["11"]),
        ("bind: Address in use", ["11"]),
        ("accept: Too many open files", ["19"]),
        ("accept: No file descriptors available", ["19"]),
    ],
)
def test_word_finds_its_rows(word, numbers):
    assert [row["number"] for row in rows_for(word)] == numbers


@pytest.mark.parametrize("known", SEARCHED, ids=lambda known: known.text)
def test_text_of_a_library_finds_what_may_be_behind_it(known):
    found = {c.code for row in matching(known.text) for c in row.causes}
    assert set(known.codes) <= found


@pytest.mark.parametrize("text", RESOLVER)
def test_text_of_the_resolver_finds_its_code(text):
    found = {c.code for row in matching(text) for c in row.causes}
    assert set(RESOLVER[text]) <= found


def test_no_text_is_known_that_nobody_made():
    made = " ".join([known.text for known in SEARCHED] + list(RESOLVER))
    assert [text for text in TEXTS if text not in made] == []


def test_row_is_printed_with_all_its_text():
    done = pysock_command("errors", "25")
    [row] = [row for row in errors.CATALOGUE if row.number == "25"]
    said = done.stdout
    for text in (row.situation, row.error.__name__):
        assert text in said
    for cause in row.causes:
        look = cause.look.format(host="HOST", port="PORT", address="")
        for text in (cause.code, cause.meaning, look):
            assert text in said
    for name, number in zip(row.errno_names, row.errnos, strict=True):
        assert re.search(rf"\b{name} \({number}, ", said)
    for call in row.calls:
        assert call in said


@pytest.mark.parametrize("code", ["peer-reset-idle", "bind-no-port", "tls"])
def test_a_code_finds_its_cause_alone(code):
    rows = rows_for(code)
    assert [[c["code"] for c in row["causes"]] for row in rows] == [[code]]
    said = pysock_command("errors", code).stdout
    assert [line for line in said.splitlines() if line[:5] == "code "] == [
        f"code       {code}"
    ]


def test_words_need_no_quotes():
    assert (
        pysock_command("errors", "Broken", "pipe").stdout
        == pysock_command("errors", "Broken pipe").stdout
    )


def test_number_of_a_row_that_is_an_errno_too_says_so():
    said = pysock_command("errors", "13").stdout
    assert "bind: privileged port" in said
    assert "`pysock errors EACCES`" in said


def test_unknown_word_gets_one_sentence_and_2():
    for word in ("999", "ENOSUCH", "NoSuchError", ""):
        done = pysock_command("errors", word)
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        assert repr(word.lower()) in done.stderr.lower()


def test_pipe_gets_plain_lines_even_where_rich_is_told_of_colours():
    done = pysock_command("errors", env={"COLUMNS": "40", "TERM": "xterm"})
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == len(errors.CATALOGUE) + 1


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_terminal_is_never_overrun(columns):
    status, shown = on_terminal("errors", columns=columns)
    assert status == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert max(map(len, plain.splitlines())) <= columns
    words = plain.split()
    for row in errors.CATALOGUE:
        assert row.error.__name__ in words
        assert row.situation.split()[-1] in words


def test_terminal_gets_colours_only_with_rich(tmp_path):
    # A module that hides the real one: as where the extra is not installed.
    (tmp_path / "rich.py").write_text("raise ImportError('not installed')\n")
    _, with_rich = on_terminal("errors", "3", columns=80)
    _, without = on_terminal(
        "errors", "3", columns=80, env={"PYTHONPATH": str(tmp_path)}
    )
    assert "\x1b[" in with_rich
    assert "\x1b[" not in without
    assert re.sub(r"\x1b\[[0-9;]*m", "", with_rich) == without


def test_reader_that_leaves_early_is_no_failure():
    command = f"{sys.executable} -m pysock errors --json | head -c 1"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[", "")


@pytest.mark.parametrize("text", ["9" * 5000, f"[Errno {'9' * 5000}]"])
def test_a_number_of_thousands_of_digits(text):
    """int() refuses it; it is no errno, and no reason for a traceback."""
    done = pysock_command("errors", text)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pysock errors: ")
    assert done.stderr.count("\n") == 1
