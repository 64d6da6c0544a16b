"""`pysock run`: an unchanged program that sees what python shows it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support.command import pysock_command, start
from support.requirements import skip_or_fail

PROGRAMS = Path(__file__).parent.parent / "clients" / "programs"
GIGABYTE = 1 << 30

SHOW = """
import json, sys
main = sys.modules["__main__"]
json.dump({
    "argv": sys.argv,
    "path": sys.path,
    "name": __name__,
    "file": globals().get("__file__"),
    "package": __package__,
    "spec": getattr(__spec__, "name", None),
    "loader": getattr(__loader__, "__name__", type(__loader__).__name__),
    "cached": globals().get("__cached__", "not there"),
    "builtins": __builtins__ is sys.modules["builtins"],
    "globals": sorted(set(globals()) - {"json", "sys", "main"}),
    "is_main": vars(main) is globals(),
    "hook": sys.excepthook is sys.__excepthook__,
    "flags": sys.flags,
    "warnings": sys.warnoptions,
    "x": sys._xoptions,
}, sys.stdout)
"""


def plain(*words, **options):
    """Run the same words with python itself."""
    return subprocess.run(
        [sys.executable, *map(str, words)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


def both(*words, cwd, **options):
    """Run a program with python and with `pysock run`."""
    return (
        plain(*words, cwd=cwd, **options),
        pysock_command("run", *words, cwd=cwd, **options),
    )


@pytest.fixture
def folder(tmp_path):
    below = tmp_path / "below"
    below.mkdir()
    (below / "show.py").write_text(SHOW)
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(SHOW)
    container = tmp_path / "container"
    container.mkdir()
    (container / "__main__.py").write_text(SHOW)
    with zipfile.ZipFile(tmp_path / "packed.pyz", "w") as archive:
        archive.writestr("__main__.py", SHOW)
    (tmp_path / "link.py").symlink_to(below / "show.py")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["below/show.py"],
        ["below/show.py", "-m", "--json", "--", "-h", "x y"],
        ["link.py", "through a link"],
        ["container", "-x"],
        ["packed.pyz", "-x"],
        ["-m", "package", "-h", "--json"],
        ["-mpackage", "x"],
        ["-m", "package.__main__"],
        ["-c", SHOW],
        ["-c", SHOW, "-m", "x y"],
        ["-c" + SHOW, "x"],
    ],
    ids=lambda words: " ".join(words)[:30].split("\n")[0],
)
def test_program_sees_what_python_would_show_it(folder, words):
    expected, found = both(*words, cwd=folder)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == expected.stdout


def test_compiled_script_runs(folder):
    import py_compile

    py_compile.compile(folder / "below" / "show.py", folder / "show.pyc")
    expected, found = both("show.pyc", "x", cwd=folder)
    assert (found.returncode, found.stdout) == (0, expected.stdout)


def test_safe_path_keeps_the_folder_out(folder):
    expected = plain("-P", "below/show.py", cwd=folder)
    found = subprocess.run(
        [sys.executable, "-P", "-m", "pysock", "run", "below/show.py"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout == expected.stdout


@pytest.mark.parametrize(
    "source",
    [
        "import sys; sys.exit(7)",
        "import sys; sys.exit('a message')",
        "raise SystemExit",
        "import os; os._exit(9)",
        "raise KeyboardInterrupt",
        "def f():\n    1 / 0\nf()",
        "raise ValueError('outer') from KeyError('inner')",
        "this is no python",
        "import no_such_module",
        "import atexit; atexit.register(print, 'last words'); 1 / 0",
        "import sys; sys.excepthook = lambda *a: print('mine', a[1])\n1 / 0",
        "import threading, __main__\n"
        "threading.Timer(0.2, lambda: print(__main__.x, x)).start(); x = 5",
        "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
        "from __future__ import annotations\nx: nothing = 1",
        "x: int = 1\nprint(__annotations__)",
        "raise ExceptionGroup('g', [ValueError(1)])",
        "exec('1/0')",
    ],
)
def test_ending_is_as_with_python(tmp_path, source):
    (tmp_path / "program.py").write_text(source)
    expected, found = both("program.py", cwd=tmp_path)
    assert found.returncode == expected.returncode
    assert found.stdout == expected.stdout
    script = str(tmp_path / "program.py")
    # Whether a script's name is made absolute depends on the interpreter.
    assert found.stderr.replace(script, "program.py") == (
        expected.stderr.replace(script, "program.py")
    )


def test_traceback_of_a_module_is_as_with_python(tmp_path):
    (tmp_path / "program.py").write_text("def f():\n    1 / 0\nf()\n")
    expected, found = both("-m", "program", cwd=tmp_path)
    assert found.returncode == expected.returncode == 1
    # Python itself shows its runpy here; the program's frames come after.
    ours, theirs = (
        done.stderr.splitlines()[-9:] for done in (found, expected)
    )
    assert found.stderr.startswith("Traceback (most recent call last):\n")
    assert "runpy" not in found.stderr
    assert (
        ours[1:]
        == [line for line in theirs if "runpy" not in line][-len(ours) + 1 :]
    )


@pytest.mark.parametrize(
    "words", [["missing.py"], ["-m", "missing"], ["empty"]], ids=" ".join
)
def test_missing_program_gets_pythons_own_words(tmp_path, words):
    (tmp_path / "empty").mkdir()
    expected, found = both(*words, cwd=tmp_path)
    assert found.stdout == ""
    assert (found.returncode, found.stderr) == (
        expected.returncode,
        expected.stderr,
    )
    if words == ["missing.py"]:
        assert found.returncode == 2


@pytest.mark.parametrize("words", [[], ["-x"], ["-m"]])
def test_bad_usage_is_2(words):
    done = pysock_command("run", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: pysock run")


def test_help_is_about_run():
    done = pysock_command("run", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: pysock run")


def test_ctrl_c_reaches_the_program(tmp_path):
    program = tmp_path / "waits.py"
    program.write_text(
        "import socket\n"
        "print('ready', flush=True)\n"
        "socket.create_server(('127.0.0.1', 0)).accept()\n"
    )
    with start("run", program) as child:
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=20)
    assert child.returncode == -signal.SIGINT
    assert err.startswith(
        f'Traceback (most recent call last):\n  File "{program}"'
    )
    assert err.endswith("KeyboardInterrupt\n")


def test_uncaught_failure_is_explained(tmp_path, refusing_address):
    (tmp_path / "program.py").write_text(
        "import socket, sys\n"
        "host, port = sys.argv[1:]\n"
        "socket.create_connection((host, int(port)))\n"
    )
    done = pysock_command(
        "run", "program.py", *refusing_address[:2], cwd=tmp_path
    )
    assert done.returncode == 1
    frames = re.findall(r'File "(.*?)"', done.stderr)
    assert frames[0] == str(tmp_path / "program.py")
    *_, error, why, _, code = done.stderr.splitlines()
    assert error == "ConnectionRefusedError: [Errno 111] Connection refused"
    assert why.startswith("  why   nothing listens on port ")
    assert code == "  code  connect-refused-reset"


def test_nothing_is_imported_before_install_that_might_take_socket(tmp_path):
    (tmp_path / "program.py").write_text(
        "import sys; print(*sys.modules, sep='\\n')"
    )
    expected, found = both("program.py", cwd=tmp_path)
    extra = set(found.stdout.split()) - set(expected.stdout.split())
    tops = {name.partition(".")[0] for name in extra}
    assert "pysock" in tops
    # What pysock itself and socket need, and `python -m`.
    assert not tops & {
        "ssl", "asyncio", "http", "urllib", "email", "argparse", "logging",
        "threading", "subprocess", "json", "pathlib", "typing", "dataclasses",
        "multiprocessing", "concurrent", "ctypes", "rich",
    }  # fmt: skip
    commands = {n for n in extra if n.startswith("pysock.cli.")}
    # Which commands there are; it imports nothing of ours.
    assert commands == {"pysock.cli.run", "pysock.cli.parser"}


def test_the_program_has_the_standard_module(tmp_path):
    (tmp_path / "program.py").write_text(
        "import ssl, socket\n"
        "assert socket.__name__ == 'socket'\n"
        "assert socket.socket.__module__ == 'socket'\n"
        "assert type(socket.socket()) is socket.socket\n"
        "assert socket.socket in ssl.SSLSocket.__mro__\n"
        "print('itself')\n"
    )
    done = pysock_command("run", "program.py", cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("itself\n", "")


CODES = [
    "1/0",
    "def f():\n    1 / 0\nf()",
    "import sys; sys.exit(3)",
    "this is no python",
    "if True:\n  print(1)\n else: 5",
    "x = '''\n",
    "",
    "\n\n",
    "# only a comment",
    "print('caf\u00e9', __name__, __file__)",
    "   print(1)\n   def f():\n\n     raise KeyError(1)\n   f()",
    "\tprint(1)",
    "  print(1)\n print(2)",
    "from __future__ import annotations\nx: nothing = 1\nprint(x)",
    "import __main__; print(sorted(vars(__main__)))",
    "import inspect\ndef f(): pass\nprint(inspect.getsource(f))",
]


@pytest.mark.parametrize("code", CODES)
def test_code_ends_as_with_python(tmp_path, code):
    expected, found = both("-c", code, cwd=tmp_path)
    assert found.stdout == expected.stdout
    assert found.stderr == expected.stderr
    assert found.returncode == expected.returncode


@pytest.mark.parametrize(
    "flags",
    [
        ["-O"], ["-OO"], ["-B"], ["-E"], ["-s"], ["-u"], ["-b"], ["-q"],
        ["-P"], ["-I"], ["-Wonce"], ["-X", "utf8=0"], ["-X", "dev"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_flags_of_the_interpreter_hold(folder, flags):
    if flags == ["-I"] and not is_installed():
        skip_or_fail("pysock is not installed for python -I")
    expected = plain(*flags, "-c", SHOW, cwd=folder)
    found = plain(*flags, "-m", "pysock", "run", "-c", SHOW, cwd=folder)
    assert (found.stdout, found.stderr) == (expected.stdout, expected.stderr)


def is_installed():
    return plain("-I", "-c", "import pysock", cwd="/").returncode == 0


def run_program(name, *words, timeout=60):
    """Run one of tests/clients/programs; what it printed."""
    done = subprocess.run(
        [
            sys.executable, "-X", "dev", "-W", "error",
            "-m", "pysock", "run", PROGRAMS / name, *map(str, words),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[-4000:]
    return done.stdout


def test_http_server_and_urllib():
    assert run_program("http_urllib.py") == "served\n"


def test_http_server_with_tls(tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        skip_or_fail("the program openssl, to make a certificate, is missing")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            openssl, "req", "-x509", "-nodes", "-days", "2",
            "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
            "-keyout", key, "-out", certificate,
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )  # fmt: skip
    assert run_program("https_verified.py", certificate, key) == "served\n"


def test_asyncio_streams():
    assert run_program("asyncio_echo.py") == "echoed\n"


def test_requests():
    try:
        import requests  # noqa: F401
    except ImportError:
        skip_or_fail("the package requests is not installed")
    assert run_program("requests_get.py") == "got it\n"


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_download_of_a_gigabyte_has_the_same_hash():
    said = run_program("long_transfer.py", GIGABYTE, timeout=120)
    assert said == f"{GIGABYTE} bytes, the same hash\n"


def test_command_that_pip_installs_is_the_same(tmp_path):
    command = Path(sys.executable).parent / "pysock"
    if not os.access(command, os.X_OK):
        skip_or_fail("pysock is not installed with its command")
    (tmp_path / "program.py").write_text("def f():\n    1 / 0\nf()\n")
    done = subprocess.run(
        [command, "run", "program.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    expected = plain("program.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, expected.stderr)
