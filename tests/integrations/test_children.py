"""Programs that a noted program starts: noted too, and not aware of it."""

import ast
import importlib.util
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pysock.integrations.children import FOLDER
from support import child
from support.command import pysock_command
from support.requirements import skip_or_fail

# Prints whether a failure is noted. Nothing of pysock is named.
FAIL = """
import socket, sys

def noted():
    with socket.socket() as bound, socket.socket() as sock:
        bound.bind(("127.0.0.1", 0))
        try:
            sock.connect(bound.getsockname())
        except ConnectionRefusedError as error:
            return hasattr(error, "__notes__")
"""

SAY = FAIL + "print(noted())\n"


def environment(**more):
    return {**os.environ, "PYTHONPATH": FOLDER, **more}


def python(*words, env, cwd=None, executable=sys.executable):
    done = subprocess.run(
        [executable, *map(str, words)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env=env,
        cwd=cwd,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


STARTS = {
    "subprocess": """
import subprocess
print(subprocess.run([sys.executable, "-c", SAY], capture_output=True,
    text=True).stdout.strip())
""",
    "os.system": """
import os, shlex
sys.stdout.flush()
os.system(shlex.join([sys.executable, "-c", SAY]))
""",
    "exec": """
import os
os.execv(sys.executable, [sys.executable, "-c", SAY])
""",
    "a grandchild": """
import subprocess
deeper = "import subprocess as s, sys; s.run([sys.executable, '-c', "
deeper += "sys.argv[1]])"
print(subprocess.run([sys.executable, "-c", deeper, SAY],
    capture_output=True, text=True).stdout.strip())
""",
    "fork": """
import multiprocessing
print(multiprocessing.get_context("fork").Pool(1).apply(noted))
""",
    "spawn": """
import multiprocessing
print(multiprocessing.get_context("spawn").Pool(1).apply(noted))
""",
    "forkserver": """
import multiprocessing
print(multiprocessing.get_context("forkserver").Pool(1).apply(noted))
""",
    "futures": """
import concurrent.futures, multiprocessing
with concurrent.futures.ProcessPoolExecutor(
    1, mp_context=multiprocessing.get_context("spawn")
) as pool:
    print(pool.submit(noted).result())
""",
}  # fmt: skip


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("face", ["run", "install", "env"])
def test_child_is_noted(tmp_path, start, face):
    body = STARTS[start].strip().replace("\n", "\n    ")
    script = tmp_path / "program.py"
    first = (
        "import pysock; pysock.install()\n    " if face == "install" else ""
    )
    script.write_text(
        f"{FAIL}SAY = {SAY!r}\nif __name__ == '__main__':\n    {first}{body}\n"
    )
    words = ["-m", "pysock", "run"] if face == "run" else []
    env = environment() if face == "env" else dict(os.environ)
    status, out, err = python("-W", "ignore", *words, script, env=env)
    assert (status, out) == (0, "True\n"), err


def test_child_that_imports_pysock_first_has_both_faces():
    say = "import pysock\n" + SAY + "print(pysock.socket.__module__)\n"
    status, out, err = python("-c", say, env=environment())
    assert (status, out, err) == (0, "True\npysock\n", "")


def test_without_it_nothing_is_noted():
    assert python("-c", SAY, env=dict(os.environ))[1] == "False\n"


def test_what_is_left_out_is_left_out_by_children_too():
    done = child.run(
        """
    import os, subprocess, sys, pysock
    pysock.install(tls=False)
    print(os.environ["PYSOCK_WITHOUT"])
    pysock.uninstall()
    assert "PYSOCK_WITHOUT" not in os.environ
    """
    )
    assert done.stdout == "tls\n"


PICTURE = """
import sys, os
print(sys.path, sys.argv, sys.flags, sorted(vars()))
print(sys.meta_path, sorted(sys.path_importer_cache))
print(sorted(name for name in sys.modules if "pysock" in name))
print("sitecustomize" in sys.modules, sys.warnoptions)
"""


@pytest.mark.parametrize(
    "flags", [[], ["-P"], ["-s"], ["-X", "dev"], ["-W", "error"]], ids=str
)
def test_child_that_uses_no_socket_sees_nothing(flags, tmp_path):
    """But for the finder that waits for the import."""
    words = [*flags, "-c", PICTURE]
    plain = python(*words, env=environment(PYTHONPATH=""), cwd=tmp_path)
    noted = python(*words, env=environment(), cwd=tmp_path)
    assert plain[0] == 0
    first, second = (done[1].splitlines() for done in (plain, noted))
    assert noted[2] == plain[2]
    assert first[0] == second[0]
    assert first[2:] == second[2:]
    assert "sitecustomize._Finder" in second[1]
    assert FOLDER not in second[1]


@pytest.mark.parametrize("flags", [["-I"], ["-E"], ["-S"]], ids=str)
def test_isolated_child_runs_plain(flags):
    status, out, err = python(*flags, "-c", SAY, env=environment())
    assert (status, out, err) == (0, "False\n", "")


def test_child_without_pysock_runs_plain_and_silent(tmp_path):
    """An interpreter of its own, with nothing installed."""
    import venv

    venv.create(tmp_path / "bare", with_pip=False)
    bare = tmp_path / "bare" / "bin" / "python"
    for flags in ([], ["-W", "error"], ["-X", "dev"]):
        status, out, err = python(
            *flags, "-c", SAY, env=environment(), executable=bare, cwd=tmp_path
        )
        assert (status, out, err) == (0, "False\n", "")


def test_another_module_of_that_name_is_not_taken(tmp_path):
    (tmp_path / "pysock.py").write_text("raise SystemExit('not me')\n")
    path = os.pathsep.join([FOLDER, str(tmp_path)])
    status, out, err = python(
        "-c", SAY, env=environment(PYTHONPATH=path), cwd=tmp_path
    )
    assert (status, out, err) == (0, "False\n", "")


def older_interpreters():
    found = [
        next(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"), None)
        for version in ("2.7", "3.6", "3.8", "3.10")
    ]
    return [executable for executable in found if executable]


def test_older_python_runs_plain_and_silent():
    """Those that are here, and at least the grammar of the others."""
    source = Path(FOLDER, "sitecustomize.py").read_text()
    ast.parse(source, feature_version=(3, 0))
    say = (
        "import socket, sys; print('sitecustomize' in sys.modules);"
        "print([p for p in sys.path if 'pysock' in p])"
    )
    for executable in older_interpreters():
        done = python("-c", say, env=environment(), executable=executable)
        assert done == (0, "False\n[]\n", ""), executable


REAL = "import sys; sys.marked = sys.modules[__name__].__file__\n"


def test_sitecustomize_that_was_there_runs(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(REAL)
    path = os.pathsep.join([FOLDER, str(tmp_path)])
    status, out, err = python(
        "-c",
        SAY + "print(sys.marked, sys.modules['sitecustomize'].__file__)",
        env=environment(PYTHONPATH=path),
    )
    real = tmp_path / "sitecustomize.py"
    assert (status, err) == (0, "")
    assert out == f"True\n{real} {real}\n"


@pytest.mark.parametrize(
    "source",
    ["1/0", "import nothing_of_the_kind", "raise SystemExit(5)", "x = ("],
)
def test_sitecustomize_that_fails_fails_as_before(tmp_path, source):
    (tmp_path / "sitecustomize.py").write_text(source)
    path = os.pathsep.join([FOLDER, str(tmp_path)])
    words = ["-c", "print('ran')"]
    plain = python(*words, env=environment(PYTHONPATH=str(tmp_path)))
    noted = python(*words, env=environment(PYTHONPATH=path))
    assert noted[:2] == plain[:2]
    # A traceback would show where it was called from.
    assert noted[2].splitlines()[-1:] == plain[2].splitlines()[-1:]


def test_env_is_for_a_shell_to_evaluate(tmp_path):
    done = pysock_command("env")
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "extra.py").write_text("print('found')")
    command = (
        f"{done.stdout}\n{shlex.quote(sys.executable)} -c "
        f"{shlex.quote('import extra' + SAY)}"
    )
    for before, status in ((str(tmp_path), 0), (None, 1)):
        env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        if before:
            env["PYTHONPATH"] = before
        shell = subprocess.run(
            ["/bin/sh", "-c", command],
            capture_output=True,
            text=True,
            env=env,
            cwd="/",
            timeout=60,
            check=False,
        )
        assert shell.returncode == status
        if before:
            assert shell.stdout == "found\nTrue\n"


def test_uninstall_puts_the_environment_back():
    for before in (None, "", "/one:/two", ":/one", f"/one:{FOLDER}"):
        child.run(
            f"""
    import os, pysock
    before = {before!r}
    os.environ.pop("PYTHONPATH", None)
    if before is not None:
        os.environ["PYTHONPATH"] = before
    pysock.install()
    inherited = os.environ["PYTHONPATH"].split(":")
    assert inherited.count({FOLDER!r}) == 1
    assert inherited[0] == {FOLDER!r}
    pysock.uninstall()
    left = os.environ.get("PYTHONPATH")
    assert left == {{"": None, "/one:{FOLDER}": "/one"}}.get(before, before)
    """
        )


@pytest.mark.foreign
def test_workers_of_pytest_xdist_are_noted(tmp_path):
    if importlib.util.find_spec("xdist") is None:
        skip_or_fail("the package pytest-xdist is not installed")
    (tmp_path / "test_noted.py").write_text(
        FAIL + "\ndef test_noted(worker_id):\n"
        "    assert worker_id != 'master' and noted()\n"
    )
    words = ["-m", "pytest", "-n", "2", "-p", "no:cacheprovider"]
    status, out, _ = python(
        "-m", "pysock", "run", *words, cwd=tmp_path, env=dict(os.environ)
    )
    assert status == 0, out
