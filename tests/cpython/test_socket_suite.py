"""CPython's own test_socket, plain and with both faces of pysock.

Each side runs in a process of its own, one after the other: some tests
bind fixed names (``\\0python-test-hello`` in the abstract namespace) and some
measure time. Each takes about 40 seconds, most of it waiting for timeouts.
"""

import contextlib
import faulthandler
import importlib.util
import json
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.requirements import skip_or_fail

HERE = Path(__file__).resolve().parent
RUNNER = HERE / "run_test_socket.py"
EXPECTED_DIFFERENCES = runpy.run_path(str(HERE / "expected_differences.py"))[
    "EXPECTED_DIFFERENCES"
]

# In seconds. The runner ends itself at its own limit and says which test was
# running; the rest is for an interpreter that cannot even do that.
RUN_LIMIT = 300
KILL_AFTER = RUN_LIMIT + 30

pytestmark = [
    pytest.mark.slow,
    # For the fixture that runs both, and repeats what fails.
    pytest.mark.timeout(4 * KILL_AFTER),
]

# A test that fails with the standard module is tried this often again.
RETRIES = 2


def run_test_socket(face, folder, only=None):
    """Return the report of one run; fail the test if there is none."""
    out = folder / f"{face}{'-again' if only else ''}.json"
    out.unlink(missing_ok=True)
    command = [sys.executable, str(RUNNER), f"--limit={RUN_LIMIT}"]
    command += ["--face", face, "--json", str(out)]
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


def repeat_failures(plain, face, ours, folder):
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
                    again = run_test_socket(side, folder, only=test_id)
                    report["tests"].update(again["tests"])
        now = plain["tests"][test_id]["status"]
        notes.append(f"{test_id}: failed when plain, then alone: {now}")
    return notes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where both sides run."""
    return tmp_path_factory.mktemp("test_socket")


@pytest.fixture(scope="module")
def plain(folder):
    """The report of the plain run."""
    try:
        missing = importlib.util.find_spec("test.test_socket") is None
    except ModuleNotFoundError:
        missing = True
    if missing:
        # Debian, for one, ships it apart, as libpython3-testsuite.
        skip_or_fail(f"{sys.executable} has no test.test_socket")
    # pytest's own timer would print this process's stacks halfway through;
    # whoever hangs, the runner's timer names the test.
    faulthandler.cancel_dump_traceback_later()
    return run_test_socket("plain", folder)


@pytest.fixture(scope="module", params=["noted", "typed"])
def reports(request, plain, folder):
    """The report of the plain run, and that of a face."""
    ours = run_test_socket(request.param, folder)
    for note in repeat_failures(plain, request.param, ours, folder):
        # Past pytest's capture: to be read although the tests pass.
        request.config.get_terminal_writer().line(f"\n{note}")
    return plain, ours


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


def test_each_test_ends_as_with_the_standard_module(reports):
    """What passes, passes; what is skipped, is skipped; no test is lost."""
    found = differences(*reports)
    unexpected = {
        k: v for k, v in found.items() if k not in EXPECTED_DIFFERENCES
    }
    assert not unexpected, "\n\n".join(
        f"{test_id}: {text}" for test_id, text in unexpected.items()
    )


def test_expected_differences_still_differ(reports):
    """The list of expected differences holds nothing that is out of date."""
    plain, ours = reports
    here = plain["tests"].keys() | ours["tests"].keys()
    # An id that this interpreter's test_socket does not have proves nothing.
    stale = EXPECTED_DIFFERENCES.keys() & (here - differences(*reports).keys())
    assert not stale, f"no longer differ, take them out: {sorted(stale)}"


def test_runs_are_whole(reports):
    """Hundreds of tests passed, and both runs left out the same few."""
    for report in reports:
        passed = [
            t for t in report["tests"].values() if t["status"] == "passed"
        ]
        assert len(passed) > 500
        assert len(report["left_out"]) < 20
    assert reports[0]["left_out"] == reports[1]["left_out"]


def test_every_socket_made_was_pysocks(reports):
    """No test got a standard socket, but where the plain run makes one too."""
    plain, ours = reports
    assert ours["foreign_sockets"] == plain["foreign_sockets"]
    assert sum(ours["sockets_made"].values()) > 1000


def test_nothing_is_left_behind(reports):
    """No exception in __del__ or a thread, no thread, that was not there."""
    plain, ours = reports
    assert len(ours["lost_exceptions"]) <= len(plain["lost_exceptions"]), (
        "\n".join(
            f"{lost['test']}: {lost['text']}"
            for lost in ours["lost_exceptions"]
        )
    )
    assert ours["environment_altered"] <= plain["environment_altered"]
