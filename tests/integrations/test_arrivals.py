"""Something is done once a module is there, whenever that is."""

import pytest

from support import child

ARRIVALS = """
    import sys
    from pysock.integrations import arrivals
    came = []
    def call():
        came.append(sys.modules["program_part"].value)
"""

PART = "import socket\nvalue = 1\nvalue = 2\n"


def run(folder, script, **options):
    return child.run(ARRIVALS + script, cwd=folder, **options)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "program_part.py").write_text(PART)
    return tmp_path


def test_a_module_that_is_there(folder):
    run(
        folder,
        """
    import program_part
    finders = list(sys.meta_path)
    arrivals.when_imported("program_part", call)
    assert came == [2]
    assert sys.meta_path == finders
    """,
    )


def test_a_module_that_comes_later_is_as_without_us(folder):
    run(
        folder,
        """
    import importlib.machinery
    arrivals.when_imported("program_part", call)
    assert came == []
    import program_part
    assert came == [2]
    assert "exec_module" not in vars(program_part.__loader__)
    assert program_part.__spec__.loader is program_part.__loader__
    assert type(program_part.__spec__) is importlib.machinery.ModuleSpec
    importlib.reload(program_part)
    assert came == [2]
    """,
    )


def test_a_module_that_is_being_imported_just_now(folder):
    (folder / "program_part.py").write_text(
        "import sys, __main__\nvalue = 1\n"
        "__main__.arrivals.when_imported(__name__, __main__.call)\n"
        "assert __main__.came == []\nvalue = 2\n"
    )
    run(
        folder,
        """
    import importlib.machinery
    import program_part
    assert came == [2]
    assert type(program_part.__spec__) is importlib.machinery.ModuleSpec
    """,
    )


def test_a_module_whose_import_fails_is_not_told_of(folder):
    (folder / "program_part.py").write_text("1 / 0")
    run(
        folder,
        """
    arrivals.when_imported("program_part", call)
    for _ in range(2):
        try:
            import program_part
        except ZeroDivisionError:
            pass
    assert came == []
    """,
    )


@pytest.mark.parametrize("warnings", ["error", "default"])
def test_what_fails_does_not_fail_the_import(folder, warnings):
    done = run(
        folder,
        """
    def fail():
        raise KeyError("not what I know")
    arrivals.when_imported("program_part", fail)
    import program_part
    assert program_part.value == 2
    """,
        env={"PYTHONWARNINGS": warnings},
    )
    said = "pysock leaves program_part alone: KeyError('not what I know')"
    assert (said in done.stderr) == (warnings == "default")


def test_forgotten_it_is_not_told_of(folder):
    run(
        folder,
        """
    finders = list(sys.meta_path)
    arrivals.when_imported("program_part", call)
    assert sys.meta_path != finders
    arrivals.forget_all()
    assert sys.meta_path == finders
    import program_part
    assert came == []
    """,
    )


@pytest.mark.parametrize("first", ["asyncio", "ssl", "socket"])
def test_neighbour_that_brought_socket_in_is_wrapped(first):
    """Also in a child, which installs when `socket` is imported."""
    done = child.run(
        f"""
    import os, subprocess, sys
    from pysock.integrations.children import FOLDER
    from pysock.integrations.install import _NEIGHBOURS
    done = subprocess.run(
        [sys.executable, "-c",
         "import {first}, asyncio, ssl; from pysock.integrations import "
         "install; print(sorted(install._wrapped))"],
        env={{**os.environ, "PYTHONPATH": FOLDER}}, capture_output=True,
        text=True,
    )
    here = [ours for _, module, ours in _NEIGHBOURS
            if module.partition(".")[0] in ("asyncio", "ssl")]
    assert done.stdout.strip() == str(sorted(here)), done
    print(len(here))
    """
    )
    assert int(done.stdout) >= 1
