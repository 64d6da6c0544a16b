"""Run suites of this interpreter's own tests, and write down each result.

``run_suites.py --face plain --json OUT test.test_socket`` runs it as it is;
``--face noted`` installs the noted face first, ``--face typed`` puts pysock
in place of ``socket``, in this process only. The tests here compare them.

The suites are run with no resources, as ``python -m test test_socket`` does.
``regrtest`` itself is not used: it has no way to install pysock before the
first import, and does not say which test was skipped for which reason.
"""

import argparse
import contextlib
import faulthandler
import importlib
import json
import random
import sys
import tempfile
import time
import unittest
from pathlib import Path

from recording import (
    FailureRecord,
    Record,
    SocketCensus,
    watch_lost_exceptions,
)

# The VSOCK classes connect to this machine's own context id. On a virtual
# machine whose host does not answer, that connect never returns (seen with
# CPython 3.11 to 3.13 on Linux 6.18), so one side would wait for ever.
LEFT_OUT_WORD = "VSOCK"

LOCAL_NETWORK = ("test.test_socketserver",)


def put_in_place(face):
    """Put a face in place; the module that `import socket` gives."""
    early = [name for name in sys.modules if name.partition(".")[0] == "test"]
    assert not early, f"imported before the module under test: {early}"
    module = importlib.import_module("pysock" if face == "typed" else "socket")
    if face == "typed":
        sys.modules["socket"] = module
    elif face == "noted":
        importlib.import_module("pysock").install()
    wrapped = hasattr(module.socket.recv, "__wrapped__")
    assert wrapped is (face == "noted"), module.socket.recv
    assert sys.modules["socket"] is module
    return module


def import_suite(name, module):
    """Import a suite on top of a face, and prove that it is."""
    # Before the suite is imported: its decorators ask while it is. Where it
    # asks for the network at once, it stays on this machine all the same.
    support = importlib.import_module("test.support")
    support.use_resources = ["network"] if name in LOCAL_NETWORK else []
    suite = importlib.import_module(name)
    support.use_resources = []
    assert getattr(suite, "socket", module) is module, suite.socket
    if name == "test.test_socket":
        helper = importlib.import_module("test.support.socket_helper")
        assert suite.socket is helper.socket is module
        case = suite.SocketTCPTest()
        case.setUp()
        try:
            assert type(case.serv) is module.socket, type(case.serv)
        finally:
            case.tearDown()
    return suite


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--face", choices=["plain", "noted", "typed"], required=True
    )
    parser.add_argument("--json", required=True, metavar="OUT")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds")
    parser.add_argument("-k", dest="patterns", action="append", default=[])
    parser.add_argument("suites", nargs="+")
    options = parser.parse_args()
    out = Path(options.json).resolve()

    faulthandler.enable()
    module = put_in_place(options.face)
    record = Record(options.limit)
    # What the typed face raises is another class on purpose.
    failures = (
        None if options.face == "typed" else FailureRecord(record, module)
    )
    suites = [import_suite(name, module) for name in options.suites]
    from test import support

    support.verbose = 0
    random.seed(0)

    loader = unittest.TestLoader()
    loader.testNamePatterns = [
        pattern if "*" in pattern else f"*{pattern}*"
        for pattern in options.patterns
    ] or None
    loaded = list(flatten(map(loader.loadTestsFromModule, suites)))
    left_out = [test.id() for test in loaded if LEFT_OUT_WORD in test.id()]
    chosen = [test for test in loaded if LEFT_OUT_WORD not in test.id()]
    print(f"left out: {len(left_out)} {LEFT_OUT_WORD} tests", file=sys.stderr)

    census = SocketCensus(record)
    lost = watch_lost_exceptions(record)
    started = time.monotonic()
    # AF_UNIX tests bind names in the working directory, as under regrtest.
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        unittest.TestSuite(chosen).run(record)
    report = {
        "module": module.__file__,
        "python": sys.version,
        "seconds": round(time.monotonic() - started, 1),
        "left_out": left_out,
        "tests": record.tests,
        "failures": failures.report() if failures else {},
        "sockets_made": census.classes,
        "foreign_sockets": census.foreign(module.socket),
        "lost_exceptions": lost,
        "environment_altered": support.environment_altered,
    }
    out.write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
