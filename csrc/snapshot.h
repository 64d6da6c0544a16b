/* snapshot.h - what a socket says of itself after a failure: see pysock.h. */
#ifndef PYSOCK_SNAPSHOT_H
#define PYSOCK_SNAPSHOT_H

#include "pysock.h"

/* cffi: begin */

/* What any socket says. */
struct pysock_snapshot {
    struct pysock_address peer;  /* as pysock_peer_address; family 0: none */
    struct pysock_address local; /* as pysock_local_address; likewise */
    int32_t length;              /* what pysock_tcp_info returned */
    uint8_t tcp_info[512];       /* so many bytes of it are filled */
};

/* Read the three, each of which fails by itself.  Never blocks. */
void pysock_snapshot(int fd, struct pysock_snapshot *out);

/* What one says whose connect has failed. */
struct pysock_failed_connect {
    struct pysock_snapshot socket;
    uint64_t network;           /* PYSOCK_SO_NETNS_COOKIE; 0: not known */
    int32_t has_message;        /* what pysock_error_queue returned */
    struct pysock_icmp message; /* the first of the error queue */
};

/*
 * Read all of it, in an order in which no reading disturbs a later one.  The
 * messages behind the first are still in the queue.  Never blocks.
 */
void pysock_failed_connect(int fd, struct pysock_failed_connect *out);

/* cffi: end */

#endif
