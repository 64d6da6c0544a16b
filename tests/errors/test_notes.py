"""`__notes__` of ours does what that of any exception does."""

import json

import pytest

from pysock import errors


def made():
    return errors.ConnectRefusedError(111, "Connection refused")


def outcome(action, error):
    try:
        return action(error)
    except (AttributeError, TypeError) as problem:
        return type(problem), str(problem).replace(type(error).__name__, "X")


def delete(error):
    del error.__notes__


def has_notes(error):
    return hasattr(error, "__notes__")


def set_to(value):
    def set_notes(error):
        error.__notes__ = value

    return set_notes


def add(error):
    error.add_note("mine")


def read(error):
    return error.__notes__


STEPS = {
    "deleted": [add, delete, has_notes, read, delete],
    "deleted, then one more": [add, delete, add, read],
    "no list": [set_to(None), add, read, delete, read, add, read],
    "a tuple": [set_to(("a",)), add, read],
    "a list": [set_to(["a"]), add, read],
}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_as_on_a_standard_exception(steps):
    ours, theirs = made(), ConnectionRefusedError(111, "Connection refused")
    for step in steps:
        assert outcome(step, ours) == outcome(step, theirs), step.__name__


def test_deleted_explanations_do_not_come_back():
    error = made()
    assert error.__notes__
    delete(error)
    assert not has_notes(error)


def test_deleted_before_anybody_read_them():
    error = made()
    delete(error)
    assert not has_notes(error)


def test_switched_off_there_is_nothing_to_delete(monkeypatch):
    monkeypatch.setenv("PYSOCK_NOTES", "0")
    error = made()
    assert not has_notes(error)
    with pytest.raises(AttributeError):
        delete(error)


@pytest.mark.parametrize("origin", ["peer", 5, {"kind": "peer"}, object()])
def test_an_origin_that_is_none_does_not_stop_the_explanation(origin):
    error = made()
    error.origin = origin
    assert error.explain().why
    assert str(error)
    assert error.code
    said = error.to_dict()
    assert said["origin"] is None
    assert json.dumps(said)


def test_nor_does_anything_else_that_is_none_stop_the_dict():
    error = made()
    error.tcp_info = error.delivery = "none of ours"
    said = error.to_dict()
    assert said["tcp_info"] is said["delivery"] is said["idle"] is None
