"""The catalogue: queues and the kernel's table (rows 32 to 34)."""

from __future__ import annotations

import errno

from pysock.errors import tree as tree
from pysock.errors.failure import DIAG, Failure

ROWS = (
    Failure(
        "32",
        "the accept queue of a socket that does not listen",
        ("listen_queue",),
        (errno.EINVAL,),
        tree.NotListeningError,
        ("caller",),
        "Only a listener has an accept queue.",
        "Which socket was passed: the text names its state.",
    ),
    Failure(
        "33",
        "sock_diag: killing a socket without CAP_NET_ADMIN",
        ("destroy",),
        (errno.EPERM, errno.EACCES),
        tree.DiagDeniedError,
        ("policy",),
        (
            "Every user may look at all sockets of a network namespace; only "
            "its administrator may kill one."
        ),
        "Run it as root, or with CAP_NET_ADMIN in the socket's namespace.",
    ),
    Failure(
        "34",
        "sock_diag: the kernel's table cannot be asked",
        DIAG,
        (
            errno.EPROTONOSUPPORT,
            errno.ENOENT,
            errno.EOPNOTSUPP,
            errno.EXDEV,
        ),
        tree.DiagError,
        (),
        (
            "The kernel has no sock_diag (CONFIG_INET_DIAG), or the socket "
            "belongs to another network namespace."
        ),
        "`ss -t` on the same machine: it asks the same table.",
    ),
)
