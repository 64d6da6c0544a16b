"""An exception that travelled is not explained by what is here."""

import contextlib
import copy
import os
import pickle
import socket
from pathlib import Path

import pytest

import pysock
from pysock.errors import base
from pysock.explain.repeats import REPEATS
from support import child, loopback
from support.quiet import quiet, quiet_namespace  # noqa: F401


@pytest.fixture(autouse=True)
def fresh():
    REPEATS.clear()


def refused(family):
    """A refused connect, and a listener of the other family on that port."""
    with (
        pysock.socket(family.number) as sock,
        loopback.refusing(family) as address,
        pytest.raises(pysock.errors.ConnectRefusedError) as caught,
    ):
        sock.connect(address)
    return caught.value.with_traceback(None)


@pytest.fixture
def travelled(family):
    """From another network namespace, where nobody listened."""
    with quiet_namespace():
        return pickle.loads(pickle.dumps(refused(family)))


def test_it_is_looked_up_where_it_happened(quiet, family):  # noqa: F811
    error = pickle.loads(pickle.dumps(refused(family)))
    assert error.explain().why.startswith("nothing listens on port")


def test_another_network_namespace(quiet, travelled, family):  # noqa: F811
    with contextlib.closing(socket.socket(family.number)) as listener:
        listener.bind(travelled.address)
        listener.listen()
        told = travelled.explain()
    assert "listener" not in str(told)
    assert told.seen == (
        "nothing was looked up: the failure was in another network namespace",
    )


def test_another_machine(quiet, family, monkeypatch):  # noqa: F811
    """Another boot id; the numbers of namespaces are the same everywhere."""
    there = "11111111-2222-3333-4444-555555555555\n"
    error = refused(family)
    with monkeypatch.context() as patched:
        patched.setattr(base, "_boot", lambda: there)
        pickled = pickle.dumps(error)
    told = pickle.loads(pickled).explain()
    assert told.seen == (
        "nothing was looked up: the failure was on another machine, or "
        "before this one was started",
    )


def test_nobody_could_tell_which_machine(quiet, family, monkeypatch):  # noqa: F811
    """Out of descriptors no file is read, the boot id's neither."""
    error = refused(family)
    with monkeypatch.context() as patched:
        patched.setattr(base, "_boot", lambda: None)
        patched.setattr(base, "_process", lambda: (1, 1))
        pickled = pickle.dumps(error)
    told = pickle.loads(pickle.dumps(pickle.loads(pickled))).explain()
    assert told.seen == (
        "nothing was looked up: the failure was in another process, and "
        "perhaps on another machine",
    )


WORKER = """
    import pickle, resource, sys, pysock

    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 64))
    open_ones = []
    try:
        while True:
            open_ones.append(pysock.socket())
    except OSError as error:
        if sys.argv[1] == "freed":
            open_ones.clear()
        sys.stdout.write(pickle.dumps(error).hex())
"""


@pytest.mark.parametrize("when", ["freed", "full"])
def test_descriptors_of_another_process_are_not_counted_here(when):
    error = pickle.loads(bytes.fromhex(child.run(WORKER, when).stdout))
    told = error.explain()
    assert told.why == "another process had no descriptor left (RLIMIT_NOFILE)"
    assert "open now" not in str(told)
    assert str(os.getpid()) not in str(told)


def test_a_copy_is_of_this_process(family):
    error = copy.deepcopy(refused(family))
    assert not error._of_another
    assert error.explain().why.startswith("nothing listens on port")


def test_the_boot_id_is_the_kernels():
    wanted = Path("/proc/sys/kernel/random/boot_id").read_text()
    assert base._boot() == wanted
