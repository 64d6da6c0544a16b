/* option.c - socket options: an int, SO_ERROR, TCP_INFO, memory, cookies. */
#include "pysock.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* From <linux/tcp.h>, which cannot stand beside <netinet/tcp.h>. */
enum { PYSOCK_TCP_INFO = 11 };
/* From <asm-generic/socket.h>, 4.12; some C libraries lack it. */
enum { PYSOCK_SO_MEMINFO = 55 };

int
pysock_get_option(int fd, int level, int name, int *value)
{
    socklen_t length = sizeof(*value);

    *value = 0;
    if (getsockopt(fd, level, name, value, &length) != 0) {
        return -errno;
    }
    return 0;
}

int
pysock_set_option(int fd, int level, int name, int value)
{
    if (setsockopt(fd, level, name, &value, sizeof(value)) != 0) {
        return -errno;
    }
    return 0;
}

int
pysock_take_error(int fd)
{
    int pending;
    int result = pysock_get_option(fd, SOL_SOCKET, SO_ERROR, &pending);

    return result < 0 ? result : pending;
}

int
pysock_tcp_info(int fd, uint8_t *buffer, int size)
{
    socklen_t length;

    if (size < 0) {
        return -EINVAL;
    }
    length = (socklen_t)size;
    if (getsockopt(fd, IPPROTO_TCP, PYSOCK_TCP_INFO, buffer, &length) != 0) {
        return -errno;
    }
    return (int)length;
}

int
pysock_set_nonblocking(int fd, int on)
{
    if (ioctl(fd, FIONBIO, &on) != 0) {
        return -errno;
    }
    return 0;
}

int
pysock_memory(int fd, uint32_t *values, int count)
{
    socklen_t length;

    if (count < 0) {
        return -EINVAL;
    }
    length = (socklen_t)((size_t)count * sizeof(*values));
    if (getsockopt(fd, SOL_SOCKET, PYSOCK_SO_MEMINFO, values, &length) != 0) {
        return -errno;
    }
    return (int)(length / sizeof(*values));
}

int
pysock_cookie(int fd, int name, uint64_t *value)
{
    socklen_t length = sizeof(*value);

    *value = 0;
    if (getsockopt(fd, SOL_SOCKET, name, value, &length) != 0) {
        return -errno;
    }
    return 0;
}
