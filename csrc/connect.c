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

int
pysock_disconnect(int fd)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    if (connect(fd, &nobody, sizeof(nobody)) != 0) {
        return -errno;
    }
    return 0;
}
