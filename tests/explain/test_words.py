"""Numbers as people say them, at the edges between two units."""

import pytest

from pysock.explain.words import duration, many, size, times


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.00011, "110 us"),
        (0.001, "1 ms"),
        (0.034, "34 ms"),
        (1, "1.0 s"),
        (4.14, "4.1 s"),
        (99, "99.0 s"),
        (100, "100 s"),
        (119, "119 s"),
        (120, "2 min"),
        (5399, "90 min"),
        (5400, "2 h"),
        (172799, "48 h"),
        (172800, "2 days"),
    ],
)
def test_duration(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (2500, "2.5 kB"),
        (64_000, "64 kB"),
        (20_000_000, "20 MB"),
        (10**18, "1,000,000 TB"),
    ],
)
def test_size(count, said):
    assert size(count) == said


def test_many_and_times():
    assert many(1, "byte") == "1 byte"
    assert many(2048, "byte") == "2,048 bytes"
    assert [times(1), times(2), times(3)] == ["once", "twice", "3 times"]
