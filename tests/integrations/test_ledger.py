"""Sums of counters whose sockets come and go, in any order of telling."""

from pysock.integrations.prometheus import ledger
from pysock.integrations.prometheus.ledger import Ledger

A, B = ("a",), ("b",)


def sums(ledger):
    return {labels: tuple(counts) for labels, counts in ledger.totals()}


def test_a_socket_counts_by_what_it_has_grown():
    ours = Ledger()
    ours.note(1, A, (5, 1))
    ours.note(2, A, (7, 0))
    ours.note(1, A, (6, 1))
    ours.note(3, B, (1, 1))
    assert sums(ours) == {A: (13, 1), B: (1, 1)}
    assert ours.labels_of(3) == B


def test_a_death_that_is_told_late_counts_once():
    """It has left the table, and the kernel has not told of it yet."""
    ours = Ledger()
    ours.note(1, A, (5,))
    for _ in range(3):
        ours.forget()
    ours.note(1, A, (6,))
    ours.end(1)
    assert sums(ours) == {A: (6,)}
    assert ours.labels_of(1) is None


def test_a_socket_that_lost_its_counters_takes_none_away():
    ours = Ledger()
    ours.note(1, A, (5,))
    ours.note(1, A, (0,))
    assert sums(ours) == {A: (5,)}


def test_who_went_without_a_word_is_forgotten(monkeypatch):
    ours = Ledger()
    ours.note(1, A, (5,))
    monkeypatch.setattr(ledger, "_GRACE", -1)
    ours.forget()
    assert ours.labels_of(1) is None
    assert sums(ours) == {A: (5,)}
    ours.drop(A)
    assert sums(ours) == {}
