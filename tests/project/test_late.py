"""What only a failure needs: not loaded before one, and there when it comes.

Each child has byte code in a folder of its own, as an installed package has.
"""

import ast
import os
import shutil
from importlib import import_module
from pathlib import Path

import pytest

from pysock import late
from support import child
from support.requirements import skip_or_fail

ROOT = Path(late.__file__).parent


def kept_names():
    """The kept modules, each with its source."""
    for wing, names in late.KEPT.items():
        for name in names:
            whole = f"pysock.{wing}.{name}".removesuffix(".__init__")
            yield whole, ROOT / wing / f"{name}.py"


LOADED = """
    import sys
    import pysock
    from pysock import late
    print(*sys.modules)
    print(len(late._kept))
"""


@pytest.fixture(scope="module")
def loaded(compiled):
    """Every module that is there after `import pysock`."""
    names, count = child.run(LOADED, env=compiled).stdout.splitlines()
    assert int(count) == len(dict(kept_names()))
    return set(names.split())


def test_nothing_of_it_is_loaded(loaded):
    assert not loaded & dict(kept_names()).keys()


def at_import(path):
    """Yield the modules that a file imports when it is run."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if (ROOT.parent / whole.replace(".", "/")).is_dir() or (
                    ROOT.parent / f"{whole.replace('.', '/')}.py"
                ).exists():
                    yield whole


@pytest.mark.parametrize("name", dict(kept_names()))
def test_what_it_imports_is_kept_or_there(name, loaded):
    there = loaded | dict(kept_names()).keys()
    needed = set(at_import(dict(kept_names())[name]))
    assert needed - there == set()


FAILURES = """
    import os, resource, socket as standard, sys, tempfile
    noted, where = sys.argv[1] == "noted", sys.argv[2]
    import pysock
    from pysock import late
    if noted:
        pysock.install()
    socket = standard if noted else pysock

    def failed(call, *args):
        try:
            return call(*args)
        except OSError as error:
            typed = pysock.details(error)
            if noted and isinstance(error, BlockingIOError):
                return print(typed)
            info = typed.tcp_info is not None
            print(type(typed).__name__, typed.origin, info, typed.code)

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    refusing = listener.getsockname()
    made = [socket.socket() for _ in range(4)]
    kept = len(late._kept)
    if where == "chroot":
        os.chroot(tempfile.mkdtemp())
        os.chdir("/")
    elif where == "descriptors":
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        try:
            while True:
                os.dup(2)
        except OSError:
            pass
    failed(made[0].connect, refusing)
    made[1].settimeout(1)
    failed(made[1].connect, refusing)
    failed(made[2].shutdown, socket.SHUT_WR)
    failed(listener.bind, refusing)
    made[3].setblocking(False)
    failed(made[3].connect, ("127.0.0.1", 1))
    failed(made[3].send, b"x")
    failed(socket.socket)
    print(kept > 0, file=sys.stderr)
"""


@pytest.mark.parametrize("where", ["chroot", "descriptors"])
@pytest.mark.parametrize("face", ["typed", "noted"])
def test_first_failure_is_whole_where_no_file_can_be_read(
    face, where, compiled
):
    if where == "chroot" and os.geteuid() != 0:
        skip_or_fail("chroot(2) needs root (CAP_SYS_CHROOT)")
    there = child.run(FAILURES, face, where, env=compiled)
    anywhere = child.run(FAILURES, face, "here", env=compiled)
    assert there.stderr == anywhere.stderr == "True\n"
    expected = anywhere.stdout.splitlines()
    if where == "descriptors":
        expected.append("DescriptorLimitError limit False no-descriptor")
    assert there.stdout.splitlines() == expected
    assert len(expected) > 4


@pytest.fixture
def copy(tmp_path):
    """A copy of the package, and what runs a script with it."""
    shutil.copytree(
        ROOT, tmp_path / "pysock", ignore=shutil.ignore_patterns("__pycache__")
    )
    env = {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}

    def run(script):
        done = child.run(script, env=env, cwd=tmp_path)
        return done.stdout.split()

    return tmp_path / "pysock", run


KEPT_AND_CODE = """
    import pysock
    from pysock import late
    print(pysock.__file__, len(late._kept))
    try:
        pysock.create_connection(("127.0.0.1", 1))
    except OSError as error:
        print(error.code)
"""


def test_without_byte_code_it_is_imported_at_once(copy):
    package, run = copy
    whole = len(dict(kept_names()))
    where, kept, code = run(KEPT_AND_CODE)
    assert Path(where).parent == package
    assert (int(kept) < whole, code) == (True, "connect-refused-reset")
    # That has written it.
    assert run(KEPT_AND_CODE)[1:] == [str(whole), code]


def test_byte_code_of_another_source_is_not_taken(copy):
    package, run = copy
    run(KEPT_AND_CODE)
    tree = package / "errors" / "tree.py"
    tree.write_text(
        tree.read_text().replace(
            "class ConnectRefusedError(ConnectError, ConnectionRefusedError):",
            "class ConnectRefusedError(ConnectError, ConnectionRefusedError):"
            '\n    _only_code = "changed"',
        )
    )
    assert run(KEPT_AND_CODE)[2] == "changed"


def test_packages_are_listed_as_ever(compiled):
    done = child.run(
        """
        import pkgutil
        import pysock, pysock.tcp
        for package in (pysock, pysock.tcp):
            print(*(found.name for found in pkgutil.iter_modules(
                package.__path__)))
        """,
        env=compiled,
    )
    for line, folder in zip(
        done.stdout.splitlines(), (ROOT, ROOT / "tcp"), strict=True
    ):
        names = {path.stem for path in folder.glob("*.py")}
        assert names - {"__init__"} <= set(line.split())


def test_loading_is_not_the_time_of_the_call(tmp_path, monkeypatch):
    (tmp_path / "slow_to_load.py").write_text(
        "from time import monotonic\n"
        "began = monotonic()\n"
        "def asked(*, ended=None):\n"
        "    return ended, began\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    names = {}
    late.import_at_first_call(names, "slow_to_load", "asked", timed=True)
    ended, began = names["asked"]()
    assert ended <= began
    assert names["asked"]() == (None, began)


def asked_for():
    """Every function that is named in a call of late()."""
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "late":
                yield from (name.value for name in node.args[1:])


@pytest.mark.parametrize("whole", sorted({*asked_for(), *late.OTHERWISE}))
def test_a_function_that_is_loaded_late_is_there(whole):
    module, _, name = whole.rpartition(".")
    assert callable(getattr(import_module(f"pysock.{module}"), name))


def test_nothing_is_done_otherwise_that_nobody_asks_for():
    assert set(late.OTHERWISE) <= set(asked_for())


def test_what_cannot_be_loaded_is_done_otherwise():
    names = {}
    late.import_at_first_call(
        names, "no_such_module", "asked", lambda *args: args
    )
    assert names["asked"](1, 2) == (1, 2)
    late.import_at_first_call(names, "no_such_module", "asked")
    with pytest.raises(ModuleNotFoundError):
        names["asked"]()
