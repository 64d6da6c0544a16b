/* diag_row.c - what a table shows of a socket, taken out of its entry. */
#include "diag_row.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/tcp.h>

/* Words of SK_MEMINFO; the last one is SK_MEMINFO_DROPS. */
enum { MEMORY_WORDS = 9 };

/* Up to the last field that is read; kernels before 2.6 had less. */
enum { INFO_BYTES = offsetof(struct tcp_info, tcpi_total_retrans) + 4 };

/* tcpi_state: the kernel fills in the queue alone, the rest is 0. */
enum { LISTEN = 10 };

/* The value of an attribute, if it has so many bytes; else NULL. */
static const uint8_t *
value_of(const uint8_t *block, size_t start, size_t end, int type,
         size_t least)
{
    int at = pysock_diag_attribute(block, start, end, type);
    struct nlattr header;

    if (at == 0) {
        return NULL;
    }
    memcpy(&header, block + at - sizeof(header), sizeof(header));
    return header.nla_len >= sizeof(header) + least ? block + at : NULL;
}

static void
read_info(const uint8_t *info, struct pysock_diag_row *row)
{
    const size_t rtt = offsetof(struct tcp_info, tcpi_rtt);
    const size_t cwnd = offsetof(struct tcp_info, tcpi_snd_cwnd);
    const size_t lost = offsetof(struct tcp_info, tcpi_total_retrans);

    if (info[offsetof(struct tcp_info, tcpi_state)] == LISTEN) {
        return;
    }
    row->has_info = 1;
    memcpy(&row->rtt_us, info + rtt, sizeof(row->rtt_us));
    memcpy(&row->snd_cwnd, info + cwnd, sizeof(row->snd_cwnd));
    memcpy(&row->total_retrans, info + lost, sizeof(row->total_retrans));
}

int
pysock_diag_row(const uint8_t *block, size_t start, size_t end,
                struct pysock_diag_row *rows, size_t number)
{
    struct pysock_diag_row *row = rows + number;
    struct inet_diag_msg entry;
    const uint8_t *memory, *info;

    memset(row, 0, sizeof(*row));
    if (start > end || end - start < sizeof(entry)) {
        return 0;
    }
    memcpy(&entry, block + start, sizeof(entry));
    memcpy(row->local_ip, entry.id.idiag_src, sizeof(row->local_ip));
    memcpy(row->remote_ip, entry.id.idiag_dst, sizeof(row->remote_ip));
    row->family = entry.idiag_family;
    row->state = entry.idiag_state;
    row->timer = entry.idiag_timer;
    row->retransmits = entry.idiag_retrans;
    row->local_port = ntohs(entry.id.idiag_sport);
    row->remote_port = ntohs(entry.id.idiag_dport);
    row->interface = entry.id.idiag_if;
    row->recv_queue = entry.idiag_rqueue;
    row->send_queue = entry.idiag_wqueue;
    row->inode = entry.idiag_inode;
    memory = value_of(block, start, end, PYSOCK_DIAG_SKMEMINFO,
                      MEMORY_WORDS * sizeof(uint32_t));
    if (memory != NULL) {
        row->has_memory = 1;
        memcpy(&row->drops, memory + (MEMORY_WORDS - 1) * sizeof(uint32_t),
               sizeof(row->drops));
    }
    info = value_of(block, start, end, PYSOCK_DIAG_INFO, INFO_BYTES);
    if (info != NULL) {
        read_info(info, row);
    }
    return 1;
}
