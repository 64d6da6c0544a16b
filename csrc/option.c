/* option.c - what one socket says: options, SO_ERROR, TCP_INFO, its queue. */
#include "pysock.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* From <linux/tcp.h>, which cannot stand beside <netinet/tcp.h>. */
enum { PYSOCK_TCP_INFO = 11 };
enum { PYSOCK_ZEROCOPY_RECEIVE = 35 };
/* From <asm-generic/socket.h>, 4.12; some C libraries lack it. */
enum { PYSOCK_SO_MEMINFO = 55 };
/* From <linux/sockios.h>. */
enum { PYSOCK_SIOCOUTQ = 0x5411 };

/* The first fields of struct tcp_zerocopy_receive, of <linux/tcp.h>. */
struct pysock_zerocopy_receive {
    uint64_t address;
    uint32_t length;
    uint32_t readable; /* bytes to be read */
    uint32_t inq;      /* the same, and 1 for a FIN behind them */
};

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

int
pysock_send_queue(int fd)
{
    int queued = 0;

    if (ioctl(fd, PYSOCK_SIOCOUTQ, &queued) != 0) {
        return -errno;
    }
    return queued;
}

int
pysock_got_fin(int fd)
{
    /* Mapping 0 bytes at no address: the kernel fills in the counts only. */
    struct pysock_zerocopy_receive counts = {0};
    /* Not sizeof, which is padded: a longer question takes SO_ERROR too. */
    socklen_t length =
        offsetof(struct pysock_zerocopy_receive, inq) + sizeof(counts.inq);

    if (getsockopt(fd, IPPROTO_TCP, PYSOCK_ZEROCOPY_RECEIVE, &counts,
                   &length) != 0) {
        /* "Nothing to be read, now or ever": the FIN is all there was. */
        return errno == EIO ? 1 : -errno;
    }
    if (length !=
        offsetof(struct pysock_zerocopy_receive, inq) + sizeof(counts.inq)) {
        return -EOPNOTSUPP;
    }
    return counts.inq > counts.readable;
}
