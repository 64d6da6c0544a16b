"""What is written down while a suite of CPython runs.

Four witnesses: a unittest result with one entry per test, a count of every
socket object made, each exception that a call on a socket raises, and the
exceptions that no test would notice.
"""

import collections
import faulthandler
import json
import re
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


# What a program calls on a socket, and what the interpreter calls for it.
CALLS = (
    "__init__", "_accept", "accept", "bind", "connect", "connect_ex", "dup",
    "getpeername", "getsockname", "getsockopt", "listen", "makefile", "recv",
    "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into",
    "send", "sendall", "sendfile", "sendmsg", "sendto", "setblocking",
    "setsockopt", "settimeout", "shutdown", "close", "detach",
)  # fmt: skip
FUNCTIONS = ("getaddrinfo", "create_connection", "create_server")


class FailureRecord:
    """Write down every exception of every call on a socket, test by test.

    On top of whatever is there: the interpreter's own methods in a plain run,
    the wrapped ones where the noted face is installed.
    """

    def __init__(self, record, module):
        self.record = record
        self.seen = collections.defaultdict(collections.Counter)
        for name in CALLS:
            method = getattr(module.socket, name)
            setattr(module.socket, name, self.recording(name, method))
        for name in FUNCTIONS:
            function = getattr(module, name)
            setattr(module, name, self.recording(name, function))

    def recording(self, name, function):
        def recorded(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except Exception as error:
                self.seen[self.record.running][describe(name, error)] += 1
                raise

        for attribute in ("__name__", "__qualname__", "__doc__"):
            setattr(recorded, attribute, getattr(function, attribute))
        # For tests that ask for the signature.
        recorded.__wrapped__ = function
        return recorded

    def report(self):
        return {
            test: dict(sorted(seen.items()))
            for test, seen in self.seen.items()
        }


def describe(call, error):
    """All that can be told of an exception, but for ports and the like."""
    told = {
        "call": call,
        "class": type(error).__qualname__,
        "module": type(error).__module__,
        "args": repr(error.args),
        "errno": getattr(error, "errno", None),
        "strerror": getattr(error, "strerror", None),
        "filename": getattr(error, "filename", None),
        "str": str(error),
        "repr": repr(error),
        "cause": type(error.__cause__).__name__,
        "context": type(error.__context__).__name__,
        "suppressed": error.__suppress_context__,
        "attributes": sorted(set(vars(error)) - {"__notes__"}),
        "rebuilt": is_what_its_args_make(error),
    }
    text = json.dumps(told)
    text = re.sub(r"0x[0-9a-f]+", "ADDRESS", text)
    text = re.sub(
        r"/tmp/[^\s\"']+|test_python_[^\s\"']+|@test_\w+", "PATH", text
    )
    return re.sub(r"\b\d{4,6}\b", "NUMBER", text)


def is_what_its_args_make(error):
    """Whether the class makes the same of the same arguments."""
    try:
        again = type(error)(*error.args)
    except Exception:
        return False
    return (str(again), repr(again)) == (str(error), repr(error))
