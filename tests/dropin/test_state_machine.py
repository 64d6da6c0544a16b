"""Random calls on sockets: the standard class and ours, side by side.

Each rule makes the same call on both sides and compares what came: the value,
or the builtin class, the errno and the text of the exception.
"""

import contextlib
import gc
import os
import socket as standard

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
)

import pysock

HOSTS = {standard.AF_INET: "127.0.0.1", standard.AF_INET6: "::1"}
TIMEOUTS = st.sampled_from([0.0, 0.002])
HOW = st.sampled_from([standard.SHUT_RD, standard.SHUT_WR, standard.SHUT_RDWR])
SIZES = st.sampled_from([0, 1, 7, 1000, 70_000])
MODULES = (standard, pysock)


class World:
    """A listener, and the sockets that the rules make, of one module."""

    def __init__(self, module, family):
        self.module = module
        self.family = family
        self.sockets = {}
        self.make("listener")
        self["listener"].bind((HOSTS[family], 0))
        self["listener"].listen(1000)
        self["listener"].settimeout(0.002)
        self.where = self["listener"].getsockname()
        with standard.socket(family) as closed:
            closed.bind((HOSTS[family], 0))
            self.nowhere = closed.getsockname()

    def __getitem__(self, name):
        return self.sockets[name]

    def make(self, name):
        self.sockets[name] = self.module.socket(self.family)

    def close(self):
        for sock in self.sockets.values():
            sock.close()


def outcome(call, world):
    """What a call came to, in a form that both worlds share."""
    try:
        value = call(world)
    except OSError as error:
        kinds = {
            base.__name__ for base in type(error).__mro__
            if base.__module__ == "builtins"
        }  # fmt: skip
        return "raised", kinds, error.args
    except (ValueError, TypeError) as error:
        return "raised", {type(error).__name__}, error.args
    if isinstance(value, tuple) and len(value) in (2, 4):
        host = value[0]
        if host in HOSTS.values() or host in ("0.0.0.0", "::"):
            return "address", host, bool(value[1])
    return "value", value


class Pair(RuleBasedStateMachine):
    names = Bundle("names")

    def __init__(self):
        super().__init__()
        self.worlds = []
        self.count = 0

    @initialize(family=st.sampled_from(list(HOSTS)))
    def begin(self, family):
        self.worlds = [World(module, family) for module in MODULES]

    def both(self, call):
        """Make a call in both worlds, and compare."""
        theirs, ours = (outcome(call, world) for world in self.worlds)
        if theirs[0] == ours[0] == "raised":
            # Ours may be more than the standard module's, never less.
            assert theirs[1] <= ours[1], (theirs, ours)
            assert theirs[2] == ours[2], (theirs, ours)
        else:
            assert theirs == ours, (theirs, ours)
        return ours

    @rule(target=names, timeout=TIMEOUTS)
    def make(self, timeout):
        self.count += 1
        name = f"socket-{self.count}"
        for world in self.worlds:
            world.make(name)
            world[name].settimeout(timeout)
        return name

    @rule(target=names, timeout=TIMEOUTS)
    def make_connected(self, timeout):
        name = self.make(timeout)
        for world in self.worlds:
            world[name].settimeout(5)
            world[name].connect(world.where)
            world[name].settimeout(timeout)
        return name

    @rule(target=names, timeout=TIMEOUTS)
    def accept(self, timeout):
        self.count += 1
        name = f"accepted-{self.count}"

        def call(world):
            sock, address = world["listener"].accept()
            sock.settimeout(timeout)
            world.sockets[name] = sock
            return address[0]

        if self.both(call)[0] == "raised":
            return self.make(timeout)
        return name

    @rule(name=names, timeout=TIMEOUTS)
    def settimeout(self, name, timeout):
        self.both(lambda world: world[name].settimeout(timeout))

    @rule(name=names)
    def gettimeout(self, name):
        self.both(lambda world: world[name].gettimeout())

    @rule(name=names)
    def connect(self, name):
        self.both(lambda world: world[name].connect(world.where))

    @rule(name=names)
    def connect_ex(self, name):
        self.both(lambda world: world[name].connect_ex(world.where))

    @rule(name=names)
    def connect_to_nobody(self, name):
        self.both(lambda world: world[name].connect(world.nowhere))

    @rule(name=names)
    def connect_ex_to_nobody(self, name):
        self.both(lambda world: world[name].connect_ex(world.nowhere))

    @rule(name=names)
    def so_error(self, name):
        self.both(
            lambda world: world[name].getsockopt(
                standard.SOL_SOCKET, standard.SO_ERROR
            )
        )

    @rule(name=names, size=SIZES)
    def send(self, name, size):
        self.both(lambda world: world[name].send(b"x" * size))

    @rule(name=names, size=st.sampled_from([0, 1, 7, 1000]))
    def sendall(self, name, size):
        self.both(lambda world: world[name].sendall(b"x" * size))

    @rule(name=names, size=st.sampled_from([1, 7, 1000]))
    def sendmsg(self, name, size):
        self.both(lambda world: world[name].sendmsg([b"y" * size, b"z"]))

    @rule(name=names, size=SIZES)
    def recv(self, name, size):
        self.both(lambda world: world[name].recv(size))

    @rule(name=names, size=SIZES)
    def peek(self, name, size):
        self.both(lambda world: world[name].recv(size, standard.MSG_PEEK))

    @rule(name=names, size=st.sampled_from([1, 7]))
    def recv_into(self, name, size):
        self.both(lambda world: world[name].recv_into(bytearray(size)))

    @rule(name=names)
    def recvfrom(self, name):
        self.both(lambda world: world[name].recvfrom(5))

    @rule(name=names)
    def recvmsg(self, name):
        self.both(lambda world: world[name].recvmsg(5))

    @rule(name=names, how=HOW)
    def shutdown(self, name, how):
        self.both(lambda world: world[name].shutdown(how))

    @rule(name=names)
    def getsockname(self, name):
        self.both(lambda world: world[name].getsockname())

    @rule(name=names)
    def getpeername(self, name):
        self.both(lambda world: world[name].getpeername())

    @rule(name=names)
    def dup(self, name):
        def call(world):
            with world[name].dup() as copy:
                return copy.gettimeout()

        self.both(call)

    @rule(name=names)
    def listen(self, name):
        self.both(lambda world: world[name].listen())

    @rule(name=names)
    def bind(self, name):
        host = HOSTS[self.worlds[0].family]
        self.both(lambda world: world[name].bind((host, 0)))

    @rule(name=names)
    def accept_from(self, name):
        self.both(lambda world: world[name].accept()[0].close())

    @rule(name=names)
    def makefile(self, name):
        def call(world):
            with world[name].makefile("rb", buffering=0) as file:
                return file.read(3)

        self.both(call)

    @rule(name=names)
    def linger_and_close(self, name):
        def call(world):
            world[name].setsockopt(
                standard.SOL_SOCKET, standard.SO_LINGER, b"\1\0\0\0" + bytes(4)
            )
            world[name].close()

        self.both(call)

    @rule(name=names)
    def close(self, name):
        self.both(lambda world: world[name].close())

    @rule(name=consumes(names))
    def detach(self, name):
        def call(world):
            fd = world[name].detach()
            if fd >= 0:
                os.close(fd)
            return fd >= 0

        self.both(call)

    @invariant()
    def objects_agree(self):
        if self.worlds:
            theirs, ours = (
                {n: s.fileno() >= 0 for n, s in world.sockets.items()}
                for world in self.worlds
            )
            assert theirs == ours

    def teardown(self):
        for world in self.worlds:
            with contextlib.suppress(OSError):
                world.close()
        gc.collect()


SHORT = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(SHORT, max_examples=3000, stateful_step_count=60)


@pytest.mark.usefixtures("quick_collections")
@pytest.mark.parametrize(
    "size",
    [
        # Ten seconds alone, a minute on a machine that others use too.
        pytest.param(SHORT, id="short", marks=pytest.mark.timeout(240)),
        pytest.param(
            LONG,
            id="long",
            marks=[pytest.mark.stress, pytest.mark.timeout(1800)],
        ),
    ],
)
def test_as_the_standard_class(size):
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(Pair, settings=size)
