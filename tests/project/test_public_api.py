"""The names that other people's scripts will use."""

import inspect
import subprocess
import sys

import pytest

import pysock
from pysock import errors, raw
from support import child

# DESIGN section 3, as far as it exists.
MODULE_NAMES = [
    "TcpInfo",
    "TcpState",
    "accept_loop",
    "errors",
    "install",
    "raw",
    "tcp_info",
    "uninstall",
]
METHODS = [
    "abort",
    "accept_many",
    "recv_exactly",
    "take_error",
    "tcp_info",
    "tcp_state",
]
# What the standard class has and pysock types; the docstring is the standard
# module's there.
INHERITED = {
    "dup", "get_inheritable", "getpeername", "getsockname", "getsockopt",
    "listen", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into",
    "set_inheritable", "setblocking", "setsockopt", "settimeout",
}  # fmt: skip


@pytest.mark.parametrize("name", MODULE_NAMES)
def test_name_of_the_module(name):
    assert hasattr(pysock, name)
    assert name in pysock.__all__


@pytest.mark.parametrize("name", METHODS)
def test_method_of_the_class(name):
    assert callable(getattr(pysock.socket, name))


def is_ours(value):
    """Written here, and not the standard module's run over our names."""
    return inspect.isfunction(value) and value.__code__.co_filename.startswith(
        pysock.__path__[0]
    )


def own_methods():
    for name in dir(pysock.socket):
        method = inspect.getattr_static(pysock.socket, name)
        if name[0] != "_" and is_ours(method):
            yield f"socket.{name}", method


def own_functions():
    for module in (pysock, raw):
        for name in module.__all__:
            value = getattr(module, name)
            if is_ours(value):
                yield f"{module.__name__}.{name}", value


PUBLIC = dict([*own_methods(), *own_functions()])

# These call nothing that fails.
CANNOT_FAIL = {
    "pysock.install",
    "pysock.uninstall",
    "socket.abort",
    "socket.getblocking",
    "socket.gettimeout",
    "socket.sendfile",
}


@pytest.mark.parametrize("name", PUBLIC)
def test_docstring(name):
    function = PUBLIC[name]
    text = inspect.getdoc(function)
    assert text, f"{name} has no docstring"
    if name.rpartition(".")[2] in INHERITED:
        return
    assert text.splitlines()[0].endswith((".", ":")), text.splitlines()[0]
    if name not in CANNOT_FAIL and function.__module__ != "pysock.raw":
        # "Raises as `recv`" and "likewise" say so too.
        assert "aises" in text, f"{name} does not say what it raises"


@pytest.mark.parametrize("name", PUBLIC)
def test_hints(name):
    if name.rpartition(".")[2] in INHERITED:
        return
    signature = inspect.signature(PUBLIC[name])
    for parameter in list(signature.parameters.values()):
        if parameter.name != "self":
            assert parameter.annotation is not parameter.empty, parameter
    assert signature.return_annotation is not signature.empty


def test_version():
    from importlib.metadata import version

    assert pysock.__version__ == version("pysock-tcp")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        pysock.nothing  # noqa: B018


def test_errors_are_all_exported():
    for name, value in vars(errors).items():
        if isinstance(value, type) and name.endswith("Error"):
            assert value.__module__ == "pysock.errors"


HEAVY = {
    "argparse", "asyncio", "cffi", "concurrent.futures", "dataclasses",
    "inspect", "json", "logging", "matplotlib", "multiprocessing", "pycparser",
    "rich", "ssl", "tempfile", "typing", "unittest",
}  # fmt: skip


def test_import_is_cheap():
    done = child.run(
        """
        import sys
        import socket
        before = set(sys.modules)
        import pysock
        print(*(set(sys.modules) - before))
        """,
        env={"PYTHONPATH": ""},
    )
    assert not HEAVY & set(done.stdout.split())


def test_import_elsewhere_says_why():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, socket; sys.platform = 'win32'; import pysock",
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: pysock works on Linux only")
