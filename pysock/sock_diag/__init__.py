"""Every TCP socket of this network namespace, from the kernel's own table.

What `ss` shows, as objects: `sockets()` lists, `find()` looks one up,
`destroy()` kills one, `obituaries()` tells of each as it dies. Looking needs
no privilege, at sockets of other users neither. The table is the one of the
calling thread's network namespace, or of `netns`: a name as `ip netns` has
it, or the number of a process that is in it (takes CAP_SYS_ADMIN).

    >>> from pysock import sock_diag
    >>> for entry in sock_diag.sockets("CLOSE_WAIT", processes=True):
    ...     print(entry.remote, entry.recv_queue, entry.processes)
"""

from __future__ import annotations

from errno import ENOENT

from pysock.errors import DiagError
from pysock.raw.calls import AF_INET, AF_INET6, lib
from pysock.sock_diag.entry import Entry, Memory
from pysock.sock_diag.filter import (
    ALL_STATES,
    anybody,
    bytecode,
    endpoint,
    state_mask,
    whole,
)
from pysock.sock_diag.listing import each_once, owners_of
from pysock.sock_diag.namespace import inside
from pysock.sock_diag.netlink import (
    ask,
    copy_identity,
    has_ends,
    new_request,
    set_identity,
)
from pysock.sock_diag.obituary import RECEIVE_BUFFER, Obituaries
from pysock.sock_diag.processes import Process, owners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pysock.sock_diag.filter import Endpoint

__all__ = [
    "Entry",
    "Memory",
    "Obituaries",
    "Process",
    "destroy",
    "find",
    "obituaries",
    "sockets",
]

# What is asked for of each socket, as bits of the request.
_INFO = 1 << (lib.PYSOCK_DIAG_INFO - 1)
_CONGESTION = 1 << (lib.PYSOCK_DIAG_CONG - 1)
_MEMORY = 1 << (lib.PYSOCK_DIAG_SKMEMINFO - 1)

_EVERYTHING = _INFO | _CONGESTION | _MEMORY

_PROTOCOLS = {"tcp": 6, "mptcp": 262}
_WORDS = {number: word for word, number in _PROTOCOLS.items()}


def sockets(
    states: Any = None,
    *,
    family: int | None = None,
    local: Any = None,
    remote: Any = None,
    local_port: Any = None,
    remote_port: Any = None,
    info: bool = True,
    memory: bool = False,
    congestion: bool = False,
    processes: bool = False,
    protocol: str = "tcp",
    netns: str | int | None = None,
) -> Iterator[Entry]:
    """List the sockets that fit, as they are at the time of the call.

    All conditions must hold, and the kernel checks them: what does not fit
    is never copied. The list is taken before this returns; decoding happens
    when an attribute is read.

    Args:
        states: a `TcpState`, its name or number, `ss`'s word for it, or
            several of these; `None` is all. Sockets that are only bound are
            in state CLOSE, and must be asked for (kernel 6.8 has them).
        family: `AF_INET`, `AF_INET6`, or `None` for both. IPv4 connections of
            a dual-stack socket are IPv6 ones, with mapped addresses.
        local: this end: `"192.0.2.1"`, `"192.0.2.0/24"`, `"[::1]:80"`, or a
            tuple as `getsockname` gives it. An IPv4 address also finds it
            mapped.
        remote: the other end, likewise.
        local_port: a port, a `range` of them, or several (512 at most).
        remote_port: likewise.
        info: with TCP_INFO.
        memory: with memory in use and drops.
        congestion: with the name of congestion control.
        processes: with the processes that hold it. That walks `/proc`, which
            takes far longer than the rest; without privilege it finds the
            caller's own only.
        protocol: `"tcp"`, which includes the subflows of MPTCP, or
            `"mptcp"` for the connections above those.
        netns: another network namespace; see above.

    Returns:
        an iterator of `Entry`, each socket once.

    Raises:
        ValueError: an unknown state, a malformed address or port, another
            family or protocol, no name of a namespace.
        DiagError: the kernel cannot be asked (`EPROTONOSUPPORT`, `ENOENT`),
            or there is no such namespace (`ENOENT`).
        DiagDeniedError: no right to go to that namespace (`EPERM`,
            `EACCES`).

    Does not block on the network: 20,000 sockets take some 20 ms in the
    kernel. It sets no lock on the table, so a socket that is made or dies
    meanwhile may be there or not; one that stays is there.
    """
    number = _protocol(protocol)
    mask = state_mask(states)
    here = None if local is None else endpoint(local)
    there = None if remote is None else endpoint(remote)
    program = bytecode(here, there, local_port, remote_port)
    wanted = (
        (_INFO if info else 0)
        | (_CONGESTION if congestion else 0)
        | (_MEMORY if memory else 0)
    )
    requests = []
    for each in _families(family, [here, there]):
        request = new_request(lib.PYSOCK_DIAG_DUMP, each, number, wanted)
        request.states = mask
        requests.append(request)
    blocks = inside(
        netns,
        lambda: [
            block
            for request in requests
            for block in ask("sockets", request, program)
        ],
    )
    held = owners_of(blocks) if processes else None
    return each_once(blocks, number, held)


def find(
    local: Any,
    remote: Any = None,
    cookie: int | None = None,
    *,
    protocol: str = "tcp",
    processes: bool = False,
    netns: str | int | None = None,
) -> Entry | None:
    """Look one socket up by its two ends.

    Args:
        local: this end, with its port: a tuple or `"[::1]:80"`.
        remote: the other end; `None` for a listener.
        cookie: the socket's number, if known: an address is used again, a
            cookie never.
        protocol: `"tcp"` or `"mptcp"`.
        processes: with the processes that hold it, which walks `/proc`.
        netns: as for `sockets`.

    Returns:
        the entry with all that there is to know, or `None`: exactly these
        ends, or nothing. (Asked by a tuple that does not exist, the kernel
        answers with the listener of that port.)

    Raises:
        ValueError: a malformed address, or one without a port.
        DiagError: the kernel cannot be asked, or as for `sockets`.

    Never blocks. A hit takes microseconds; a miss is looked for again, in
    the whole table, because a socket that is bound to a device is not found
    by its ends alone.
    """
    number = _protocol(protocol)
    here = whole(local)
    there = anybody(here) if remote is None else whole(remote)
    if here.family != there.family:
        raise ValueError(f"one end is IPv4, the other IPv6: {local}, {remote}")
    entry = inside(netns, lambda: _look_up(here, there, cookie, number))
    if entry is not None and processes:
        held = owners({entry.inode} - {0})
        entry = Entry(entry.raw, 0, len(entry.raw), number, held)
    return entry


def destroy(
    local: Any,
    remote: Any = None,
    cookie: int | None = None,
    *,
    protocol: str = "tcp",
    dry_run: bool = False,
    netns: str | int | None = None,
) -> Entry | None:
    """Kill one socket, whoever has it (SOCK_DESTROY). Needs CAP_NET_ADMIN.

    Its owner gets ECONNABORTED, its peer a RST; a listener stops listening
    and its queue is reset; in TIME_WAIT it just goes.

    Args:
        local: an `Entry`, or this end as for `find`.
        remote: the other end; `None` for a listener.
        cookie: the socket's number, if known.
        protocol: `"tcp"` or `"mptcp"`.
        dry_run: only find out what would be killed; needs no privilege.
        netns: as for `sockets`, also of an `Entry` that came from there.

    Returns:
        the socket as it was before; `None` when there is none (any more).

    Raises:
        DiagDeniedError: no permission (`EPERM`).
        DiagError: the kernel cannot do it (`EOPNOTSUPP`).
        ValueError: a malformed address.

    Never blocks. It is the cookie that is killed, so no other socket can be
    hit that took the same addresses meanwhile.
    """
    if isinstance(local, Entry):
        number, ends, cookie = local.protocol, local.ends, local.cookie
    else:
        number, ends = _protocol(protocol), (local, remote)
    entry = find(*ends, cookie, protocol=_WORDS[number], netns=netns)
    if entry is None or dry_run:
        return entry
    request = new_request(
        lib.PYSOCK_DIAG_DESTROY, entry.family, entry.protocol, 0
    )
    copy_identity(request, entry.raw, entry.cookie)
    try:
        inside(netns, lambda: ask("destroy", request))
    except DiagError as exc:
        # Gone meanwhile, which is what was wanted, or one of several that
        # listen on the same port and not the one that the kernel chose.
        if exc.errno == ENOENT and not _is_there(entry, netns):
            return None
        exc.local_address, exc.address = entry.local, entry.remote
        raise
    return entry


def obituaries(
    timeout: float | None = None,
    *,
    family: int | None = None,
    receive_buffer: int = RECEIVE_BUFFER,
    netns: str | int | None = None,
) -> Obituaries:
    """Tell of every TCP socket as it dies, with its final TCP_INFO.

    The subscription starts now, and needs no privilege. A socket dies when
    its last descriptor is closed and the kernel has no more use for it; the
    side that closed first is told when it turns into the stub that waits in
    FIN_WAIT2 and TIME_WAIT, whose end is not told. Neither is that of a
    connection that was never accepted, nor that of a dead one whose
    descriptor stays open. One that was reset from this end (`abort`) has
    lost its addresses and counters before it dies; its cookie is left.

    Args:
        timeout: seconds that a `for` loop over it lasts; another one goes on
            where it ended. 0 takes what is there, `None` waits for ever.
        family: `AF_INET`, `AF_INET6`, or `None` for both.
        receive_buffer: bytes for what has not been read yet, at 1.3 KiB
            each; the kernel allows `net.core.rmem_max`.
        netns: as for `sockets`; the subscription stays there.

    Returns:
        an iterator of `Entry`, which is also a context manager, has `lost`
        (what came while the buffer was full), `fileno()` and `close()`.

    Raises:
        DiagError: the kernel cannot be asked (`EPROTONOSUPPORT`), or as for
            `sockets`.
        ValueError: another family, or a negative timeout.

    Signals are handled while it waits; Ctrl-C ends it at once.
    """
    return inside(netns, lambda: Obituaries(timeout, family, receive_buffer))


def _protocol(word: str) -> int:
    try:
        return _PROTOCOLS[word]
    except (KeyError, TypeError):
        known = ", ".join(map(repr, _PROTOCOLS))
        raise ValueError(f"no protocol is {word!r}: {known}") from None


def _families(
    family: int | None, ends: list[Endpoint | None]
) -> tuple[int, ...]:
    """Which tables are to be asked: the kernel has one for each family."""
    if family not in (None, AF_INET, AF_INET6):
        raise ValueError(f"AF_INET, AF_INET6 or None, not {family!r}")
    # An IPv6 address is never in the table of IPv4; the reverse is possible.
    if any(end is not None and end.family == AF_INET6 for end in ends):
        possible: tuple[int, ...] = (AF_INET6,)
    else:
        possible = (AF_INET, AF_INET6)
    return tuple(each for each in possible if family in (None, each))


def _look_up(
    here: Endpoint, there: Endpoint, cookie: int | None, number: int
) -> Entry | None:
    request = new_request(
        lib.PYSOCK_DIAG_ONE, here.family, number, _EVERYTHING
    )
    set_identity(request, here, there)
    if cookie is not None:
        request.cookie = cookie
    try:
        for entry in each_once(ask("find", request), number, None):
            if has_ends(entry.raw, here, there):
                return entry
    except DiagError as exc:
        if exc.errno != ENOENT:
            raise
    return _search(here, there, cookie, number)


def _search(
    here: Endpoint, there: Endpoint, cookie: int | None, number: int
) -> Entry | None:
    """Walk the table for what cannot be found by its addresses alone."""
    program = bytecode(here, there, None, None)
    for family in _families(None, [here, there]):
        request = new_request(
            lib.PYSOCK_DIAG_DUMP, family, number, _EVERYTHING
        )
        request.states = ALL_STATES
        for entry in each_once(ask("find", request, program), number, None):
            if cookie in (None, entry.cookie):
                return entry
    return None


def _is_there(entry: Entry, netns: str | int | None) -> bool:
    word = _WORDS[entry.protocol]
    found = find(*entry.ends, entry.cookie, protocol=word, netns=netns)
    return found is not None
