/* connect.c - start a connect, or end one. */
#include "address.h"

int
pysock_connect(int fd, const struct pysock_address *to)
{
    struct sockaddr_storage name;
    socklen_t length = pysock_sockaddr(to, &name);

    if (length == 0) {
        return -EAFNOSUPPORT;
    }
    if (connect(fd, (const struct sockaddr *)&name, length) != 0) {
        return -errno;
    }
    return 0;
}

/* IPV6_RECVERR on.  1 if it was off, 0 if it was on or cannot be had. */
static int
ask_for_icmp(int fd)
{
    int on = 0;

    return pysock_get_option(fd, IPPROTO_IPV6, IPV6_RECVERR, &on) == 0 &&
           !on && pysock_set_option(fd, IPPROTO_IPV6, IPV6_RECVERR, 1) == 0;
}

int
pysock_connect_start(int fd, const struct pysock_address *to, int blocking)
{
    int result, ready;

    if (blocking) {
        result = pysock_set_nonblocking(fd, 1);
        if (result < 0) {
            return result;
        }
    }
    result = pysock_connect(fd, to);
    if (result == 0 && blocking) {
        /* An earlier attempt is over and this call has said so. */
        return pysock_set_nonblocking(fd, 0);
    }
    if (result != -EINPROGRESS) {
        return result;
    }
    ready = pysock_wait(fd, PYSOCK_WRITABLE, 0);
    if (ready == 0 && to->family == AF_INET6 && ask_for_icmp(fd)) {
        return PYSOCK_ASKING;
    }
    if (ready != PYSOCK_WRITABLE) {
        return result;
    }
    if (!blocking) {
        return 0;
    }
    /*
     * The kernel marks a socket connected in connect(2) only: without this
     * one a later connect would succeed once more before it says EISCONN.
     */
    result = pysock_connect(fd, to);
    if (result == 0) {
        result = pysock_set_nonblocking(fd, 0);
    }
    return result;
}

int
pysock_disconnect(int fd)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    if (connect(fd, &nobody, sizeof(nobody)) != 0) {
        return -errno;
    }
    return 0;
}
