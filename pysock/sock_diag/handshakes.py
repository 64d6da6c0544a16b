"""The handshakes of a listener that are not complete: its SYN_RECV entries."""

from __future__ import annotations

from errno import EXDEV

from pysock import raw, sock_diag
from pysock.errors import DiagError, error_for
from pysock.raw.calls import AF_INET, ffi, lib
from pysock.sock_diag.netlink import open_into


def count_handshakes(fd: int) -> int:
    """Count a listener's connections in SYN_RECV: a walk of the table.

    Args:
        fd: a listening TCP socket.

    Raises:
        DiagError: the listener belongs to another network namespace than
            this thread (`EXDEV`), or the kernel's table cannot be asked.
    """
    _check_namespace(fd)
    host, port = raw.getsockname(fd)[:2]
    local = None if host in ("0.0.0.0", "::") else host
    family = AF_INET if ":" not in host else None
    waiting = sock_diag.sockets(
        "SYN_RECV", family=family, local=local, local_port=port, info=False
    )
    return sum(1 for _ in waiting)


def _check_namespace(fd: int) -> None:
    """The table is this thread's namespace's; a listener may be foreign."""
    opened: list[int] = []
    try:
        netlink = open_into(opened)
        if netlink < 0:
            raise error_for("syn_received", -netlink, kind=DiagError)
        theirs, ours = ffi.new("uint64_t *"), ffi.new("uint64_t *")
        name = lib.PYSOCK_SO_NETNS_COOKIE
        if (
            lib.pysock_cookie(fd, name, theirs) == 0
            and lib.pysock_cookie(netlink, name, ours) == 0
            and theirs[0] != ours[0]
        ):
            text = "the listener belongs to another network namespace"
            raise error_for(
                "syn_received", EXDEV, args=(EXDEV, text), kind=DiagError
            )
    finally:
        for fd in opened:
            lib.pysock_close(fd)
