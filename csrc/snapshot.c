/* snapshot.c - what a socket says after a failure, in one call. */
#include "snapshot.h"

#include <string.h>

void
pysock_snapshot(int fd, struct pysock_snapshot *out)
{
    memset(&out->peer, 0, sizeof(out->peer));
    memset(&out->local, 0, sizeof(out->local));
    out->length = pysock_tcp_info(fd, out->tcp_info, sizeof(out->tcp_info));
    pysock_peer_address(fd, &out->peer);
    pysock_local_address(fd, &out->local);
}

void
pysock_failed_connect(int fd, struct pysock_failed_connect *out)
{
    pysock_snapshot(fd, &out->socket);
    out->has_message = pysock_error_queue(fd, &out->message);
    pysock_cookie(fd, PYSOCK_SO_NETNS_COOKIE, &out->network);
}
