"""Times that make no sense are refused before anything is done."""

import math

import pytest

import pysock

NONSENSE = [math.inf, math.nan, 1e300, -1, -math.inf]


@pytest.mark.parametrize("timeout", NONSENSE)
@pytest.mark.parametrize(
    "call",
    [
        lambda timeout: pysock.raw.wait(0, pysock.raw.READABLE, timeout),
        lambda timeout: pysock.connect_many([], timeout=timeout),
        lambda timeout: pysock.sock_diag.obituaries(timeout=timeout),
    ],
    ids=["wait", "connect_many", "obituaries"],
)
def test_refused(call, timeout):
    with pytest.raises(ValueError, match="a timeout is not"):
        call(timeout)


def test_the_longest_is_what_settimeout_takes():
    longest = 9_223_372_036
    with pysock.socket() as sock:
        sock.settimeout(longest)
        with pytest.raises(OverflowError):
            sock.settimeout(longest + 1)
    assert list(pysock.connect_many([], timeout=longest)) == []
    with pytest.raises(ValueError, match="a timeout is not"):
        pysock.connect_many([], timeout=longest + 1)
