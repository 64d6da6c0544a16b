"""Connections that were up and then failed, each made by one short object.

`doomed(where, version)` gives a connected socket to which it has happened:
the kernel knows, the program does not yet. What it then meets depends on
which call it makes first.
"""

import contextlib
import errno
import select
import socket
import subprocess
from dataclasses import dataclass

import pysock
from lab import place
from lab.replies import Script, ack, data, fin, icmp, rst, syn_ack, zero_window
from lab.scenarios import TCP_USER_TIMEOUT
from pysock import errors
from pysock.errors import Origin

KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 1),
)
IMPATIENT = ((socket.IPPROTO_TCP, TCP_USER_TIMEOUT, 300),)

PEER, CALLER = Origin("peer"), Origin("caller")


@dataclass(frozen=True)
class Outcome:
    """What one call gives: a value, or an exception of a class."""

    error: type | None
    number: int | None = None
    origin: Origin | None = None
    value: object = None


EOF_READ = Outcome(None, value=b"")
TAKEN = Outcome(None, value=1)
NOTHING = Outcome(None, value=None)
RESET = Outcome(errors.PeerResetError, errno.ECONNRESET, PEER)
BROKEN = Outcome(errors.BrokenConnectionError, errno.EPIPE, PEER)
SILENT = Outcome(errors.PeerSilentError, errno.ETIMEDOUT, Origin("timer"))
KILLED = Outcome(
    errors.ConnectionKilledError, errno.ECONNABORTED, Origin("policy")
)
AFTER_SHUTDOWN = Outcome(errors.WriteAfterShutdownError, errno.EPIPE, CALLER)


def broken_by(first):
    """Every write after the first error gives EPIPE, whoever it was."""
    return Outcome(errors.BrokenConnectionError, errno.EPIPE, first.origin)


def unreachable(number, kind="icmp"):
    return Outcome(errors.PeerUnreachableError, number, Origin(kind))


@dataclass(frozen=True)
class Established:
    """A connection that fails.

    Attributes:
        row: of the catalogue.
        name: what is special about it.
        made: how it is made.
        script: what the far end says.
        reading: what recv, recv and send give, in this order.
        writing: what send, send and recv give.
        question: what take_error gives.
        write: whether the program writes a byte first.
        options: of the socket.
        also: called with the place and the socket, once it is connected.
        state: what the kernel has made of the connection by then.
    """

    row: str
    name: str
    made: str
    script: Script
    reading: tuple
    writing: tuple
    question: object
    write: bool = False
    options: tuple = ()
    also: object = None
    state: pysock.TcpState = pysock.TcpState.CLOSE

    def of(self, version, name):
        """One of the attributes, for a version."""
        value = getattr(self, name)
        versions = isinstance(value, dict) and set(value) == {4, 6}
        return value[version] if versions else value

    @contextlib.contextmanager
    def doomed(self, where, version):
        """Give a socket to which it has happened."""
        address = where.host(version, self.script)
        with pysock.socket(place.FAMILY[version]) as sock:
            for level, option, value in self.options:
                sock.setsockopt(level, option, value)
            sock.settimeout(10)
            sock.connect(address)
            where.far_end.tell(address[0])
            if self.also is not None:
                self.also(where, sock)
            if self.write:
                sock.send(b"x")
            wait_for_state(sock, self.state)
            yield sock

    def __str__(self):
        return f"row_{self.row}-{self.name}"


def wait_for_state(sock, state, timeout=10):
    """Wait until the kernel has made a state of a connection."""
    poll = select.poll()
    # Not POLLIN: data may have come before the end.
    wanted = select.POLLRDHUP
    poll.register(sock, wanted)
    if not poll.poll(timeout * 1000):
        raise TimeoutError(f"nothing happened to {sock}")
    if state is not pysock.TcpState.CLOSE_WAIT:
        poll.modify(sock, 0)  # POLLHUP and POLLERR come unasked
        poll.poll(timeout * 1000)
    found = sock.tcp_state()
    if found is not state:
        raise AssertionError(f"{found!r}, not {state!r}")


def kill(where, sock):
    """Do as an administrator does: SOCK_DESTROY, by `ss -K`."""
    host, port = sock.getsockname()[:2]
    host = f"[{host}]" if ":" in host else host
    subprocess.run(
        ["ss", "-K", "src", f"{host}:{port}"],
        check=True,
        capture_output=True,
    )


def shut_down(where, sock):
    sock.shutdown(socket.SHUT_WR)


def cut_off(where, sock):
    """Take the way to this one host from this machine."""
    where.namespace.ip(f"route add unreachable {sock.getpeername()[0]}")


def given_up(row, name, made, outcome, script=None, **more):
    """The kernel repeats what we wrote, and gives up in the end."""
    later = {v: broken_by(o) for v, o in outcome.items()}
    return Established(
        row, name, f"{made}, until TCP_USER_TIMEOUT",
        script or Script(to_syn=(syn_ack,)),
        reading={v: (o, EOF_READ, later[v]) for v, o in outcome.items()},
        writing={v: (o, later[v], EOF_READ) for v, o in outcome.items()},
        question=outcome, write=True, options=IMPATIENT, **more,
    )  # fmt: skip


def by_icmp(name, v4, v6, number4, number6):
    """A router answers what we write with an ICMP message, each time."""
    return given_up(
        "25", name, f"a router answers each segment by ICMP: {name}",
        {4: unreachable(number4), 6: unreachable(number6)},
        Script(to_syn=(syn_ack,), to_data=(icmp(v4, v6),)),
    )  # fmt: skip


both = {4: SILENT, 6: SILENT}

ESTABLISHED = (
    Established(
        "20", "peer-closes", "the far end sends a FIN",
        Script(to_syn=(syn_ack,), once_connected=(fin,), to_data=(ack,)),
        reading=(EOF_READ, EOF_READ, TAKEN),
        writing=(TAKEN, TAKEN, EOF_READ),
        question=NOTHING, state=pysock.TcpState.CLOSE_WAIT,
    ),
    Established(
        "21", "reset", "the far end sends a RST",
        Script(to_syn=(syn_ack,), when_told=(rst,)),
        reading=(RESET, EOF_READ, BROKEN),
        writing=(RESET, BROKEN, EOF_READ), question=RESET,
    ),
    Established(
        "21", "data-then-reset", "the far end sends data, then a RST",
        Script(to_syn=(syn_ack,), when_told=(data(b"last"), rst)),
        reading=(Outcome(None, value=b"last"), RESET, BROKEN),
        writing=(RESET, BROKEN, Outcome(None, value=b"last")),
        question=RESET,
    ),
    Established(
        "21", "host-without-memory", "the far end answers data with a RST",
        Script(to_syn=(syn_ack,), to_data=(rst,)),
        reading=(RESET, EOF_READ, BROKEN),
        writing=(RESET, BROKEN, EOF_READ), question=RESET, write=True,
    ),
    Established(
        "22", "process-died", "the far end sends a FIN, and a RST to our data",
        Script(to_syn=(syn_ack,), once_connected=(fin,), to_data=(rst,)),
        reading=(EOF_READ, EOF_READ, BROKEN),
        writing=(BROKEN, BROKEN, EOF_READ), question=BROKEN,
        also=lambda where, sock: wait_for_state(
            sock, pysock.TcpState.CLOSE_WAIT
        ),
        write=True,
    ),
    Established(
        "22a", "killed", "`ss -K` on this machine (SOCK_DESTROY)",
        Script(to_syn=(syn_ack,)),
        reading=(KILLED, EOF_READ, broken_by(KILLED)),
        writing=(KILLED, broken_by(KILLED), EOF_READ),
        question=KILLED, also=kill,
    ),
    Established(
        "23", "after-shutdown", "shutdown(SHUT_WR); the far end closes too",
        Script(to_syn=(syn_ack,), to_fin=(ack, fin)),
        reading=(EOF_READ, EOF_READ, AFTER_SHUTDOWN),
        writing=(AFTER_SHUTDOWN, AFTER_SHUTDOWN, EOF_READ),
        question=NOTHING, also=shut_down,
    ),
    given_up("24", "silence", "the far end does not answer data", both),
    given_up(
        "24", "zero-window", "the far end keeps its window at zero", both,
        Script(to_syn=(syn_ack,), once_connected=(zero_window,),
               to_data=(zero_window,)),
    ),
    Established(
        "24", "keepalive", "the far end does not answer keepalive probes",
        Script(to_syn=(syn_ack,)),
        reading=(SILENT, EOF_READ, broken_by(SILENT)),
        writing=(SILENT, broken_by(SILENT), EOF_READ), question=SILENT,
        options=KEEPALIVE,
    ),
    given_up(
        "24", "route-gone", "an unreachable route appears on this machine",
        {4: SILENT, 6: unreachable(errno.EHOSTUNREACH, "route")},
        also=cut_off,
    ),
    by_icmp(
        "host-unreachable", (3, 1), (1, 3),
        errno.EHOSTUNREACH, errno.EHOSTUNREACH,
    ),
    by_icmp(
        "net-unreachable", (3, 0), (1, 0),
        errno.ENETUNREACH, errno.ENETUNREACH,
    ),
    by_icmp(
        "port-unreachable", (3, 3), (1, 4),
        errno.ECONNREFUSED, errno.ECONNREFUSED,
    ),
    by_icmp("prohibited", (3, 13), (1, 1), errno.EHOSTUNREACH, errno.EACCES),
    by_icmp("parameter-problem", (12, 0), (4, 1), errno.EPROTO, errno.EPROTO),
    by_icmp(
        "protocol-unreachable", (3, 2), (1, 7),
        errno.ENOPROTOOPT, errno.EPROTO,
    ),
    by_icmp("host-down", (3, 7), (1, 2), errno.EHOSTDOWN, errno.EHOSTUNREACH),
    by_icmp("host-isolated", (3, 8), (1, 0), errno.ENONET, errno.ENETUNREACH),
    by_icmp(
        "source-route-failed", (3, 5), (1, 5), errno.EOPNOTSUPP, errno.EACCES,
    ),
)  # fmt: skip
