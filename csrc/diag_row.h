/* diag_row.h - what a table shows of a socket: see pysock.h. */
#ifndef PYSOCK_DIAG_ROW_H
#define PYSOCK_DIAG_ROW_H

#include "pysock.h"

/* cffi: begin */

/* What a table shows of a socket; 4 bytes a number, so that it is columns. */
struct pysock_diag_row {
    uint8_t local_ip[16]; /* of IPv4 the first 4 bytes */
    uint8_t remote_ip[16];
    uint32_t family;
    uint32_t state; /* the kernel's number */
    uint32_t timer; /* likewise */
    uint32_t retransmits;
    uint32_t local_port;
    uint32_t remote_port;
    uint32_t interface;
    uint32_t recv_queue;
    uint32_t send_queue;
    uint32_t inode;
    uint32_t has_info; /* 0, as of a listener: the next three mean nothing */
    uint32_t rtt_us;   /* microseconds; 0 without a sample */
    uint32_t snd_cwnd;
    uint32_t total_retrans;
    uint32_t has_memory; /* 0: the next one means nothing */
    uint32_t drops;
};

/*
 * Fill rows[number] from the entry that lies in block from start to end: a
 * pure function over any bytes.
 *
 * Returns 1, or 0 when there is no whole entry: the row then is all 0.
 */
int pysock_diag_row(const uint8_t *block, size_t start, size_t end,
                    struct pysock_diag_row *rows, size_t number);

/* cffi: end */

#endif
