"""How long the resolver waits: what glibc reads, read as it does."""

import pytest

from lab import namespace, resolver
from pysock.raw.resolver import patience
from support.requirements import skip_or_fail

pytestmark = pytest.mark.lab


@pytest.mark.parametrize(
    ("configuration", "seconds"),
    [
        ("nameserver 127.0.0.1\n", 5),
        ("nameserver 127.0.0.1\noptions timeout:2\n", 2),
        ("options ndots:3 timeout:7 rotate\nnameserver 127.0.0.1\n", 7),
        ("options timeout:2\noptions timeout:3\n", 3),
        ("options timeout:0\n", 1),
        ("options timeout:9999999999999\n", 30),
        ("options timeout:x timeout:\n", 5),
        ("#options timeout:2\n", 5),
        ("\xff\x00options\n", 5),
        ("", 5),
    ],
)
def test_patience(configuration, seconds, monkeypatch):
    if namespace.missing() is not None:
        skip_or_fail(namespace.missing())
    monkeypatch.delenv("RES_OPTIONS", raising=False)
    asked = resolver.asking(resolver.NOBODY, patience, configuration)
    assert asked == seconds


def test_the_environment_has_the_last_word(monkeypatch):
    monkeypatch.setenv("RES_OPTIONS", "attempts:1 timeout:4")
    assert patience() == 4
