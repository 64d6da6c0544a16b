/* wait.c - wait for one descriptor, with a limit in time. */
#include "pysock.h"

#include <errno.h>
#include <poll.h>

_Static_assert(PYSOCK_READABLE == POLLIN, "poll's own bit");
_Static_assert(PYSOCK_WRITABLE == POLLOUT, "poll's own bit");
_Static_assert(PYSOCK_ERROR == POLLERR, "poll's own bit");
_Static_assert(PYSOCK_HANGUP == POLLHUP, "poll's own bit");

int
pysock_wait(int fd, int events, int timeout_ms)
{
    struct pollfd one = {.fd = fd, .events = (short)events};
    int count;

    /* poll(2) passes over a negative fd without a word, and would wait. */
    if (fd < 0) {
        return -EBADF;
    }
    count = poll(&one, 1, timeout_ms);
    if (count < 0) {
        return -errno;
    }
    if (one.revents & POLLNVAL) {
        return -EBADF;
    }
    return one.revents;
}
