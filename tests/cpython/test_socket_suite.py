"""CPython's own test_socket, plain and with both faces of pysock.

Each side runs in a process of its own, one after the other: some tests bind
fixed names (``\\0python-test-hello`` in the abstract namespace) and some
measure time. Each takes about 40 seconds, most of it waiting for timeouts.
"""

import runpy
from pathlib import Path

import pytest

from support import suites

HERE = Path(__file__).resolve().parent
EXPECTED_DIFFERENCES = runpy.run_path(str(HERE / "expected_differences.py"))[
    "EXPECTED_DIFFERENCES"
]
SUITES = ["test.test_socket"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("alone"),
    # For the fixture that runs both, and repeats what fails.
    pytest.mark.timeout(4 * suites.KILL_AFTER),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where all sides run."""
    return tmp_path_factory.mktemp("test_socket")


@pytest.fixture(scope="module")
def plain(folder):
    """The report of the plain run."""
    suites.require(*SUITES)
    return suites.run("plain", folder, SUITES)


@pytest.fixture(scope="module", params=["noted", "typed"])
def reports(request, plain, folder):
    """The report of the plain run, and that of a face."""
    ours = suites.run(request.param, folder, SUITES)
    for note in suites.repeat_failures(
        plain, request.param, ours, folder, SUITES
    ):
        # Past pytest's capture: to be read although the tests pass.
        request.config.get_terminal_writer().line(f"\n{note}")
    return plain, ours


def test_each_test_ends_as_with_the_standard_module(reports):
    """What passes, passes; what is skipped, is skipped; no test is lost."""
    found = suites.differences(*reports)
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
    found = suites.differences(*reports)
    stale = EXPECTED_DIFFERENCES.keys() & (here - found.keys())
    assert not stale, f"no longer differ, take them out: {sorted(stale)}"


def test_each_exception_is_the_standard_modules(reports, folder):
    """Test by test: class, args, errno, text, repr, cause, context."""
    plain, ours = (report["failures"] for report in reports)
    if not ours:
        return  # the typed face: other classes, on purpose
    assert sum(map(len, plain.values())) > 200
    for test_id in sorted(plain.keys() | ours.keys()):
        before, after = plain.get(test_id), ours.get(test_id)
        for _ in range(suites.RETRIES):
            if before == after:
                break
            # Another number of timeouts, on a machine that others use.
            before, after = (
                suites.run(face, folder, SUITES, only=test_id)["failures"].get(
                    test_id
                )
                for face in ("plain", "noted")
            )
        assert before == after, test_id


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
    assert list(suites.left_behind(*reports)) == []
