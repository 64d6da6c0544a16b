"""What an accept loop does about each errno of accept(2)."""

from __future__ import annotations

import errno

# Nothing is to be had now; as negative as C returns them.
EMPTY = (-errno.ETIMEDOUT, -errno.EAGAIN, -errno.EINTR)
# The listener is no longer one: somebody closed it or shut it down.
ENDED = frozenset({errno.EBADF, errno.EINVAL, errno.ENOTSOCK})
# A reserve descriptor helps against these.
DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})
# The connection is gone, and the next one may be better.
SKIP = frozenset({errno.ECONNABORTED, errno.EPROTO})
# The connection stays in the queue, or nobody knows: wait before the next.
PAUSE = frozenset({
    errno.ENOBUFS, errno.ENOMEM, errno.EPERM, errno.ENETDOWN,
    errno.ENOPROTOOPT, errno.EHOSTDOWN, errno.ENONET, errno.EHOSTUNREACH,
    errno.ENETUNREACH,
})  # fmt: skip
