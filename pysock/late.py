"""What only a failure needs: read at import, and run when it is needed.

Most programs start far more often than a connection of theirs fails. But a
failure comes also when no file can be read any more, after a chroot or at the
descriptor limit, and has to be typed all the same. So the byte code of these
modules is read when pysock is imported, a tenth of the work, and the rest of
their import is done at the first failure, without a file.

What has no byte code that fits its source is imported at once: Python writes
it then, and the next start finds it.
"""

# pathlib and importlib cost more than what is saved here.
# ruff: noqa: PTH116, PTH120

from __future__ import annotations

# A module of C, and no file may be left when it is wanted (tcp/fields.py).
import _struct  # noqa: F401
import os
import sys

# Both are loaded before any program runs; importlib has them by other names.
from _frozen_importlib_external import (
    MAGIC_NUMBER,
    FileFinder,
    SourceFileLoader,
    cache_from_source,
    spec_from_file_location,
)
from _socket import gaierror
from errno import EAGAIN, ETIMEDOUT
from time import monotonic

from pysock.errors.handlers import from_handler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

# What making a typed exception, or a note on one, may import, by the wing.
# tests/project/test_late.py follows the imports and names what is missing.
KEPT = {
    "tcp": (
        "__init__",
        "fields",
        "info",
        "record",
        "state",
        "turn",
        "whole",
    ),
    "errors": (
        "attempts",
        "base",
        "choose",
        "codes",
        "delivery",
        "errno_names",
        "escape",
        "kinds_of_call",
        "origin",
        "rows",
        "told",
        "tree",
    ),
    "raw": (
        "conversation",
        "descriptors",
        "ended",
        "evidence",
        "fin",
        "queue",
        "snapshot",
    ),
    "explain": (
        "__init__",
        "chain",
        "end_of_stream",
        "ended_objects",
        "notes",
        "why",
    ),
    "dropin": (
        "accept",
        "batch",
        "binding",
        "end_of_stream",
        "ended",
        "ended_early",
        "funnel",
        "kinds",
        "listening",
        "memory",
        "on_failure",
        "option_timeout",
        "sigpipe",
        "taking",
        "without_snapshot",
    ),
    "loops": ("__init__", "happy_eyeballs"),
}

_FOLDER = os.path.dirname(__file__)

# Bytes of code; the longest of ours has 20,000.
_LONGEST = 1 << 16

# What stands before and behind the name of a module, by its folder.
_around: dict[str, tuple[str, str]] = {}

# Of each module that is kept, by the path of its source: the path of its byte
# code, that itself, and time and size of the source.
_kept: dict[str, tuple[str, bytes, dict[str, float]]] = {}


class _Loader(SourceFileLoader):
    """Loads a module as ever, from what was read before."""

    def get_data(self, path: str) -> bytes:
        kept = _kept.get(self.path)
        if kept is None or path != kept[0]:
            return super().get_data(path)
        return kept[1]

    def path_stats(self, path: str) -> Any:
        kept = _kept.get(path)
        return super().path_stats(path) if kept is None else kept[2]

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        _kept.pop(self.path, None)


class _Finder(FileFinder):
    """Finds what was read before without a look at the folder."""

    def find_spec(
        self, fullname: str, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        path = f"{self.path}/{fullname.rpartition('.')[2]}"
        for source in (f"{path}.py", f"{path}/__init__.py"):
            if source in _kept:
                loader: Any = _Loader(fullname, source)
                return spec_from_file_location(fullname, source, loader=loader)
        return super().find_spec(fullname, target)


def keep() -> None:
    """Read the byte code of what is loaded late; import what has none."""
    found = _can_find(_FOLDER)
    for wing, names in KEPT.items():
        folder = f"{_FOLDER}/{wing}"
        found = _can_find(folder) and found
        for name in names:
            whole = f"pysock.{wing}.{name}".removesuffix(".__init__")
            if whole in sys.modules or (found and _read(folder, name)):
                continue
            __import__(whole)


def _can_find(folder: str) -> bool:
    """See to it that imports from a folder find what is kept."""
    finders = sys.path_importer_cache
    finder: Any = finders.get(folder)
    if finder is None and type(__spec__.loader) is SourceFileLoader:
        # As the interpreter does at the first import from there.
        for hook in sys.path_hooks:
            try:
                finder = finders[folder] = hook(folder)
                break
            except ImportError:
                continue
    if type(finder) is FileFinder and finder.path == folder:
        finder.__class__ = _Finder
    # Not in a zip file, nor where somebody loads modules in another way.
    return type(finder) is _Finder


def _read(folder: str, name: str) -> bool:
    """Read the byte code that the interpreter would take for a source."""
    source = f"{folder}/{name}.py"
    try:
        cached = _cached(folder, name)
        of_source = os.stat(source)
        # A file object asks the kernel twice as often.
        fd = os.open(cached, os.O_RDONLY | os.O_CLOEXEC)
        try:
            content = os.read(fd, _LONGEST)
        finally:
            os.close(fd)
    except (OSError, NotImplementedError):
        return False
    mtime, size = int(of_source.st_mtime), of_source.st_size
    head = (
        MAGIC_NUMBER
        + bytes(4)
        + (mtime & 0xFFFFFFFF).to_bytes(4, "little")
        + (size & 0xFFFFFFFF).to_bytes(4, "little")
    )
    if not content.startswith(head) or len(content) == _LONGEST:
        return False
    _kept[source] = cached, content, {"mtime": mtime, "size": size}
    return True


def _cached(folder: str, name: str) -> str:
    """Where the byte code is; to ask for each takes longer than to read it."""
    around = _around.get(folder)
    if around is None:
        before, _, behind = cache_from_source(f"{folder}/*.py").rpartition("*")
        around = _around[folder] = (before, behind)
    return name.join(around)


_NOT_LOADED = (
    AttributeError,
    ImportError,
    LookupError,
    OSError,
    RecursionError,
)


def late(namespace: dict[str, Any], *functions: str) -> None:
    """Put functions into a namespace that are imported at their first call.

    Args:
        namespace: the globals of who calls them.
        functions: each with its module, as `"dropin.funnel.failure_of"`. What
            is done where one cannot be loaded is in `OTHERWISE`; without a
            line there it raises.
    """
    for function in functions:
        module, _, name = function.rpartition(".")
        import_at_first_call(
            namespace,
            f"pysock.{module}",
            name,
            OTHERWISE.get(function),
            timed=function in _TIMED,
        )


def import_at_first_call(
    namespace: dict[str, Any],
    module: str,
    name: str,
    otherwise: Callable[..., Any] | None = None,
    *,
    timed: bool = False,
) -> None:
    """Put one function there; from its first call on it lies there itself.

    Args:
        namespace: the globals of who calls it.
        module: where it is.
        name: its name.
        otherwise: called in its place where it cannot be loaded: when the
            interpreter ends, close to the limit of recursion, and in the
            handler of a signal that came while it was being loaded.
        timed: whether it takes `ended`, a time of `time.monotonic()`: it is
            not to count the time that loading it takes.
    """

    def first(*args: Any, **kwargs: Any) -> Any:
        if timed and kwargs.get("ended") is None:
            kwargs["ended"] = monotonic()
        try:
            __import__(module)
            function = getattr(sys.modules[module], name)
        except _NOT_LOADED as problem:
            if otherwise is None or from_handler(problem):
                raise
            return otherwise(*args, **kwargs)
        namespace[name] = function
        return function(*args, **kwargs)

    namespace[name] = first


# What to do otherwise: as the standard module.


def nothing(*args: Any, **kwargs: Any) -> None:
    """Tell nothing; the exception that is there goes on as it is."""


def plain_error(
    call: str, number: int, *, args: tuple[Any, ...] | None = None
) -> OSError:
    """Make the exception of an errno."""
    return OSError(*(args or (number, os.strerror(number))))


def plain_would_block(sock: Any, call: str, flags: Any = 0) -> OSError:
    """Make the exception of a call that would block."""
    return plain_error(call, EAGAIN)


def plain_accept_failure(
    sock: Any, number: int, timeout: float | None
) -> OSError:
    """Make the exception of an accept of ours."""
    if number not in (EAGAIN, ETIMEDOUT):
        return plain_error("accept", number)
    if timeout:
        return TimeoutError("timed out")
    return plain_error("accept", EAGAIN)


def unreported(error: OSError) -> OSError:
    """Give the exception, of which nobody is told."""
    return error


def unprotected(call: Callable[..., Any], *args: Any) -> Any:
    """Call something as it is."""
    return call(*args)


def plain_gaierror(host: object, args: tuple[Any, ...], *_: object) -> OSError:
    """Make the exception of a name that does not resolve."""
    return gaierror(*args)


OTHERWISE: dict[str, Callable[..., Any]] = {
    "dropin.accept.accept_failure": plain_accept_failure,
    "dropin.on_failure.report": unreported,
    "dropin.sigpipe.without_sigpipe": unprotected,
    "dropin.without_snapshot.unresolved": plain_gaierror,
    "dropin.without_snapshot.would_block": plain_would_block,
    "errors.choose.error_for": plain_error,
    **dict.fromkeys(
        (
            "dropin.binding.note_server",
            "dropin.end_of_stream.has_room",
            "dropin.end_of_stream.met_end",
            "dropin.funnel.failure_of",
            "dropin.funnel.unreported_failure_of",
            "dropin.kinds.is_tcp",
            "dropin.memory.recall",
            "dropin.memory.remember",
            "dropin.option_timeout.option_timeout",
            "explain.ended_objects.keep_of",
            "explain.notes.attach",
            "explain.notes.attached",
        ),
        nothing,
    ),
}

_TIMED = frozenset(
    {"dropin.funnel.failure_of", "dropin.funnel.unreported_failure_of"}
)
