"""The suites that other projects ship, plain and under the noted face.

    PYTHONPATH=tests python -m clients.peers [--cache F] [--page] [NAME ...]

Each suite (peer_suites.py) runs twice in a virtual environment of its own,
once by `python -m pytest` and once by `python -m pysock run -m pytest`, notes
on. What passes plain and not noted is run once more, both ways; what is lost
again is printed beside the losses that are expected. Downloads are kept in
the cache folder, with each suite's last outcome and what its runs printed;
`--page` runs nothing and prints the outcomes as docs/peers.md.

Exit status 1: something was lost that nobody expects; 2: a suite could not be
had or did not run to its end, so nothing is known of it.
"""

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tarfile
import venv
import xml.etree.ElementTree as xml
from pathlib import Path

from clients.peer_suites import EXPECTED, SUITES
from support import keeper
from support.answering import listens

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 600  # seconds for one run of one suite
PREPARING = 1200  # seconds for one step of pip

PAGE = """<!-- Made by tests/clients/peers.py --page. Edit that. -->

# Other people's test suites under `pysock run`

    make peers                       # all of them
    make peers ARGS="h11 waitress"   # these

Each suite ran twice on one interpreter: by `python -m pytest`, and by `python
-m pysock run -m pytest` with notes on. What passes plain and not under pysock
is run again, both ways; *lost* is what is lost both times. A test that fails
or is skipped plain (no network, no docker, a newer pytest) counts nowhere.

{table}

{losses}

websockets is not among them: its source distribution has no tests.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    home = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    parser.add_argument(
        "--cache", type=Path, default=Path(home).expanduser() / "pysock/peers"
    )
    parser.add_argument("--page", action="store_true")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    strange = set(arguments.names) - set(SUITES)
    if strange:
        parser.error(f"no such suite: {', '.join(sorted(strange))}")
    if arguments.page:
        print(page(arguments.cache), end="")
        return 0
    # Ours only: no folder of tests is to be found by a suite.
    os.environ.pop("PYTHONPATH", None)
    # As at a terminal, also if a shell has started us in the background: a
    # suite may interrupt itself.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    print(
        f"{'suite':12} {'version':10} {'plain':>7} {'noted':>7} {'lost':>5}",
        flush=True,
    )
    statuses = [
        compare(name, arguments.cache) for name in arguments.names or SUITES
    ]
    return next((bad for bad in (1, 2) if bad in statuses), 0)


def compare(name, cache):
    """Run a suite both ways, print and keep what is lost; an exit status."""
    folder = cache / f"{name}-{sysconfig.get_python_version()}"
    folder.mkdir(exist_ok=True)
    try:
        with (folder / "lock").open("w") as lock:
            # Another run of the same suite is waited for.
            fcntl.flock(lock, fcntl.LOCK_EX)
            version, plain, noted, lost = measured(name, folder)
    except (subprocess.SubprocessError, OSError, xml.ParseError) as error:
        print(f"{name:12} nothing known: {_last_line(error)}", flush=True)
        return 2
    expected = EXPECTED.get(name, {})
    reasons = {
        test: next((why for part, why in expected.items() if part in test), "")
        for test in sorted(lost)
    }
    (folder / "outcome.json").write_text(json.dumps({
        "version": version, "plain": len(plain), "noted": len(noted),
        "lost": reasons,
    }))  # fmt: skip
    print(
        f"{name:12} {version:10} {len(plain):7} {len(noted):7} {len(lost):5}"
    )
    for test, why in reasons.items():
        print(f"    {test}: {why or 'NOT EXPECTED'}")
    sys.stdout.flush()
    return 0 if all(reasons.values()) else 1


def measured(name, folder):
    """The project's version, and which tests pass plain, noted, are lost."""
    suite = SUITES[name]
    python, tree = prepared(name, suite, folder)
    plain, noted = both(python, tree, suite)
    lost = plain - noted
    if lost:
        # A test that fails now and then fails plain as well.
        plain_again, noted_again = both(python, tree, suite)
        lost &= plain_again - noted_again
        plain, noted = plain | plain_again, noted | noted_again
    return tree.name.rpartition("-")[2], plain, noted, lost


def both(python, tree, suite):
    """What passes plain, and what under `pysock run`."""
    plain = run(python, tree, suite, noted=False)
    if not plain:
        raise OSError(f"no test passes plain, see {tree.parent.parent}")
    return plain, run(python, tree, suite, noted=True)


def prepared(name, suite, folder):
    """An interpreter with the project and its needs, and its sources."""
    python = folder / "venv/bin/python"
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    ready, wanted = folder / "ready", repr((suite.needs, suite.beside))
    if not ready.exists() or ready.read_text() != wanted:
        for old in "tree", "sdist":
            shutil.rmtree(folder / old, ignore_errors=True)
        venv.create(folder / "venv", with_pip=True, clear=True)
        _quietly([*pip, "install", name, "pytest", "cffi", *suite.needs])
        got = _quietly([python, "-c", _VERSION, name]).strip()
        _quietly([
            *pip, "download", "--no-deps", "--no-binary", name,
            "--dest", folder / "sdist", f"{name}=={got}",
        ])  # fmt: skip
        for archive in (folder / "sdist").iterdir():
            with tarfile.open(archive) as opened:
                opened.extractall(folder / "tree", filter="data")
        [tree] = (folder / "tree").iterdir()
        for hiding in suite.beside:
            shutil.rmtree(tree / hiding)
        ready.write_text(wanted)
    [tree] = (folder / "tree").iterdir()
    # The package of this tree, as it is now, and nothing beside it.
    packages = Path(_quietly([python, "-c", _PACKAGES]).strip())
    (packages / "pysock").unlink(missing_ok=True)
    (packages / "pysock").symlink_to(ROOT / "pysock")
    return python, tree


_VERSION = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
_PACKAGES = "import sysconfig; print(sysconfig.get_path('purelib'))"


def run(python, tree, suite, *, noted):
    """The names of the tests that passed.

    Raises TimeoutExpired: the suite did not come to its end in time.
    """
    how = "noted" if noted else "plain"
    report = tree.parent.parent / f"{how}.xml"
    report.unlink(missing_ok=True)
    starter = ["-m", "pysock", "run"] if noted else []
    with _started(suite.server, report.parent) as port:
        words = [word.format(port=port) for word in suite.options]
        command = [
            python, *starter, "-m", "pytest", "-q",
            "-p", "no:cacheprovider", "-o", "addopts=",
            "-W", "ignore::pytest.PytestUnknownMarkWarning",
            # With the file: classes of an installed suite have no other name.
            "-o", "junit_family=xunit1",
            f"--junit-xml={report}", *words, *suite.tests,
        ]  # fmt: skip
        with (report.with_suffix(".log")).open("wb") as log:
            pytest = keeper.start(command, cwd=tree, stdout=log, stderr=log)
        try:
            pytest.wait(PATIENCE)
        finally:
            keeper.end(pytest)
    if not report.exists():
        return set()
    return {
        "::".join(case.get(key, "") for key in ("file", "classname", "name"))
        for case in xml.parse(report).iter("testcase")
        if not {part.tag for part in case} & {"failure", "error", "skipped"}
    }


@contextlib.contextmanager
def _started(server, folder):
    """A server of its own for a run, if the suite wants one; its port.

    What it keeps on disk goes to `folder`.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    if not server:
        yield port
        return
    started = keeper.start(
        [word.format(port=port) for word in server], cwd=folder,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        if not listens(started, port, 30):
            raise OSError("its server does not answer")
        yield port
    finally:
        keeper.end(started)


def page(cache):
    """docs/peers.md, of the outcomes that the cache holds."""
    version = sysconfig.get_python_version()
    rows = [
        "| suite | version | what is run | plain | noted | lost |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    losses = ["| lost | why |", "| --- | --- |"]
    for name, suite in SUITES.items():
        kept = cache / f"{name}-{version}/outcome.json"
        if not kept.exists():
            continue
        outcome = json.loads(kept.read_text())
        rows.append(
            f"| {name} | {outcome['version']} | {suite.part} | "
            f"{outcome['plain']:,} | {outcome['noted']:,} | "
            f"{len(outcome['lost'])} |"
        )
        losses += [
            f"| {name}: `{test.rpartition('::')[2]}` | {why or 'unknown'} |"
            for test, why in outcome["lost"].items()
        ]
    if len(losses) == 2:
        losses = ["Nothing is lost."]
    return PAGE.format(table="\n".join(rows), losses="\n".join(losses))


def _quietly(command):
    return subprocess.run(
        [str(word) for word in command],
        check=True, capture_output=True, text=True, timeout=PREPARING,
    ).stdout  # fmt: skip


def _last_line(error):
    said = (getattr(error, "stderr", None) or str(error)).strip()
    return said.splitlines()[-1][:100] if said else type(error).__name__


if __name__ == "__main__":
    sys.exit(main())
