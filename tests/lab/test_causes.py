"""Every cause, met in every way: pysock calls it what it is.

`pytest -v` ends with the matrix: what was made, and what was said.
"""

import errno
from pathlib import Path

import pytest

import pysock
from lab import landlock
from lab.causes.cause import Meeting, Noted, Typed
from lab.causes.every import CANNOT_TELL, EVERY, NOT_NOTED, ONLY_TYPED
from lab.causes.evidence import EVIDENCE
from lab.causes.page import page
from pysock.errors import CATALOGUE
from support.requirements import skip_or_fail

pytest_plugins = ["lab.fixtures", "lab.causes.matrix"]
pytestmark = pytest.mark.lab

PAGE = Path(__file__).parent.parent.parent / "docs" / "causes.md"


def every_way(causes):
    """A cause in each family and mode that has it."""
    return pytest.mark.parametrize(
        ("cause", "version", "mode"),
        [
            pytest.param(cause, version, mode, id=f"{cause}-v{version}-{mode}")
            for cause in causes
            for version in cause.versions
            for mode in cause.modes
        ],
    )


@pytest.fixture
def installed():
    pysock.install()
    yield
    pysock.uninstall()


@every_way((*EVERY, *ONLY_TYPED))
def test_typed(place, cause, version, mode, said):
    check(Meeting(place, version, Typed, mode), cause, said)


@every_way(EVERY)
def test_noted(place, installed, cause, version, mode, said):
    check(Meeting(place, version, Noted, mode), cause, said)


def check(meeting, cause, said):
    """Make it, and hold what is said against what is so."""
    if "Landlock" in cause.name and landlock.missing():
        skip_or_fail(landlock.missing())
    version = meeting.version
    code = cause.of(version, "code")
    with meeting.stack:
        error = cause.make(meeting)
        if meeting.face is Noted and code in NOT_NOTED:
            assert error is None
            return
        assert error is not None, "it did not fail"
        explanation = error.explain()
        check_one_code(meeting, error)
    said(cause, code, error.code)
    right = code if isinstance(code, tuple) else (code,)
    assert error.code in right
    assert explanation.code == error.code
    text = str(explanation)
    for words in cause.never:
        assert words not in text
    origin = error.origin and error.origin.kind
    if origin is None and may_not_tell(meeting, error):
        return
    assert origin == cause.of(version, "origin")
    for words in cause.of(version, "says"):
        assert words in text


def check_one_code(meeting, error):
    """One failure has one code, wherever somebody meets it."""
    if meeting.raised is None or meeting.face.failure(meeting.raised) != error:
        return  # not raised by a call: taken, or met by other means
    assert pysock.why(meeting.raised).code == error.code
    assert [heard.code for heard in meeting.heard] in ([], [error.code])
    notes = "\n".join(meeting.raised.__notes__).splitlines()
    assert notes[-1].split() == ["code", error.code], notes


def may_not_tell(meeting, error):
    """Whether the kernel leaves no trace of who said no.

    A blocking connect over IPv6 keeps no ICMP message without IPV6_RECVERR,
    which the noted face does not set: EACCES may be a router's word, or a
    security module's.
    """
    return (
        meeting.face is Noted
        and (meeting.version, meeting.mode) == (6, "blocking")
        and error.errno == errno.EACCES
    )


def test_every_code_is_made():
    """Of those that are the subject here; TLS and sock_diag have their own."""
    made = set()
    for cause in (*EVERY, *ONLY_TYPED):
        for version in cause.versions:
            code = cause.of(version, "code")
            made |= {code} if isinstance(code, str) else set(code)
    known = {cause.code for row in CATALOGUE for cause in row.causes}
    elsewhere = {
        code
        for code in known
        if code.startswith("tls") or code.endswith("other")
    }
    assert made <= known
    rest = known - made - elsewhere - CANNOT_TELL.keys()
    assert rest == {"diag-unavailable"}


def test_every_code_says_what_it_rests_on():
    known = {cause.code for row in CATALOGUE for cause in row.causes}
    assert EVIDENCE.keys() == known


def test_page_is_what_would_be_written():
    """If not: PYTHONPATH=tests python -m lab.causes.page > docs/causes.md."""
    assert PAGE.read_text(encoding="utf-8") == page()
