"""A network namespace of a test's own, with nothing in it but loopback.

For tests that look at the whole table of sockets, or drop packets: in the
namespace of the machine they would meet everybody else's connections.
"""

import contextlib
import os
import shutil
import subprocess

import pytest

from lab.namespace import Namespace
from support.requirements import skip_or_fail

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


@pytest.fixture
def quiet():
    """Run the test inside a new namespace whose loopback is up."""
    with quiet_namespace() as namespace:
        yield namespace


@contextlib.contextmanager
def quiet_namespace():
    needs("ip")
    try:
        namespace = Namespace()
    except PermissionError:
        skip_or_fail("making a network namespace needs root (CAP_SYS_ADMIN)")
    try:
        with namespace.entered():
            namespace.ip("link set lo up")
            yield namespace
    finally:
        namespace.close()


def needs(program):
    """The path of a program, or the test ends here."""
    found = shutil.which(program, path=_PATH)
    if found is None:
        skip_or_fail(f"`{program}` is not installed")
    return found


def drop(*rules):
    """Add nftables rules on what comes in, each to be dropped."""
    lines = ["table inet pysock {", "chain input {"]
    lines.append("type filter hook input priority 0;")
    lines += [f"{rule} drop" for rule in rules]
    nft("\n".join([*lines, "}", "}"]))


def drop_nothing():
    """Take the rules away again."""
    nft("delete table inet pysock")


def nft(commands):
    done = subprocess.run(
        [needs("nft"), "-f", "-"], input=commands, capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def ss(*arguments):
    """Run `ss` in this thread's namespace; the lines of its output."""
    done = subprocess.run(
        [needs("ss"), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()
