"""Run suites of CPython plain and with a face, and compare what came."""

import contextlib
import faulthandler
import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.requirements import skip_or_fail

RUNNER = Path(__file__).parent.parent / "cpython" / "run_suites.py"

# In seconds, for what takes 100 on a machine of its own: it ends what hangs,
# and measures nothing. The runner ends itself at its own limit and says which
# test was running; the rest is for an interpreter that cannot even do that.
RUN_LIMIT = 900
KILL_AFTER = RUN_LIMIT + 30

# A test that fails with the standard module is tried this often again.
RETRIES = 2


def require(suite):
    """End the running test if the interpreter has no such suite."""
    try:
        missing = importlib.util.find_spec(suite) is None
    except ModuleNotFoundError:
        missing = True
    if missing:
        # Debian, for one, ships it apart, as libpython3-testsuite.
        skip_or_fail(f"{sys.executable} has no {suite}")
    # pytest's own timer would print this process's stacks halfway through;
    # whoever hangs, the runner's timer names the test.
    faulthandler.cancel_dump_traceback_later()


def run(face, folder, suites, only=None):
    """Return the report of one run; fail the test if there is none."""
    folder = folder / f"{face}{'-again' if only else ''}"
    folder.mkdir(exist_ok=True)
    out = folder / "report.json"
    out.unlink(missing_ok=True)
    command = [sys.executable, str(RUNNER), f"--limit={RUN_LIMIT}"]
    command += ["--face", face, "--json", str(out), *suites]
    # A leading star makes the pattern exact at its end, and so an exact id.
    command += ["-k", f"*{only}"] if only else []
    log = out.with_suffix(".log")
    with log.open("wb") as stream:
        # Its own session and folder: a hung child of a test is ended with it,
        # and the source tree cannot be imported instead of what is installed.
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(KILL_AFTER)
        except subprocess.TimeoutExpired:
            code = f"none after {KILL_AFTER} s"
        finally:
            # Not after a good end: the number may then be somebody else's.
            if process.poll() != 0:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if code != 0 or not out.exists():
        tail = log.read_text(errors="replace")[-8000:]
        pytest.fail(f"the {face} run ended: {code}\n{tail}", pytrace=False)
    return json.loads(out.read_text())


def repeat_failures(plain, face, ours, folder, suites):
    """Run what failed in the plain run alone, on both sides.

    The better result of each side counts. What fails with pysock only is not
    repeated: a failure that comes and goes is a failure.

    Returns:
        A sentence for each test that was repeated.
    """
    notes = []
    for test_id, entry in list(plain["tests"].items()):
        if entry["status"] not in ("failed", "error"):
            continue
        for _ in range(RETRIES):
            for side, report in (("plain", plain), (face, ours)):
                if report["tests"].get(test_id, {}).get("status") != "passed":
                    again = run(side, folder, suites, only=test_id)
                    report["tests"].update(again["tests"])
        now = plain["tests"][test_id]["status"]
        notes.append(f"{test_id}: failed when plain, then alone: {now}")
    return notes


def is_as_good(before, after):
    """Say whether pysock's entry may stand beside the plain run's."""
    if before["status"] == after["status"] == "skipped":
        # The same test skipped for another reason is another skip.
        return before["text"] == after["text"]
    if before["status"] in ("failed", "error"):
        return after["status"] in ("failed", "error", "passed")
    return before["status"] == after["status"]


def differences(plain, ours):
    """Return {test id: what differs, with the traceback}."""
    absent = {"status": "no result", "text": ""}
    found = {}
    for test_id in sorted(plain["tests"].keys() | ours["tests"].keys()):
        before = plain["tests"].get(test_id, absent)
        after = ours["tests"].get(test_id, absent)
        if not is_as_good(before, after):
            found[test_id] = (
                f"{before['status']} when plain, "
                f"{after['status']} with pysock\n{after['text']}"
            )
    return found


def forms(report):
    """Return {(call, class, first argument): everything told of those}.

    Which of them a test meets may be decided by a race: a reset or a broken
    pipe. How each looks is not.
    """
    found = {}
    for seen in report["failures"].values():
        for told in map(json.loads, seen):
            first = told["args"].partition(",")[0]
            key = told["call"], told["class"], first
            found.setdefault(key, set()).add(json.dumps(told))
    return found


def left_behind(plain, ours):
    """Say what a run left that the plain one did not; nothing is hoped for."""
    if len(ours["lost_exceptions"]) > len(plain["lost_exceptions"]):
        for lost in ours["lost_exceptions"]:
            yield f"{lost['test']}: {lost['text']}"
    if ours["environment_altered"] > plain["environment_altered"]:
        yield "the environment was altered"
