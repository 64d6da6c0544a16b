"""What is shipped: the sdist, the wheel built from it, and its first import.

The tree is copied before it is built. A build in place would read what an
earlier build left (an egg-info keeps naming files for the sdist), and would
pass where a fresh clone fails.
"""

import email
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from support import interpreters
from support.requirements import skip_or_fail

# Builds and installs take as long as the index and the compiler do.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parent.parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
    "version"
]
NOT_IN_A_CLONE = shutil.ignore_patterns(
    ".git", ".venv*", ".*_cache", ".hypothesis", ".benchmarks",
    "build", "dist", "*.egg-info", "*.so", "*.o", "__pycache__",
)  # fmt: skip

FIRST_STEPS = """
import errno, json, pysock, pysock.errors

with pysock.create_server(("127.0.0.1", 0)) as listener:
    with pysock.create_connection(listener.getsockname(), 5) as client:
        server, _ = listener.accept()
        with server:
            client.sendall(b"hello")
            received = server.recv(5, pysock.MSG_WAITALL).decode()
            info = client.tcp_info()

# Bound and not listening: nobody else can get this port and answer.
with pysock.socket() as closed:
    closed.bind(("127.0.0.1", 0))
    try:
        pysock.create_connection(closed.getsockname(), 5)
    except OSError as error:
        refused = error

print(json.dumps({
    "file": pysock.__file__,
    "class": type(client) is pysock.socket and type(server) is pysock.socket,
    "received": received,
    "state": info.state == pysock.TcpState.ESTABLISHED,
    "rtt_us": info.rtt_us,
    "refused": type(refused) is pysock.errors.ConnectRefusedError,
    "errno": refused.errno == errno.ECONNREFUSED,
}))
"""


class Distribution(NamedTuple):
    tree: Path
    sdist: Path
    wheel: Path


def run(*command, cwd):
    """Run a command to its end; show what it said when it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        said = f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        pytest.fail(f"{words[:4]} failed: {done.returncode}\n{said}")
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    tree = tmp_path_factory.mktemp("build") / "tree"
    shutil.copytree(ROOT, tree, ignore=NOT_IN_A_CLONE)
    out = tmp_path_factory.mktemp("dist")
    # The sdist first, then the wheel from it: a header that the sdist lacks
    # stops the build. No isolation: the back end is in the dev group, and the
    # build then needs no network.
    run(
        sys.executable, "-m", "build", "--no-isolation", "--outdir", out, tree,
        cwd=out,
    )  # fmt: skip
    [sdist] = out.glob("*.tar.gz")
    [wheel] = out.glob("*.whl")
    return Distribution(tree, sdist, wheel)


@pytest.fixture(scope="session")
def wheel_names(built):
    with zipfile.ZipFile(built.wheel) as archive:
        return archive.namelist()


def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        [name] = [n for n in archive.namelist() if n.endswith("/METADATA")]
        return email.message_from_bytes(archive.read(name))


def test_wheel_is_tagged_for_the_stable_abi(built):
    name, version, *tags = built.wheel.stem.split("-")
    assert (name, version) == ("pysock_tcp", VERSION)
    python, abi, platform = tags
    assert (python, abi) == ("cp311", "abi3")
    assert re.match(r"(many|musl)?linux_", platform)


def test_wheel_holds_one_extension_and_it_is_abi3(wheel_names):
    extensions = [name for name in wheel_names if name.endswith(".so")]
    assert extensions == ["pysock/_ffi.abi3.so"]


def test_extension_exports_its_init_function_only(built, tmp_path):
    nm = shutil.which("nm")
    if nm is None:
        skip_or_fail("nm (binutils) is not installed")
    with zipfile.ZipFile(built.wheel) as archive:
        extension = archive.extract("pysock/_ffi.abi3.so", tmp_path)
    listing = run(nm, "-D", "--defined-only", extension, cwd=tmp_path)
    assert [line.split()[-1] for line in listing.splitlines()] == [
        "PyInit__ffi"
    ]


def test_wheel_holds_the_package_and_nothing_of_the_tree(wheel_names):
    tops = {name.split("/")[0] for name in wheel_names}
    assert tops == {
        "pysock",
        "pysock_pytest.py",
        f"pysock_tcp-{VERSION}.dist-info",
        f"pysock_tcp-{VERSION}.data",
    }
    sources = {
        name for name in wheel_names if Path(name).suffix in {".c", ".h", ".o"}
    }
    assert sources == {"pysock/cli/bench/native.c"}


def test_wheel_holds_every_module_and_the_types(built, wheel_names):
    in_tree = {
        str(path.relative_to(built.tree))
        for pattern in ("*.py", "*.pyi", "py.typed", "native.c")
        for path in (built.tree / "pysock").rglob(pattern)
    }
    in_wheel = {name for name in wheel_names if name.startswith("pysock/")}
    assert in_wheel - {"pysock/_ffi.abi3.so"} == in_tree
    assert {"pysock/py.typed", "pysock/_ffi.pyi"} <= in_wheel


def test_wheel_brings_the_manual_page(built, wheel_names):
    [page] = [name for name in wheel_names if name.endswith(".1")]
    assert page == f"pysock_tcp-{VERSION}.data/data/share/man/man1/pysock.1"
    with zipfile.ZipFile(built.wheel) as archive:
        assert archive.read(page) == (ROOT / "docs/pysock.1").read_bytes()
    with tarfile.open(built.sdist) as archive:
        assert f"pysock_tcp-{VERSION}/docs/pysock.1" in archive.getnames()


def test_sdist_holds_all_that_the_build_needs(built):
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {
        str(path.relative_to(built.tree))
        for pattern in ("*.c", "*.h", "*.py")
        for path in (built.tree / "csrc").glob(pattern)
    }
    assert "csrc/pysock.h" in needed
    assert names >= needed | {"setup.py", "pyproject.toml", "LICENSE"}
    assert "tests/project/test_packaging.py" in names


def test_cffi_is_the_only_requirement_at_run_time(built):
    required = metadata(built.wheel).get_all("Requires-Dist")
    unconditional = [line for line in required if "extra ==" not in line]
    assert unconditional == ["cffi>=2.0"]


def test_metadata_names_the_licence_the_oldest_python_and_the_extras(built):
    fields = metadata(built.wheel)
    assert fields["License-Expression"] == "MIT"
    assert fields["Requires-Python"] == ">=3.11"
    assert fields.get_all("Provides-Extra") == [
        "cli",
        "plot",
        "prometheus",
        "testing",
        "bench",
    ]


@pytest.mark.parametrize("version", interpreters.SUPPORTED)
def test_wheel_works_from_another_directory(built, tmp_path, version):
    python = interpreters.find(version)
    if python is None:
        pytest.skip(f"Python {version} is not on this machine")
    venv = tmp_path / "venv"
    run(python, "-m", "venv", venv, cwd=tmp_path)
    installed = venv / "bin" / "python"
    run(installed, "-m", "pip", "install", built.wheel, cwd=tmp_path)

    # -I: neither this directory nor PYTHONPATH can lend it a source tree.
    # -W error: a first import that warns is a bug of ours.
    output = run(
        installed, "-I", "-W", "error", "-c", FIRST_STEPS, cwd=tmp_path
    )

    seen = json.loads(output)
    assert Path(seen.pop("file")).is_relative_to(venv)
    assert seen.pop("rtt_us") > 0
    assert seen == {
        "class": True,
        "received": "hello",
        "state": True,
        "refused": True,
        "errno": True,
    }


A_TEST_OF_SOMEBODY = """
import ssl, urllib.request, pytest, pysock
from pysock.testing import fails_with

def test_where_it_is():
    assert pysock.__file__.startswith({venv!r})

@pytest.mark.pysock_failures("connect", "request")
def test_code(failing):
    with pytest.raises(OSError):
        urllib.request.urlopen(failing.address.url, timeout=0.2)

def test_tls(failing):
    address = failing.tls()
    trust = ssl.create_default_context(cafile=address.ca_file)
    assert urllib.request.urlopen(address.url, context=trust).status == 200

def test_fails_with(failing):
    with fails_with(code="peer-reset-unanswered"):
        urllib.request.urlopen(failing.resetting().url, timeout=5)
"""


def test_testing_extra_works_without_the_source_tree(built, tmp_path):
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", venv, cwd=tmp_path)
    installed = venv / "bin" / "python"
    extra = f"{built.wheel}[testing]"
    run(installed, "-m", "pip", "install", extra, cwd=tmp_path)
    text = A_TEST_OF_SOMEBODY.replace("{venv!r}", repr(str(venv)))
    (tmp_path / "test_it.py").write_text(text)
    said = run(
        installed, "-I", "-m", "pytest", "-q", "test_it.py", cwd=tmp_path
    )
    assert "12 passed" in said


@pytest.mark.parametrize("platform", ["darwin", "freebsd14", "win32"])
def test_build_elsewhere_stops_with_one_sentence(platform):
    # --version would print it and succeed if setup() were reached.
    build_elsewhere = (
        "import runpy, setuptools, sys;"
        f"sys.platform = {platform!r};"
        "sys.argv = ['setup.py', '--version'];"
        "runpy.run_path('setup.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", build_elsewhere],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(
        rf"pysock works on Linux only: .* {platform} .*\.\n", done.stderr
    )
