"""Notes that fill themselves: a list to whoever asks, and once."""

# Each operator is what is tested.
# ruff: noqa: RUF005, SIM202, SIM300

import copy
import io
import json
import logging
import pickle
import signal
import threading
import traceback

import pytest

from pysock.errors import ConnectRefusedError
from pysock.explain import telling
from pysock.explain.notes import LazyNotes, attach, attached

SAID = "why it failed"
TEXT = f"  {SAID}"


class Failure(ConnectRefusedError):
    """One that counts how often it was explained."""

    asked = 0

    def explain(self):
        self.asked += 1
        return SAID


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """A note that is one line: what the failure says when it is asked."""
    monkeypatch.setattr(telling, "tell", lambda error, naming: error.explain())
    monkeypatch.setattr(telling, "lines_of", lambda told: [told])


@pytest.fixture
def failure():
    return Failure(111, "Connection refused")


@pytest.fixture
def noted(failure):
    error = ConnectionRefusedError(111, "Connection refused")
    attach(error, failure)
    return error


READINGS = {
    "list": lambda notes: list(notes) == [TEXT],
    "star": lambda notes: [*notes] == [TEXT],
    "tuple": lambda notes: tuple(notes) == (TEXT,),
    "length": lambda notes: len(notes) == 1,
    "truth": bool,
    "index": lambda notes: notes[0] == TEXT,
    "last": lambda notes: notes[-1] == TEXT,
    "slice": lambda notes: notes[:] == [TEXT],
    "in": lambda notes: TEXT in notes,
    "equal": lambda notes: notes == [TEXT],
    "equal, other side": lambda notes: [TEXT] == notes,
    "not equal": lambda notes: not notes != [TEXT],
    "greater": lambda notes: notes > [],
    "plus": lambda notes: notes + ["x"] == [TEXT, "x"],
    "plus, other side": lambda notes: ["x"] + notes == ["x", TEXT],
    "times": lambda notes: notes * 2 == [TEXT, TEXT],
    "times, other side": lambda notes: 2 * notes == [TEXT, TEXT],
    "repr": lambda notes: repr(notes) == repr([TEXT]),
    "str": lambda notes: str(notes) == str([TEXT]),
    "join": lambda notes: "-".join(notes) == TEXT,
    "reversed": lambda notes: list(reversed(notes)) == [TEXT],
    "sorted": lambda notes: sorted(notes) == [TEXT],
    "copy method": lambda notes: notes.copy() == [TEXT],
    "copy": lambda notes: copy.copy(notes) == [TEXT],
    "deep copy": lambda notes: copy.deepcopy(notes) == [TEXT],
    "index of": lambda notes: notes.index(TEXT) == 0,
    "count": lambda notes: notes.count(TEXT) == 1,
    "pop": lambda notes: notes.pop() == TEXT and not notes,
    "json": lambda notes: json.loads(json.dumps(notes)) == [TEXT],
    "extend": lambda notes: added(notes.extend, ["x"], notes),
    "append": lambda notes: added(notes.append, "x", notes),
    "format": lambda notes: f"{notes}" == str([TEXT]),
    "match": lambda notes: matched(notes),
    "unpack": lambda notes: (lambda *a: a == (TEXT,))(*notes),
}


def added(method, value, notes):
    method(value)
    return notes == [TEXT, "x"]


def matched(notes):
    match notes:
        case [text]:
            return text == TEXT
    return False


@pytest.mark.parametrize("reading", READINGS)
def test_every_way_to_read_it_finds_the_text(noted, failure, reading):
    assert failure.asked == 0
    assert READINGS[reading](noted.__notes__)
    assert failure.asked == 1


def test_it_is_a_list(noted, failure):
    assert isinstance(noted.__notes__, list)
    assert failure.asked == 0
    with pytest.raises(TypeError):
        hash(noted.__notes__)


def test_two_that_nobody_has_read_are_equal():
    one, other = (LazyNotes(Failure(1, "x")) for _ in range(2))
    assert one == other


def test_what_is_added_comes_after_it(noted, failure):
    noted.add_note("mine")
    assert failure.asked == 0
    assert noted.__notes__ == [TEXT, "mine"]
    noted.add_note("and more")
    assert noted.__notes__ == [TEXT, "mine", "and more"]


def test_notes_that_were_there_stay(failure):
    error = OSError(5, "x")
    error.add_note("first")
    attach(error, failure)
    assert failure.asked == 0
    assert error.__notes__ == [TEXT, "first"]


def test_traceback_shows_it(noted):
    text = "".join(traceback.format_exception(noted))
    assert text == (
        f"ConnectionRefusedError: [Errno 111] Connection refused\n{TEXT}\n"
    )


def test_traceback_of_a_group_and_a_cause_shows_it(noted):
    group = ExceptionGroup("several", [noted, ValueError("other")])
    try:
        raise KeyError("outer") from group
    except KeyError as error:
        text = "".join(traceback.format_exception(error))
    assert text.count(TEXT) == 1


def test_logging_shows_it(noted):
    stream = io.StringIO()
    log = logging.Logger("test")
    log.addHandler(logging.StreamHandler(stream))
    log.error("failed", exc_info=noted)
    assert TEXT in stream.getvalue()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_has_a_plain_list(noted, protocol):
    noted.add_note("mine")
    again = pickle.loads(pickle.dumps(noted, protocol))
    assert type(again.__notes__) is list
    assert again.__notes__ == [TEXT, "mine"]
    assert (type(again), again.args) == (type(noted), noted.args)


def test_copy_of_the_exception_is_noted_too(noted, failure):
    again = copy.copy(noted)
    assert failure.asked == 0
    assert attached(again) is failure
    assert type(copy.deepcopy(noted).__notes__) is list


def test_switched_off_there_are_none(monkeypatch, failure):
    monkeypatch.setenv("PYSOCK_NOTES", "0")
    error = OSError(5, "x")
    attach(error, failure)
    assert not hasattr(error, "__notes__")
    assert attached(error) is failure
    assert failure.asked == 0
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))
        assert attached(again) is None
    assert attached(copy.deepcopy(error)) is failure


def test_switched_off_before_it_is_read(monkeypatch, noted):
    monkeypatch.setenv("PYSOCK_NOTES", "0")
    assert noted.__notes__ == []


def test_two_readers_at_once_write_it_once():
    first, second = threading.Event(), threading.Event()

    class Slow(ConnectRefusedError):
        def explain(self):
            if not first.is_set():
                first.set()
                assert second.wait(10)
            return SAID

    notes = LazyNotes(Slow(111, "x"))
    reader = threading.Thread(target=len, args=(notes,))
    reader.start()
    assert first.wait(10)
    assert notes == [TEXT]
    second.set()
    reader.join()
    assert notes == [TEXT]


def test_a_signal_passes_and_the_next_reader_is_told(noted, failure):
    class Interrupted(BaseException):
        pass

    def handler(*_):
        raise Interrupted

    def explain():
        if signal.getsignal(signal.SIGALRM) is handler:
            signal.raise_signal(signal.SIGALRM)
        return SAID

    failure.explain = explain
    before = signal.signal(signal.SIGALRM, handler)
    try:
        with pytest.raises(Interrupted):
            len(noted.__notes__)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert noted.__notes__ == [TEXT]
