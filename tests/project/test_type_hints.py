"""Whoever evaluates the annotations of what is public gets an answer."""

import inspect
import types
import typing

import pytest

import pysock
from pysock import errors, raw, sock_diag


def public():
    """Every public function, and every public method of a public class."""
    for module in (pysock, errors, raw, sock_diag):
        for name in getattr(module, "__all__", dir(module)):
            thing = getattr(module, name)
            owner = getattr(thing, "__module__", None) or ""
            if not owner.startswith("pysock"):
                continue
            if isinstance(thing, types.FunctionType):
                yield f"{module.__name__}.{name}", thing
            elif isinstance(thing, type):
                for method, function in methods_of(thing):
                    yield f"{module.__name__}.{name}.{method}", function


def methods_of(cls):
    for name in dir(cls):
        if name.startswith("_") and name != "__init__":
            continue
        found = inspect.getattr_static(cls, name)
        found = getattr(found, "fget", getattr(found, "__func__", found))
        if isinstance(found, types.FunctionType):
            yield name, found


PUBLIC = dict(public())


def test_there_are_many():
    assert len(PUBLIC) > 150


@pytest.mark.parametrize("name", PUBLIC)
def test_hints_can_be_evaluated(name):
    function = PUBLIC[name]
    hints = typing.get_type_hints(function)
    assert hints.keys() == function.__annotations__.keys()


def test_classes_of_ours_are_themselves():
    hints = typing.get_type_hints(pysock.create_server)
    assert hints["return"] is pysock.socket
    hints = typing.get_type_hints(pysock.socket.tcp_info)
    assert hints["return"] is pysock.TcpInfo
