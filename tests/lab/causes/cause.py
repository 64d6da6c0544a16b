"""A cause, and how a program meets it: face, family, mode."""

import contextlib
import errno
import select
import socket as standard
from dataclasses import dataclass, field

import pysock
from lab import place
from pysock.explain.repeats import REPEATS

BLOCKING, TIMEOUT, NONBLOCKING = None, 5.0, 0.0
MODES = {"blocking": BLOCKING, "timeout": TIMEOUT, "nonblocking": NONBLOCKING}

# Seconds; no cause takes that long to show.
LONGEST = 20

_UNDER_WAY = (errno.EINPROGRESS, errno.EALREADY)


@dataclass(frozen=True)
class Cause:
    """A cause that is made for real.

    Attributes:
        name: what happens, in words.
        make: called with a `Meeting`; gives the exception.
        code: what pysock has to call it; by IP version where they differ.
        origin: kind of the origin, or `None` for "cannot tell"; likewise.
        says: what the explanation must say; likewise.
        never: what it must not say, because it is not so.
        versions: the IP versions that have it.
        modes: names of the modes in which a program can meet it.
        near: whether it is made because it looks like another.
    """

    name: str
    make: object
    code: object
    origin: object = None
    says: object = ()
    never: tuple = ()
    versions: tuple = (4, 6)
    modes: tuple = tuple(MODES)
    near: bool = False

    def of(self, version, name):
        """One of the attributes, for a version."""
        value = getattr(self, name)
        return value[version] if isinstance(value, dict) else value

    def __str__(self):
        return self.name.replace(" ", "-")


class Typed:
    """The face for who asks: pysock's own class."""

    name = "typed"
    socket = pysock.socket
    module = pysock

    @staticmethod
    def failure(error):
        return error


class Noted:
    """The face for who does not know: the standard class, wrapped."""

    name = "noted"
    socket = standard.socket
    module = standard

    @staticmethod
    def failure(error):
        return pysock.details(error)


@dataclass
class Meeting:
    """A program in a place, about to meet a cause."""

    place: place.Place
    version: int
    face: object = Typed
    mode: str = "blocking"
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    raised: OSError | None = None
    heard: list = field(default_factory=list)

    @property
    def timeout(self):
        return MODES[self.mode]

    @property
    def loopback(self):
        return place.LOOPBACK[self.version]

    @property
    def family(self):
        return place.FAMILY[self.version]

    def __post_init__(self):
        # What an earlier meeting has cost is nothing to this one.
        REPEATS.clear()

    def sock(self, *options, kind=standard.SOCK_STREAM, family=None):
        """A socket of the face, closed in the end."""
        made = self.face.socket(family or self.family, kind)
        self.stack.enter_context(made)
        for level, option, value in options:
            made.setsockopt(level, option, value)
        return made

    def plain(self, family=None):
        """A socket of somebody else: of the standard class in any case."""
        return self.stack.enter_context(
            standard.socket(family or self.family, standard.SOCK_STREAM)
        )

    def listener(self, host=None, backlog=16, port=0):
        """A listener that belongs to somebody else."""
        made = self.plain()
        made.bind((host or self.loopback, port))
        made.listen(backlog)
        return made

    def caught(self, call, *arguments):
        """The failure of a call as pysock has it; `None` if there is none.

        What was raised, and what `on_failure` heard of it, is kept.
        """
        self.heard = []
        stop = pysock.on_failure(self.heard.append)
        try:
            call(*arguments)
        except OSError as error:
            self.raised = error.with_traceback(None)
            return self.face.failure(self.raised)
        finally:
            stop()
        return None

    def connect(self, sock, address):
        """Connect as the mode says, to the end of the attempt."""
        sock.settimeout(self.timeout)
        if self.timeout != 0:
            return self.caught(sock.connect, address)
        number = sock.connect_ex(address)
        if number not in _UNDER_WAY:
            # Decided at once; a second call says the same, typed.
            return self.caught(sock.connect, address)
        wait(sock, select.POLLOUT)
        return self.caught(sock.connect, address)

    def connected(self, address, *options):
        """A socket that is connected, in the mode."""
        sock = self.sock(*options)
        sock.settimeout(TIMEOUT)
        sock.connect(address)
        sock.settimeout(self.timeout)
        return sock

    def far(self, script):
        """The address of a new host that plays a script."""
        return self.place.host(self.version, script)


def wait(sock, events):
    """Wait for events on a socket, as a selector does."""
    poll = select.poll()
    poll.register(sock, events)
    if not poll.poll(LONGEST * 1000):
        raise TimeoutError(f"nothing happened to {sock} in {LONGEST} s")
