"""Text that others chose: escaped wherever it is shown."""

import contextlib
import json
import os
import socket
import subprocess
import sys

import pytest

import pysock
from pysock import errors
from pysock.errors import show_address
from pysock.explain.escape import printable
from support.child import run
from support.command import pysock_command

# A line that ends, a terminal that is told to clear itself, text that is
# turned round, a byte that is no UTF-8, an end of line that is not ASCII's.
EVIL = "a\nb\x1b[2Jc\u202ed\udcffe\u2028f\x7f"
SHOWN = r"a\nb\x1b[2Jc\u202ed\xffe\u2028f\x7f"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("naïve π 東", "naïve π 東"),
        (EVIL, SHOWN),
        (b"\xff\n\x00", r"\xff\n\x00"),
        ("C:\\temp", "C:\\temp"),
        (None, "None"),
        (7, "7"),
        ("x" * 256, "x" * 256),
        ("x" * 257, "x" * 256 + "..."),
        ("\U000e0001", r"\U000e0001"),
    ],
)
def test_printable(text, shown):
    assert printable(text) == shown
    assert printable(text).isprintable()


def test_every_character_comes_out_printable():
    for first in range(0, 0x110000, 256):
        text = "".join(map(chr, range(first, first + 256)))
        assert printable(text).isprintable()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (EVIL, SHOWN),
        ((EVIL, 80), f"{SHOWN}:80"),
        ((EVIL, None), SHOWN),
        (("fe80::1", 80, 0, EVIL), f"[fe80::1%{SHOWN}]:80"),
        (("::1", "\n"), "[::1]:\\n"),
        (b"\x00abstract", r"\x00abstract"),
    ],
)
def test_addresses(address, shown):
    assert show_address(address) == shown
    error = errors.error_for("connect", 111, address=address)
    assert str(error).endswith(f": connect {shown}")
    assert str(error).isprintable()


@pytest.mark.parametrize("kind", [errors.ResolveError, errors.ConnectError])
def test_explanations_of_a_name(kind):
    error = kind(-2, "x")
    error.call, error.address = "getaddrinfo", (EVIL, 80)
    told = error.explain()
    for text in (told.why, *told.seen, told.try_ or ""):
        assert text.isprintable()
    assert json.dumps(told.as_dict()).isprintable()
    # A command with such a name in it is not offered.
    assert told.try_ is None or "getent" not in told.try_


@contextlib.contextmanager
def holder():
    """A listener whose process calls itself something to be careful with."""
    process = subprocess.Popen(
        [sys.executable, "-c", (
            "import socket, sys\n"
            "with open('/proc/self/comm', 'wb') as comm:\n"
            "    comm.write(b'\\x1b[2J\\n\\xff\\xe2\\x80\\xaeabc')\n"
            "sock = socket.create_server(('127.0.0.1', 0))\n"
            "print(sock.getsockname()[1], flush=True)\n"
            "sys.stdin.read()\n"
        )],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with process:
        yield process, int(process.stdout.readline())
        process.stdin.close()


def test_the_name_of_another_process():
    with holder() as (process, port), pysock.socket() as sock:
        with pytest.raises(errors.AddressInUseError) as info:
            sock.bind(("127.0.0.1", port))
        text = info.value.explain().seen[0]
    assert f"(pid {process.pid}, \\x1b[2J\\n\\xff\\u202eabc, LISTEN)" in text
    assert text.isprintable()


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_tables_and_json_of_the_command(more):
    with holder() as (process, port):
        done = pysock_command("sockets", str(port), *more)
    assert str(process.pid) in done.stdout, done
    assert not set(done.stdout) & {"\x1b", "\u202e", "\udcff"}


def test_the_path_of_a_unix_socket(tmp_path):
    path = os.fsencode(tmp_path) + b"/\x1b[2J\n\xff"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(path)
        shown = show_address(sock.getsockname())
    assert shown.endswith(r"/\x1b[2J\n\xff")


def test_a_stdout_that_cannot_encode_it_shows_its_escape(tmp_path):
    path = tmp_path / "\u6771"
    path.mkdir()
    done = run(
        f"""
        import pysock.cli, pysock.cli.errors as command
        command.run = lambda arguments: print({str(path)!r}) or 0
        assert pysock.cli.main(["errors"]) == 0
        """,
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert done.stdout.endswith("\\u6771\n")


@pytest.mark.parametrize("name", ["a\nb.invalid", "\x1b[2J.invalid"])
def test_nothing_of_it_reaches_a_log(name):
    with pytest.raises(errors.ResolveError) as info:
        pysock.getaddrinfo(name, 80)
    note = "\n".join(info.value.__notes__)
    assert "\x1b" not in note
    assert all(line.startswith("  ") for line in note.splitlines())
