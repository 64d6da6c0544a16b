/* accept.c - accept one connection, with the peer's address. */
#include "address.h"

int
pysock_accept(int fd, int timeout_ms, struct pysock_address *peer)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof(name);
    int accepted;

    if (timeout_ms >= 0) {
        int ready = pysock_wait(fd, PYSOCK_READABLE, timeout_ms);
        if (ready < 0) {
            return ready;
        }
        if (ready == 0) {
            return -ETIMEDOUT;
        }
    }
    accepted = accept4(fd, (struct sockaddr *)&name, &length, SOCK_CLOEXEC);
    if (accepted < 0) {
        return -errno;
    }
    pysock_address_from_sockaddr(&name, length, peer);
    return accepted;
}
