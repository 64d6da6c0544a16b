"""The suites that other projects ship, plain and under the noted face.

    python tests/clients/peers.py [--cache FOLDER] [NAME ...]

Each suite runs twice in a virtual environment of its own, once by `python -m
pytest` and once by `python -m pysock run -m pytest`, notes on. What passes
plain and not noted is run once more, both ways; what is lost again is printed
beside the losses that are expected. Downloads are kept in the cache folder.
Exit status 1: something was lost that nobody expects.
"""

import argparse
import os
import subprocess
import sys
import tarfile
import venv
import xml.etree.ElementTree as xml
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 1200  # seconds for one run of one suite

# `needs`: packages beside the project itself; `tests`: what pytest is given,
# below the unpacked sources; `options`: more words for it.
Suite = namedtuple("Suite", "needs tests options", defaults=[()])

SUITES = {
    "anyio": Suite(
        ("trio", "trustme", "psutil", "hypothesis", "exceptiongroup",
         "pytest-mock", "truststore", "blockbuster"), ("tests",)),
    "cheroot": Suite(
        ("portend", "trustme", "jaraco.text", "requests",
         "requests-unixsocket", "pytest-mock", "pyopenssl", "jaraco.context",
         "requests-toolbelt", "urllib3"), ("cheroot/test",)),
    "h11": Suite((), ("h11/tests",)),
    "httpcore": Suite(
        ("h2", "socksio", "trio", "anyio", "pytest-httpbin",
         "pytest-trio"), ("tests",)),
    "paramiko": Suite(
        ("icecream", "pytest-relaxed", "lexicon", "invoke"), ("tests",)),
    "pyftpdlib": Suite(("psutil", "pyopenssl"), ("tests",)),
    "pymemcache": Suite(("gevent", "pytest-mock"), ("pymemcache/test",)),
    "requests": Suite(
        ("httpbin", "pytest-httpbin", "pytest-mock", "trustme", "PySocks"),
        ("tests",)),
    "trio": Suite(
        ("trustme", "pyopenssl", "astor", "async_generator"), (),
        ("--pyargs", "trio", "-p", "trio._tests.pytest_plugin",
         "--skip-optional-imports")),
    "uvicorn": Suite(
        ("httpx", "httptools", "websockets", "wsproto", "anyio", "trustme",
         "a2wsgi", "pytest-mock", "cryptography", "python-dotenv", "pyyaml",
         "watchfiles", "pytest-xdist", "typing_extensions"), ("tests",)),
    "waitress": Suite((), ("tests",)),
    "websockets": Suite((), ("tests",)),
    "Werkzeug": Suite(
        ("ephemeral-port-reserve", "pytest-timeout", "cryptography",
         "watchdog"), ("tests",)),
}  # fmt: skip

# Suite: what a test's name contains, and why it is lost.
EXPECTED = {
    "trio": {
        "test_open_tcp_listeners_rebind": "pytest's `match` reads notes",
    },
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    home = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    parser.add_argument(
        "--cache", type=Path, default=Path(home).expanduser() / "pysock/peers"
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    strange = set(arguments.names) - set(SUITES)
    if strange:
        parser.error(f"no such suite: {', '.join(sorted(strange))}")
    arguments.cache.mkdir(parents=True, exist_ok=True)
    unexpected = 0
    print(f"{'suite':12} {'version':10} {'plain':>12} {'noted':>12}  lost")
    for name in arguments.names or SUITES:
        unexpected += compare(name, arguments.cache)
    return 1 if unexpected else 0


def compare(name, cache):
    """Run a suite both ways and print what is lost; how much unexpectedly."""
    suite = SUITES[name]
    try:
        python, tree = prepared(name, suite, cache)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"{name:12} cannot be had here: {_last_line(error)}")
        return 0
    version = tree.name.rpartition("-")[2]
    plain, noted = both(python, tree, suite)
    lost = plain - noted
    if lost:
        # A test that fails now and then fails plain as well.
        plain_again, noted_again = both(python, tree, suite)
        lost &= plain_again - noted_again
    counts = f"{len(plain):>5} passed {len(noted):>5} passed"
    print(f"{name:12} {version:10} {counts}  {len(lost)}", flush=True)
    unexpected = 0
    for test in sorted(lost):
        reasons = EXPECTED.get(name, {})
        why = next((r for part, r in reasons.items() if part in test), None)
        unexpected += why is None
        print(f"    {test}: {why or 'NOT EXPECTED'}")
    return unexpected


def both(python, tree, suite):
    """What passes plain, and what under `pysock run`."""
    plain = run(python, tree, suite, noted=False)
    return plain, run(python, tree, suite, noted=True)


def prepared(name, suite, cache):
    """An interpreter with the project and its needs, and its sources."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    folder = cache / f"{name}-{version}"
    python = folder / "venv/bin/python"
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if not (folder / "ready").exists():
        venv.create(folder / "venv", with_pip=True, clear=True)
        _quietly([*pip, "install", name, "pytest", "cffi", *suite.needs])
        _quietly([*pip, "install", str(ROOT)])
        got = _quietly([python, "-c", _VERSION, name]).strip()
        _quietly([
            *pip, "download", "--no-deps", "--no-binary", ":all:",
            "--dest", folder / "sdist", f"{name}=={got}",
        ])  # fmt: skip
        for archive in (folder / "sdist").iterdir():
            with tarfile.open(archive) as opened:
                opened.extractall(folder / "tree", filter="data")
        (folder / "ready").touch()
    [tree] = (folder / "tree").iterdir()
    return python, tree


_VERSION = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"


def run(python, tree, suite, *, noted):
    """The names of the tests that passed."""
    report = tree.parent.parent / f"report-{'noted' if noted else 'plain'}.xml"
    report.unlink(missing_ok=True)
    starter = ["-m", "pysock", "run"] if noted else []
    command = [
        python, *starter, "-m", "pytest", "-q",
        "-p", "no:cacheprovider", "-p", "no:pysock", "-o", "addopts=",
        f"--junit-xml={report}", *suite.options, *suite.tests,
    ]  # fmt: skip
    try:
        subprocess.run(
            command, cwd=tree, timeout=PATIENCE, check=False,
            stdin=subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return set()
    if not report.exists():
        return set()
    return {
        f"{case.get('classname')}::{case.get('name')}"
        for case in xml.parse(report).iter("testcase")
        if not len(case)
    }


def _quietly(command):
    return subprocess.run(
        [str(word) for word in command],
        check=True, capture_output=True, text=True, timeout=PATIENCE,
    ).stdout  # fmt: skip


def _last_line(error):
    said = getattr(error, "stderr", None) or str(error)
    return said.strip().splitlines()[-1][:100]


if __name__ == "__main__":
    sys.exit(main())
