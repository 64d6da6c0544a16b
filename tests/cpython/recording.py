"""What is written down while ``test_socket`` runs.

Three witnesses: a unittest result with one entry per test, a count of every
socket object made, and the exceptions that no test would notice.
"""

import collections
import faulthandler
import sys
import threading
import time
import traceback
import unittest

# In seconds. The slowest single test takes about 3.
ONE_TEST_LIMIT = 90.0


class Record(unittest.TestResult):
    """One entry per test id: its status, its text, how long it took."""

    def __init__(self, limit):
        super().__init__()
        self.tests = {}
        self.running = None
        self.deadline = time.monotonic() + limit

    def startTest(self, test):
        super().startTest(test)
        self.running = test.id()
        self.started = time.monotonic()
        # The last such line, followed by the stacks of all threads, is what a
        # test that hangs leaves behind. faulthandler needs no GIL to do this.
        print("running", self.running, file=sys.stderr, flush=True)
        left = max(1.0, self.deadline - self.started)
        faulthandler.dump_traceback_later(min(ONE_TEST_LIMIT, left), exit=True)

    def stopTest(self, test):
        faulthandler.cancel_dump_traceback_later()
        entry = self.tests.get(self.running)
        if entry is not None:
            entry["seconds"] = round(time.monotonic() - self.started, 3)
        self.running = None
        super().stopTest(test)

    def note(self, test, status, text=""):
        entry = self.tests.setdefault(
            test.id(), {"status": status, "text": "", "seconds": 0.0}
        )
        # A test may report more than once: each failing subtest, then its
        # tearDown. The first failure names the status, none is overwritten.
        if entry["status"] == "passed":
            entry["status"] = status
        entry["text"] += text

    def addSuccess(self, test):
        self.note(test, "passed")

    def addSkip(self, test, reason):
        self.note(test, "skipped", reason)

    def addFailure(self, test, err):
        self.note(test, "failed", "".join(traceback.format_exception(*err)))

    def addError(self, test, err):
        # Also called for setUpClass and setUpModule, with a stand-in whose id
        # is "setUpClass (test.test_socket.Name)".
        self.note(test, "error", "".join(traceback.format_exception(*err)))

    def addSubTest(self, test, subtest, err):
        if err is not None:
            status = (
                "failed" if issubclass(err[0], AssertionError) else "error"
            )
            text = "".join(traceback.format_exception(*err))
            self.note(test, status, f"{subtest.id()}\n{text}")

    def addExpectedFailure(self, test, err):
        self.note(test, "expected failure")

    def addUnexpectedSuccess(self, test):
        self.note(test, "unexpected success")


class SocketCensus:
    """Count every socket object this process makes, by exact class.

    The interpreter raises the audit event ``socket.__new__`` with the object
    itself, for each one that is made: also by accept, dup and socketpair.
    """

    def __init__(self, record):
        self.record = record
        self.classes = collections.Counter()
        self.makers = collections.defaultdict(set)
        sys.addaudithook(self.hook)

    def hook(self, event, args):
        if event == "socket.__new__":
            cls = type(args[0])
            name = f"{cls.__module__}.{cls.__qualname__}"
            self.classes[name] += 1
            self.makers[cls].add(self.record.running)

    def foreign(self, base):
        """Say which tests made sockets that are no instance of ``base``."""
        return {
            f"{cls.__module__}.{cls.__qualname__}": sorted(map(str, makers))
            for cls, makers in self.makers.items()
            if not issubclass(cls, base)
        }


def watch_lost_exceptions(record):
    """List the exceptions that no test sees: from __del__ and from threads."""
    lost = []

    def keep(args):
        text = "".join(traceback.format_exception(args.exc_value))
        lost.append({"test": record.running, "text": text})

    sys.unraisablehook = keep
    threading.excepthook = keep
    return lost
