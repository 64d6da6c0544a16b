"""Numbers on the command line that make no sense are refused, in words."""

import pytest

from pysock.cli.numbers import PID, PORT, count, seconds
from support.command import pysock_command

A_COUNT = "a whole number from 1 to 1000000"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        # Never, endless, or an error of the clock's would come of these.
        (("watch", "--count", "0"), f"{A_COUNT}, not '0'"),
        (("watch", "--count", "-3"), f"{A_COUNT}, not '-3'"),
        (("watch", "--interval", "inf"), "from 0.02 to 86400 seconds"),
        (("watch", "--interval", "nan"), "from 0.02 to 86400 seconds"),
        (("info", "--wait", "1e18"), "from 0 to 3600 seconds, not '1e18'"),
        (("info", "--wait", "-1"), "from 0 to 3600 seconds"),
        (("obituaries", "--timeout", "nan"), "from 0 to 86400 seconds"),
        (("obituaries", "--count", "0"), A_COUNT),
        (("obituaries", "--port", "70000"), "a whole number from 1 to 65535"),
        (("exporter", "--most", "0"), f"{A_COUNT}, not '0'"),
        (("doctor", "--seconds", "0"), "from 0.1 to 3600 seconds, not '0'"),
        (("doctor", "--pid", "0"), "a whole number from 1 to 2147483647"),
        (("sockets", "--pid", "-5"), "a whole number from 1 to 2147483647"),
        (("sockets", "--limit", "x"), f"{A_COUNT}, not 'x'"),
        (("connect", "--timeout", "0", "h:1"), "from 0.001 to 86400 seconds"),
        (("path", "--hops", "65", "h:1"), "a whole number from 1 to 64"),
        (("bench", "--rounds", "0", "accept"), "a whole number from 1 to"),
    ],
)
def test_refused(words, said):
    done = pysock_command(*words)
    assert (done.returncode, done.stdout) == (2, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"pysock {words[0]}: error: argument {words[1]}: ")
    assert said in last


def test_read():
    assert seconds(0.5)("0.5") == 0.5
    assert seconds(0)("86400") == 86400.0
    assert count()("1000000") == 1_000_000
    assert (PORT("65535"), PID("1")) == (65535, 1)
