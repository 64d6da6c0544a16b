"""What the source promises about itself, read from the source."""

import ast
import re
import struct
from pathlib import Path

import pytest

from pysock.raw.calls import ffi, lib

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "pysock"
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [
    *MODULES,
    *sorted((ROOT / "csrc").glob("*.[chp]*")),
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "benchmarks").rglob("*.py")),
]

# Lowest first: a module may import from its own layer and from those before
# it in this list, never from one behind. "" is the package itself.
LAYERS = [
    ["_ffi"],
    ["tcp"],
    ["errors"],
    ["raw"],
    ["sock_diag"],
    ["explain"],
    ["dropin"],
    ["loops"],
    ["integrations"],
    [""],
    ["cli"],
    ["__main__"],
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

# SocketError.explain() asks the layers above it when it is called, and listen
# loads them while there are descriptors to load them with.
EXEMPT = {("errors/base.py", "explain"), ("raw/queue.py", "sock_diag")}


def layer_of(module):
    """The name of a module's layer: the first part below pysock."""
    return module.removeprefix("pysock").lstrip(".").split(".")[0]


def nodes_that_run(tree):
    """Walk a module, without what is for a type checker only."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for child in ast.iter_child_nodes(node):
            typing_only = (
                isinstance(child, ast.If)
                and isinstance(child.test, ast.Name)
                and child.test.id == "TYPE_CHECKING"
            )
            if not typing_only:
                waiting.append(child)


def imports_of(path):
    """Yield what a file imports from pysock, one dotted name for each."""
    for node in nodes_that_run(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "pysock":
                    yield alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            if node.module == "pysock":
                for alias in node.names:
                    yield f"pysock.{alias.name}"
            elif (node.module or "").startswith("pysock."):
                yield node.module


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_imports_go_down_only(path):
    here = str(path.relative_to(PACKAGE))
    layer = here.split("/")[0].removesuffix(".py").replace("__init__", "")
    assert layer in RANK, f"{here} is in no layer: add it to LAYERS"
    for module in imports_of(path):
        other = layer_of(module)
        if (here, other) in EXEMPT:
            continue
        # A public name of the package itself, which is the top layer.
        rank = RANK.get(other, RANK[""])
        assert rank <= RANK[layer], f"{here} imports {module}"


def test_only_one_file_imports_the_compiled_module():
    importers = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        for module in imports_of(path)
        if layer_of(module) == "_ffi"
    }
    assert importers == {"raw/calls.py"}


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


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_source_file_is_short(path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_source_file(path):
    text = path.read_text()
    assert path.stem not in {"utils", "helpers", "common", "misc"}
    assert text.endswith("\n") or not text
    assert "\t" not in text
    if path.suffix == ".py" and not path.name.startswith("test_"):
        assert ast.get_docstring(ast.parse(text)), "no module docstring"
    elif path.suffix in (".c", ".h"):
        assert "Python.h" not in text
    # Not written whole, or this file would fail itself.
    for word in ("TO" + "DO", "FIX" + "ME", "XX" + "X"):
        assert not re.search(rf"\b{word}\b", text), word


def test_c_keeps_no_state():
    """No static variable that is not constant, and no loop on EINTR."""
    for path in (ROOT / "csrc").glob("*.c"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        for line in text.splitlines():
            if line.startswith("static") and line.rstrip().endswith(";"):
                assert " const " in line or "(" in line, f"{path}: {line}"
        assert not re.search(r"while\s*\([^)]*EINTR", text), path


@pytest.mark.parametrize(
    "path", sorted((ROOT / "csrc").glob("*.c")), ids=lambda path: path.name
)
def test_every_c_file_has_a_test_file(path):
    assert list((ROOT / "tests").rglob(f"test_{path.stem}.py"))
