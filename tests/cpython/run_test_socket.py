"""Run this interpreter's own ``test.test_socket`` and write down each result.

``run_test_socket.py --face plain --json OUT`` runs it as it is; ``--face
noted`` installs the noted face first, ``--face typed`` puts pysock in place
of ``socket``, in this process only. ``test_socket_suite.py`` compares them.

The suite is run with no resources, as ``python -m test test_socket`` does.
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

from recording import Record, SocketCensus, watch_lost_exceptions

# The VSOCK classes connect to this machine's own context id. On a virtual
# machine whose host does not answer, that connect never returns (seen with
# CPython 3.11 to 3.13 on Linux 6.18), so one side would wait for ever.
LEFT_OUT_WORD = "VSOCK"


def import_suite(face):
    """Import test.test_socket on top of a face, and prove that it is."""
    early = [name for name in sys.modules if name.partition(".")[0] == "test"]
    assert not early, f"imported before the module under test: {early}"
    module = importlib.import_module("pysock" if face == "typed" else "socket")
    if face == "typed":
        sys.modules["socket"] = module
    elif face == "noted":
        importlib.import_module("pysock").install()
    # Before the suite is imported: its decorators ask while it is.
    importlib.import_module("test.support").use_resources = []
    suite = importlib.import_module("test.test_socket")
    helper = importlib.import_module("test.support.socket_helper")

    assert sys.modules["socket"].socket is module.socket
    assert suite.socket.socket is module.socket
    assert helper.socket.socket is module.socket
    assert suite.socket is module, f"test_socket uses {suite.socket!r}"
    wrapped = hasattr(module.socket.recv, "__wrapped__")
    assert wrapped is (face == "noted"), module.socket.recv

    case = suite.SocketTCPTest()
    case.setUp()
    try:
        assert type(case.serv) is module.socket, type(case.serv)
    finally:
        case.tearDown()
    return module, suite


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
    options = parser.parse_args()
    out = Path(options.json).resolve()

    faulthandler.enable()
    module, suite = import_suite(options.face)
    from test import support

    support.verbose = 0
    random.seed(0)

    loader = unittest.TestLoader()
    loader.testNamePatterns = [
        pattern if "*" in pattern else f"*{pattern}*"
        for pattern in options.patterns
    ] or None
    loaded = list(flatten(loader.loadTestsFromModule(suite)))
    left_out = [test.id() for test in loaded if LEFT_OUT_WORD in test.id()]
    chosen = [test for test in loaded if LEFT_OUT_WORD not in test.id()]
    print(f"left out: {len(left_out)} {LEFT_OUT_WORD} tests", file=sys.stderr)

    record = Record(options.limit)
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
        "sockets_made": census.classes,
        "foreign_sockets": census.foreign(module.socket),
        "lost_exceptions": lost,
        "environment_altered": support.environment_altered,
    }
    out.write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
