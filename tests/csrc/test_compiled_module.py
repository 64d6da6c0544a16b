"""The compiled module is what its headers and its stub say it is."""

import ast
import struct
from pathlib import Path

import pysock
from pysock.raw.calls import ffi, lib

PACKAGE = Path(pysock.__file__).parent


def stub_names():
    tree = ast.parse((PACKAGE / "_ffi.pyi").read_text())
    [protocol] = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "_Lib"
    ]
    for node in protocol.body:
        if isinstance(node, ast.AnnAssign):
            yield node.target.id, None
        elif isinstance(node, ast.FunctionDef):
            yield node.name, len(node.args.args) - 1


def test_stub_is_the_compiled_module():
    stub = dict(stub_names())
    assert sorted(stub) == sorted(dir(lib))
    for name, count in stub.items():
        value = getattr(lib, name)
        if count is None:
            assert isinstance(value, int)
        else:
            assert len(ffi.typeof(value).args) == count, name


def test_every_struct_is_usable():
    typedefs, structs, unions = ffi.list_types()
    assert not unions
    assert structs
    for name in structs:
        kind = f"struct {name}"
        fields = ffi.typeof(kind).fields
        assert fields
        end = 0
        for _, field in fields:
            assert field.offset >= end
            end = field.offset + ffi.sizeof(field.type)
        assert end <= ffi.sizeof(kind)
        assert bytes(ffi.buffer(ffi.new(f"{kind} *"))) == bytes(
            ffi.sizeof(kind)
        )
    for name in typedefs:
        ffi.typeof(name)


def test_sizes_of_our_structs():
    address = struct.calcsize("=iiII16s46s")
    assert ffi.sizeof("struct pysock_address") == address + -address % 4
    assert ffi.alignof("struct pysock_address") == 4


def test_poll_bits():
    import select

    assert lib.PYSOCK_READABLE == select.POLLIN
    assert lib.PYSOCK_WRITABLE == select.POLLOUT
    assert lib.PYSOCK_ERROR == select.POLLERR
    assert lib.PYSOCK_HANGUP == select.POLLHUP
