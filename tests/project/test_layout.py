"""The wings of pysock/: an import goes downwards only, in no circle."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "pysock"

# Lowest first: a file may import from its own wing and from those before it,
# never from one behind. "" is pysock/__init__.py, which gathers the names.
WINGS = [
    "_ffi",
    "hints",
    "tcp",
    "errors",
    "late",
    "raw",
    "sock_diag",
    "explain",
    "dropin",
    "loops",
    "integrations",
    "",
    "testing",
    "cli",
    "__main__",
]

# The one arrow upwards: SocketError.explain() asks for the sentences when it
# is called, and not before.
EXPLAIN = ("pysock.errors.base", "pysock.explain")


def modules_of(package):
    """Return {dotted name: path}, of the compiled module's stub as well."""
    found = {}
    for path in [*package.rglob("*.py"), *package.rglob("*.pyi")]:
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports_of(path, modules):
    """Yield (module, name, whether late) for what a file takes from pysock.

    Late imports, those inside a function, and those for a type checker count
    as any other: a reader follows them all the same.
    """
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        late = node not in tree.body
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "pysock":
                    yield alias.name, None, late
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            if node.module.partition(".")[0] != "pysock":
                continue
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in modules:
                    yield whole, None, late
                else:
                    yield node.module, alias.name, late


def wing_of(module):
    return module.removeprefix("pysock").lstrip(".").partition(".")[0]


def is_the_one(here, there):
    return here == EXPLAIN[0] and there.startswith(EXPLAIN[1])


def upward(modules):
    """Yield a sentence for each import from a wing that lies higher."""
    for here, path in modules.items():
        for there, _, late in imports_of(path, modules):
            if is_the_one(here, there) and late:
                continue
            if WINGS.index(wing_of(there)) > WINGS.index(wing_of(here)):
                yield f"{here} imports {there}"


def private(modules):
    """Yield a sentence for each private name of another wing."""
    for here, path in modules.items():
        for there, name, _ in imports_of(path, modules):
            hidden = name is not None and name.startswith("_")
            if hidden and wing_of(here) != wing_of(there):
                yield f"{here} takes {name} of {there}"


def circles(modules):
    """Return the groups of files that import each other, however far."""
    arrows = {
        here: {
            there
            for there, _, _ in imports_of(path, modules)
            if there in modules
            and there != here
            and not is_the_one(here, there)
        }
        for here, path in modules.items()
    }
    # Take away what imports nothing that is left: circles stay, and what
    # leads to one; the same backwards leaves the circles alone.
    for _ in range(2):
        while leaves := {at for at, to in arrows.items() if not to}:
            arrows = {
                at: to - leaves
                for at, to in arrows.items()
                if at not in leaves
            }
        backwards = {at: set() for at in arrows}
        for at, to in arrows.items():
            for there in to:
                backwards[there].add(at)
        arrows = backwards
    return sorted(arrows)


MODULES = modules_of(PACKAGE)


@pytest.mark.parametrize("module", MODULES)
def test_file_is_in_a_wing(module):
    assert wing_of(module) in WINGS, f"{module}: add its wing to WINGS"


def test_imports_go_down_only():
    assert list(upward(MODULES)) == []


def test_no_circle():
    assert circles(MODULES) == []


def test_no_private_name_of_another_wing():
    assert list(private(MODULES)) == []


def test_the_one_arrow_upwards_is_there_and_late():
    found = [
        late
        for there, _, late in imports_of(MODULES[EXPLAIN[0]], MODULES)
        if is_the_one(EXPLAIN[0], there)
    ]
    assert found
    assert all(found)


def test_one_file_imports_the_compiled_module():
    importers = {
        here
        for here, path in MODULES.items()
        for there, _, _ in imports_of(path, MODULES)
        if wing_of(there) == "_ffi"
    }
    # The package itself loads it where that may be refused, and uses nothing.
    assert importers == {"pysock", "pysock.raw.calls"}


# What the tests above must object to, each in a package of its own.
OBJECTIONS = {
    "upwards": (
        upward,
        {"tcp/info.py": "from pysock.errors import base"},
        "pysock.tcp.info imports pysock.errors.base",
    ),
    "upwards, late": (
        upward,
        {"raw/queue.py": "def f():\n    from pysock import sock_diag"},
        "pysock.raw.queue imports pysock.sock_diag",
    ),
    "upwards, for types": (
        upward,
        {
            "raw/queue.py": "TYPE_CHECKING = False\nif TYPE_CHECKING:\n"
            "    from pysock.dropin.socket import socket"
        },
        "pysock.raw.queue imports pysock.dropin.socket",
    ),
    "the one arrow, at import": (
        upward,
        {"errors/base.py": "import pysock.explain.explanation"},
        "pysock.errors.base imports pysock.explain.explanation",
    ),
    "the package itself": (
        upward,
        {"loops/crowd.py": "import pysock"},
        "pysock.loops.crowd imports pysock",
    ),
    "private": (
        private,
        {"raw/queue.py": "from pysock.errors.base import _hidden"},
        "pysock.raw.queue takes _hidden of pysock.errors.base",
    ),
    "circle of three": (
        circles,
        {
            "tcp/a.py": "from pysock.tcp import b",
            "tcp/b.py": "def f():\n    from pysock.tcp.c import x",
            "tcp/c.py": "from pysock.tcp.a import y",
            "tcp/d.py": "from pysock.tcp import a",
        },
        "pysock.tcp.a",
    ),
}


@pytest.mark.parametrize("name", OBJECTIONS)
def test_it_objects(name, tmp_path):
    check, files, objection = OBJECTIONS[name]
    package = tmp_path / "pysock"
    for there in {**files, "errors/base.py": files.get("errors/base.py", "")}:
        path = package / there
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files.get(there, ""))
        (path.parent / "__init__.py").touch()
    (package / "sock_diag.py").touch()

    found = list(check(modules_of(package)))

    assert objection in found
    if check is circles:
        assert found == ["pysock.tcp.a", "pysock.tcp.b", "pysock.tcp.c"]
