"""`pysock run`: an unchanged program, with pysock in place of socket.

The program must not notice more than that. So nothing is imported that it
might expect to import after `pysock.install()`, arguments are taken apart by
hand, and a traceback begins with the program's own frames.
"""

# pathlib is what the program may import after install().
# ruff: noqa: PTH100, PTH109, PTH112, PTH118, PTH120

from __future__ import annotations

import io
import os
import sys
from types import ModuleType

import pysock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, TracebackType

NAME = "run"
HELP = "run a Python program with pysock in place of socket"

USAGE = """\
usage: pysock run SCRIPT [ARGS ...]
       pysock run -m MODULE [ARGS ...]

Run a Python program with pysock in place of socket. SCRIPT may be a folder
or a zip file with a __main__.py, as for python itself.
"""

_BAD_USAGE = 2


def main(words: list[str]) -> int:
    """Run a program as `__main__`, after `pysock.install()`.

    Args:
        words: what followed `pysock run` on the command line.

    Returns:
        0 when the program ends by itself, 2 when there is none.

    Raises:
        BaseException: whatever the program raises, `SystemExit` too.
    """
    match words:
        case ["-h" | "--help", *_]:
            print(USAGE, end="")
            return 0
        case ["-m", module, *rest]:
            return _run_module(module, rest)
        case [option, *_] if option.startswith("-m") and len(option) > 2:
            return _run_module(option[2:], words[1:])
        case [script, *_] if not script.startswith("-"):
            return _run_script(script, words)
    print(USAGE, end="", file=sys.stderr)
    return _BAD_USAGE


def _run_module(name: str, rest: list[str]) -> int:
    # The interpreter's own way of doing `python -m`; it runs in whatever is
    # `__main__`, and puts the file's name into argv.
    from runpy import _run_module_as_main  # type: ignore[attr-defined]

    sys.argv[:] = ["-m", *rest]
    _begin(os.getcwd())
    try:
        _run_module_as_main(name)
    except BaseException:
        _hide_our_frames()
        raise
    return 0


def _run_script(script: str, words: list[str]) -> int:
    path = os.path.abspath(script)
    sys.argv[:] = words
    if os.path.isdir(path) or _is_zip(path):
        return _run_container(script, path)
    try:
        code = _compile(path)
    except OSError as error:
        # The interpreter's words.
        print(
            f"{sys.orig_argv[0]}: can't open file {path!r}: "
            f"[Errno {error.errno}] {error.strerror}",
            file=sys.stderr,
        )
        return _BAD_USAGE
    except BaseException:
        _hide_our_frames()
        raise
    namespace = _begin(os.path.dirname(os.path.realpath(path)))
    _describe(namespace, path)
    try:
        exec(code, namespace)
    except BaseException:
        _hide_our_frames()
        raise
    return 0


def _run_container(script: str, path: str) -> int:
    from runpy import _run_module_as_main  # type: ignore[attr-defined]

    # Here sys.path starts with the container even if safe_path is set: there
    # is no program without it.
    _begin(path, always=True)
    try:
        _run_module_as_main("__main__", False)
    except BaseException:
        _hide_our_frames()
        raise
    return 0


def _begin(folder: str, *, always: bool = False) -> dict[str, object]:
    """Make a fresh `__main__` and install pysock; the new namespace.

    The module stays in place when the program has ended: its threads and its
    exit handlers still run after that.
    """
    if not sys.flags.safe_path:
        # Ours: the folder of the command, or the current one.
        sys.path[0] = folder
    elif always:
        sys.path.insert(0, folder)
    fresh = ModuleType("__main__")
    vars(fresh).update(
        __builtins__=sys.modules["builtins"], __annotations__={}
    )
    sys.modules["__main__"] = fresh
    pysock.install()
    return vars(fresh)


def _describe(namespace: dict[str, object], path: str) -> None:
    """Give `__main__` the attributes that a script has."""
    from importlib.machinery import SourceFileLoader, SourcelessFileLoader

    compiled = path.endswith(".pyc")
    loader = SourcelessFileLoader if compiled else SourceFileLoader
    namespace.update(
        __file__=path,
        __cached__=None,
        __loader__=loader("__main__", path),
        __package__=None,
        __spec__=None,
    )


def _compile(path: str) -> CodeType:
    if path.endswith(".pyc"):
        from importlib.machinery import SourcelessFileLoader

        code = SourcelessFileLoader("__main__", path).get_code("__main__")
        assert code is not None  # never is, for a loader of files
        return code
    with io.open_code(path) as file:
        source = file.read()
    return compile(source, path, "exec", dont_inherit=True)


def _is_zip(path: str) -> bool:
    """Whether python would import from it: it ends like a zip file."""
    from zipimport import ZipImportError, zipimporter

    try:
        zipimporter(path)
    except ZipImportError:
        return False
    return True


def _hide_our_frames() -> None:
    """Let the traceback that will be printed begin with the program's.

    Only now is the hook put in place: while the program runs, `excepthook` is
    what the program made of it.
    """
    shown = sys.excepthook

    def hook(
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
    ) -> None:
        traceback = _own_part(traceback)
        error.__traceback__ = traceback
        shown(kind, error, traceback)

    sys.excepthook = hook


def _own_part(traceback: TracebackType | None) -> TracebackType | None:
    """Drop the frames that are not the program's from the front."""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not _is_ours(code.co_filename):
            break
        traceback = traceback.tb_next
    return traceback


_OUR_FOLDER = os.path.dirname(os.path.abspath(__file__))
_STARTERS = {
    "<frozen runpy>",
    os.path.join(os.path.dirname(_OUR_FOLDER), "__main__.py"),
    # The script that pip makes for the command.
    os.path.abspath(sys.argv[0]),
}


def _is_ours(filename: str) -> bool:
    return filename in _STARTERS or os.path.dirname(filename) == _OUR_FOLDER
