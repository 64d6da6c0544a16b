/* shutdown.c - shut one direction of a connection, or both. */
#include "pysock.h"

#include <errno.h>
#include <sys/socket.h>

int
pysock_shutdown(int fd, int how)
{
    if (shutdown(fd, how) != 0) {
        return -errno;
    }
    return 0;
}
