/* close.c - close once, in order or with a reset. */
#include "pysock.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

int
pysock_close(int fd)
{
    if (close(fd) != 0) {
        return -errno;
    }
    return 0;
}

int
pysock_close_with_reset(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) !=
        0) {
        return -errno;
    }
    return pysock_close(fd);
}
