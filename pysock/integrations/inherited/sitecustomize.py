"""What an interpreter runs as it starts, where pysock was asked for.

The environment leads every Python here, also an older one and one that has
no pysock: there, nothing happens. Nor is anything loaded before the program
imports `socket`. In the end whatever `sitecustomize` this one hides is run in
its place, and of this one nothing is left in `sys.path` and `sys.modules`.
"""

# Python 2 reads it as well: no annotations, and no pathlib.
# mypy: ignore-errors
# ruff: noqa: PTH100, PTH110, PTH118, PTH120, UP004

import os
import sys


class _Finder(object):
    """Wait for the import of `socket`, and install once it has been run.

    As `pysock.integrations.arrivals`, which cannot be had without importing
    all of pysock.
    """

    def find_spec(self, name, path=None, target=None):
        if name != "socket":
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                _install_when_run(spec.loader)
                return spec
        return None


def _install_when_run(loader):
    run = loader.exec_module

    def run_and_install(module):
        del loader.exec_module
        run(module)
        _install()

    try:
        loader.exec_module = run_and_install
    except (AttributeError, TypeError):
        return


def _install():
    try:
        from importlib.util import find_spec

        # There is another distribution of that name.
        root = os.path.dirname(find_spec("pysock").origin)
        if os.path.exists(os.path.join(root, "integrations", "install.py")):
            from pysock.integrations.install import install

            without = os.environ.get("PYSOCK_WITHOUT", "").split()
            install(**dict.fromkeys(without, False))
    except Exception:
        # A program that did not ask for it is not to hear of it.
        return


def _take_our_place():
    """Import the sitecustomize that would have been found without us."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [p for p in sys.path if os.path.abspath(p) != here]
    sys.path_importer_cache.pop(here, None)
    del sys.modules["sitecustomize"]
    # If there is none, the interpreter is told so, and content with it.
    __import__("sitecustomize")


if sys.version_info >= (3, 11) and "linux" in sys.platform:
    if "socket" in sys.modules:
        _install()
    else:
        sys.meta_path.insert(0, _Finder())
_take_our_place()
