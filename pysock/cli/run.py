"""`pysock run`: an unchanged program whose socket failures are explained.

The program must not notice more than that. So little is imported before it,
arguments are taken apart by hand, `__main__` has what the interpreter gives
it, and a traceback begins with the program's own frames.
"""

# pathlib is what the program may import after install().
# ruff: noqa: PTH100, PTH109, PTH112, PTH118, PTH120

from __future__ import annotations

import io
import os
import sys
from types import ModuleType

from pysock.integrations import hooks
from pysock.integrations.install import install

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, TracebackType
    from typing import Any

NAME = "run"
HELP = "run a Python program whose socket failures are to be explained"

USAGE = """\
usage: pysock run SCRIPT [ARGS ...]
       pysock run -m MODULE [ARGS ...]
       pysock run -c CODE [ARGS ...]

Run a Python program as python does, with a note on each socket failure that
says why. SCRIPT may be a folder or a zip file with a __main__.py. Python
programs that it starts are run in the same way. Exit status: the program's
own; 2 if there is no such program.
"""

_BAD_USAGE = 2


def main(words: list[str]) -> int:
    """Run a program as `__main__`, the noted face installed.

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
        case ["-c", code, *rest]:
            return _run_code(code, rest)
        case [option, *rest] if option[:2] == "-m" and len(option) > 2:
            return _run_module(option[2:], rest)
        case [option, *rest] if option[:2] == "-c" and len(option) > 2:
            return _run_code(option[2:], rest)
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


def _run_code(source: str, rest: list[str]) -> int:
    sys.argv[:] = ["-c", *rest]
    if sys.version_info >= (3, 14):
        source = _dedent(source)
    # The interpreter reads it as a file that ends with a line.
    source += "\n"
    name = "<string>"
    namespace = _begin("")
    try:
        code = compile(source, name, "exec", dont_inherit=True)
        if sys.version_info >= (3, 13):
            # For tracebacks, which show its lines.
            import linecache

            key: Any = code if sys.version_info >= (3, 14) else name
            linecache._register_code(key, source, name)  # type: ignore[attr-defined]
        namespace["__loader__"] = sys.modules["builtins"].__loader__
        exec(code, namespace)
    except BaseException:
        _hide_our_frames()
        raise
    return 0


def _dedent(source: str) -> str:
    """Take off what all lines begin with; a blank line has nothing else."""
    lines = source.split("\n")
    margins = [
        line[: len(line) - len(line.lstrip(" \t"))]
        for line in lines
        if line.strip(" \t")
    ]
    margin = min(margins, default="")
    while not all(other.startswith(margin) for other in margins):
        margin = margin[:-1]
    width = len(margin)
    return "\n".join(
        line[width:] if line.strip(" \t") else "" for line in lines
    )


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
    """Make a fresh `__main__`, install the noted face; the new namespace.

    The module stays in place when the program has ended: its threads and its
    exit handlers still run after that.
    """
    if not sys.flags.safe_path:
        # Ours: the folder of the command, or the current one.
        sys.path[0] = folder
    elif always:
        sys.path.insert(0, folder)
    ours = vars(sys.modules["__main__"])
    fresh = ModuleType("__main__")
    vars(fresh)["__builtins__"] = sys.modules["builtins"]
    if "__annotations__" in ours:
        # As 3.11 to 3.13 begin.
        vars(fresh)["__annotations__"] = {}
    sys.modules["__main__"] = fresh
    install()
    hooks.wrap(program=False)
    return vars(fresh)


def _describe(namespace: dict[str, object], path: str) -> None:
    """Give `__main__` the attributes that a script has."""
    from importlib.machinery import SourceFileLoader, SourcelessFileLoader

    compiled = path.endswith(".pyc")
    loader = SourcelessFileLoader if compiled else SourceFileLoader
    namespace.update(__file__=path, __loader__=loader("__main__", path))
    if sys.version_info < (3, 15):
        namespace["__cached__"] = None


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
        hooks.tell(error)

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
