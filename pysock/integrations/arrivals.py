"""Do something when a module has been imported, now or later.

Nothing is imported for that. A finder in front of the others lets them find
the module, and the loader that was found calls back once it has run it. Of a
module that is being imported just now (`import ssl` imports `socket`, and
that may be what brought us here), its spec calls back.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from typing import Any

else:
    # That package costs half a millisecond, for a class that is there.
    ModuleSpec = type(__spec__)

# Module to what is to be called after its import.
_awaited: dict[str, Callable[[], None]] = {}


def load(name: str) -> Any:
    """Import a module and give it, as `importlib.import_module` does."""
    __import__(name)
    return sys.modules[name]


def when_imported(name: str, call: Callable[[], None]) -> None:
    """Call something as soon as a module is there: at once if it is."""
    module = sys.modules.get(name)
    if module is not None:
        spec = getattr(module, "__spec__", None)
        if getattr(spec, "_initializing", False) and type(spec) is ModuleSpec:
            _awaited[name] = call
            spec.__class__ = _Spec
        else:
            call()
        return
    _awaited[name] = call
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def forget_all() -> None:
    """Wait for nothing any more."""
    _awaited.clear()
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)


def _arrived(name: str) -> None:
    call = _awaited.pop(name, None)
    if call is None or name not in sys.modules:
        return
    try:
        call()
    except Exception as problem:
        # Its import has succeeded, and is not to fail because of us.
        from warnings import warn

        try:
            warn(f"pysock leaves {name} alone: {problem!r}", stacklevel=2)
        except Warning:
            return


class _Spec(ModuleSpec):
    """The spec of a module that is being imported: tells when that is over."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "_initializing" and not value:
            self.__class__ = ModuleSpec  # type: ignore[assignment]
            _arrived(self.name)


class _Finder:
    """Find nothing; see to it that who loads an awaited module tells."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name not in _awaited:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                _tell_when_run(name, spec.loader)
                return spec
        return None


_finder: Any = _Finder()


def _tell_when_run(name: str, loader: Any) -> None:
    run = getattr(loader, "exec_module", None)
    if run is None:
        return

    def run_and_tell(module: Any) -> None:
        # The loader is as it was before anybody can look at it.
        if loader.__dict__.get("exec_module") is run_and_tell:
            del loader.exec_module
        run(module)
        if module.__name__ == name:
            _arrived(name)

    try:
        loader.exec_module = run_and_tell
    except (AttributeError, TypeError):
        return  # a loader of C: the module will not be told of
