/* snapshot.c - what a socket says after a failure, in one call. */
#include "pysock.h"

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
