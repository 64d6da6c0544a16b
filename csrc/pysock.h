/*
 * pysock.h - what Python may call: with snapshot.h and
 * diag_row.h the contract of csrc/.
 *
 * The text between the two cffi marks is read twice: by the C compiler, and
 * by build_ffi.py as the cdef.  So there is one declaration of everything.
 *
 * Every function returns a value >= 0, or a negative errno.  None of them
 * loops on EINTR: it is returned, because the gap between two C calls is
 * where Python runs its signal handlers (PEP 475).  None keeps any state.
 * cffi releases the GIL around each call.
 */
#ifndef PYSOCK_H
#define PYSOCK_H

#include <stddef.h>
#include <stdint.h>

/* cffi: begin */

/* An IPv4 or IPv6 address and port, in both of its forms. */
struct pysock_address {
    int32_t family;    /* AF_INET, AF_INET6; another family: its number only;
                          0: no address */
    int32_t port;      /* host byte order, 0-65535 */
    uint32_t flowinfo; /* AF_INET6: host byte order; else 0 */
    uint32_t scope_id; /* AF_INET6: interface index; else 0 */
    uint8_t ip[16];    /* network byte order; AF_INET uses the first 4 */
    char host[46];     /* the same as text, NUL terminated; "" if neither */
};

/* One message of a socket's error queue: what an ICMP message said. */
struct pysock_icmp {
    uint32_t error;                 /* the errno that the kernel made of it */
    uint8_t origin;                 /* 1 local, 2 ICMP, 3 ICMPv6 */
    uint8_t type;                   /* ICMP type */
    uint8_t code;                   /* ICMP code */
    struct pysock_address offender; /* who sent it; family 0 if not said */
};

#define PYSOCK_READABLE 1 /* POLLIN */
#define PYSOCK_WRITABLE 4 /* POLLOUT */
#define PYSOCK_ERROR 8    /* POLLERR: SO_ERROR or the error queue has more */
#define PYSOCK_HANGUP 16  /* POLLHUP: both directions are shut */

/*
 * Fill *out from a numeric host ("192.0.2.1", "2001:db8::1").
 *
 * family is AF_INET or AF_INET6.  flowinfo and scope_id are set to 0 and
 * port to the given one.  Returns 1, or 0 when host is not a numeric address
 * of that family.  Never blocks.
 */
int pysock_address_parse(int family, const char *host, int port,
                         struct pysock_address *out);

/*
 * Fill *out from the length bytes of a kernel sockaddr.  A family that is
 * not IP, or too few bytes for its family, gives family alone or 0.
 */
void pysock_address_from_sockaddr(const void *sockaddr, size_t length,
                                  struct pysock_address *out);

/*
 * connect(2).  Blocks as the descriptor does.
 *
 * Returns 0, or a negative errno: -EINPROGRESS when a non-blocking attempt
 * is under way (wait for PYSOCK_WRITABLE), -EALREADY when an earlier one
 * still is, -EINTR when a signal came in a blocking one, which goes on.
 * Any other: the attempt failed, or the kernel refused it at once.
 */
int pysock_connect(int fd, const struct pysock_address *to);

/*
 * End an attempt or an association: connect(2) to AF_UNSPEC.  Returns 0 or a
 * negative errno.  Never blocks.
 */
int pysock_disconnect(int fd);

/*
 * Wait until fd is ready or the time is up: poll(2).  May block.
 *
 * events      PYSOCK_READABLE, PYSOCK_WRITABLE, or both.
 * timeout_ms  milliseconds; 0 only looks, -1 waits for ever.
 *
 * Returns the events that are ready (PYSOCK_ERROR and PYSOCK_HANGUP come
 * unasked), 0 when the time is up, or:
 *   -EINTR  a signal came; call again with the time that is left.
 *   -EBADF  fd is not open.
 */
int pysock_wait(int fd, int events, int timeout_ms);

/*
 * accept4(2) with SOCK_CLOEXEC: take one connection from the queue.
 *
 * timeout_ms  -1: no wait of our own; blocks if the descriptor does.
 *             0 or more: poll(2) for that many milliseconds first, so that an
 *             empty queue costs a poll (0.3 us) and not an accept4 that
 *             allocates before it looks (3.1 us, Linux 6.18).
 *
 * *peer is filled from the same system call: asking later fails when the
 * peer has reset the connection meanwhile.
 *
 * Returns the new descriptor (blocking, close-on-exec), or:
 *   -ETIMEDOUT  nothing came in timeout_ms.
 *   -EAGAIN     the queue was empty (somebody else took it, or fd does not
 *               block).
 *   -EINTR      a signal came; call again with the time that is left.
 *   any other errno of accept(2).
 */
int pysock_accept(int fd, int timeout_ms, struct pysock_address *peer);

/* shutdown(2): how is SHUT_RD, SHUT_WR or SHUT_RDWR.  0 or -errno. */
int pysock_shutdown(int fd, int how);

/*
 * close(2), once: on Linux the descriptor is gone whatever is returned, so it
 * is never to be repeated.  Blocks only with SO_LINGER.  0 or -errno.
 */
int pysock_close(int fd);

/*
 * SO_LINGER {1, 0} and close(2): the peer gets a RST, unsent data is thrown
 * away.  Never blocks.  0 or -errno; the descriptor is gone either way,
 * except for -EBADF and -ENOTSOCK.
 */
int pysock_close_with_reset(int fd);

/*
 * SO_ERROR: the pending error of the socket, which reading clears.  This is
 * the one function whose value is a positive errno.  0 when nothing is
 * pending, or a negative errno when the question failed.
 */
int pysock_take_error(int fd);

/*
 * TCP_INFO: up to size bytes of the kernel's struct tcp_info into buffer.
 * Returns how many bytes the kernel filled: its struct grows with releases,
 * so that count, not the release, says which fields exist.  -EOPNOTSUPP or
 * -ENOPROTOOPT: not TCP.  -ENOTSOCK, -EBADF: not a socket.
 */
int pysock_tcp_info(int fd, uint8_t *buffer, int size);

/*
 * Take one message from the error queue: recvmsg(2) with MSG_ERRQUEUE.  Never
 * blocks.  Returns 1 with *out filled, 0 when the queue is empty, or -errno.
 * A message that says nothing about ICMP gives 1 with origin 0.
 */
int pysock_error_queue(int fd, struct pysock_icmp *out);

/*
 * The parser of the above, over length bytes of control messages: a pure
 * function.  Returns 1 if an extended error was found, else 0.
 */
int pysock_error_queue_parse(const uint8_t *control, size_t length,
                             struct pysock_icmp *out);

/* getsockname(2).  0 or -errno. */
int pysock_local_address(int fd, struct pysock_address *out);

/*
 * SO_PEERNAME: the peer as the kernel remembers it.  Unlike getpeername(2)
 * it still answers after a reset and while a connect is under way (seen on
 * Linux 6.18).  0, or -ENOTCONN when there never was a peer, or -errno.
 */
int pysock_peer_address(int fd, struct pysock_address *out);

/* O_NONBLOCK on (1) or off (0) of the open file.  0 or -errno. */
int pysock_set_nonblocking(int fd, int on);

/* getsockopt(2) of an int into *value, setsockopt(2) of one.  0 or -errno. */
int pysock_get_option(int fd, int level, int name, int *value);
int pysock_set_option(int fd, int level, int name, int value);

/*
 * SO_MEMINFO: up to count numbers about the memory of any socket into values,
 * in the kernel's order (SK_MEMINFO_*): rmem_alloc, rcvbuf, wmem_alloc,
 * sndbuf, fwd_alloc, wmem_queued, optmem, backlog (bytes each), drops (what
 * the socket threw away).  Returns how many the kernel filled, or -errno.
 */
int pysock_memory(int fd, uint32_t *values, int count);

/* SIOCOUTQ: bytes (a FIN is one) not acknowledged, or -errno (listener). */
int pysock_send_queue(int fd);

/*
 * Whether the peer's FIN has come, 1 or 0, read or not, also when all is over:
 * TCP_ZEROCOPY_RECEIVE with nothing to map.  Or -errno (-EINVAL: 4 KiB wait).
 */
int pysock_got_fin(int fd);

#define PYSOCK_SO_COOKIE 57       /* the socket's own number */
#define PYSOCK_SO_NETNS_COOKIE 71 /* that of its network namespace (5.14) */

/*
 * One of the kernel's 64-bit identities of a socket, which are never used
 * again before the next boot.  0, or -errno (-ENOPROTOOPT: older kernel).
 */
int pysock_cookie(int fd, int name, uint64_t *value);

/* What is asked of the kernel's table of sockets. */
struct pysock_diag_request {
    int32_t action;      /* PYSOCK_DIAG_DUMP, _ONE or _DESTROY */
    int32_t family;      /* AF_INET or AF_INET6: no request asks for both */
    int32_t protocol;    /* IPPROTO_TCP (6) or IPPROTO_MPTCP (262) */
    uint32_t states;     /* of a dump: 1 << state, for each that is wanted */
    uint32_t extensions; /* 1 << (attribute - 1), for each that is wanted */
    uint32_t sequence;   /* comes back in every answer */
    uint32_t interface;  /* index of the device a socket is bound to, or 0 */
    uint64_t cookie;     /* of one socket; all bits set: any */
    struct pysock_address local;  /* of one socket; a dump heeds its port */
    struct pysock_address remote; /* the same; all 0 for a listener */
};

#define PYSOCK_DIAG_DUMP 0    /* every socket that fits */
#define PYSOCK_DIAG_ONE 1     /* the one with these addresses */
#define PYSOCK_DIAG_DESTROY 2 /* kill that one (CAP_NET_ADMIN) */

#define PYSOCK_DIAG_HEADER 72   /* bytes of an entry before its attributes */
#define PYSOCK_DIAG_INFO 2      /* attribute: struct tcp_info */
#define PYSOCK_DIAG_CONG 4      /* attribute: name of congestion control */
#define PYSOCK_DIAG_SKMEMINFO 7 /* attribute: as pysock_memory */
#define PYSOCK_DIAG_SKV6ONLY 11 /* attribute: IPV6_V6ONLY of a listener */

/*
 * Open a netlink socket to the table of this thread's network namespace.
 *
 * groups          0, or a mask of multicast groups: 1 for the end of every
 *                 TCP socket over IPv4, 4 over IPv6.  Needs no privilege.
 * receive_buffer  bytes for what has not been read yet; 0 for the default.
 *                 The kernel cuts it down to net.core.rmem_max.
 *
 * Returns the descriptor (blocking, close-on-exec) or a negative errno:
 * -EPROTONOSUPPORT when the kernel has no sock_diag.
 */
int pysock_diag_open(uint32_t groups, int receive_buffer);

/*
 * Write a request into out: a pure function.
 *
 * filter  bytecode that the kernel runs over each socket of a dump;
 *         filter_length may be 0.
 *
 * Returns the length of the request, or -EINVAL: capacity is less than 88 +
 * filter_length, the filter is longer than 65531 bytes, or there is no such
 * action.
 */
int pysock_diag_build(const struct pysock_diag_request *request,
                      const uint8_t *filter, int filter_length, uint8_t *out,
                      int capacity);

/*
 * Send a request to the kernel.  0 or -errno: -EBUSY while the answers of an
 * earlier dump have not all been read.
 */
int pysock_diag_send(int fd, const uint8_t *message, int length);

/*
 * Receive one block of answers.
 *
 * timeout_ms  -1: no wait of our own; blocks if the descriptor does.
 *             0 or more: poll(2) for that many milliseconds first.
 * size        32768 holds every block that the kernel makes.
 *
 * Returns its length; 0 for a message that did not come from the kernel; or:
 *   -ETIMEDOUT  nothing came in timeout_ms.
 *   -EINTR      a signal came; call again with the time that is left.
 *   -ENOBUFS    events were lost: nobody read them in time.  Go on reading.
 *   -EMSGSIZE   the block was longer than size, and is lost.
 *   -EBADF      fd is not open.
 */
int pysock_diag_receive(int fd, int timeout_ms, uint8_t *buffer, int size);

/*
 * Find the entries in a block of answers: a pure function over any bytes.
 *
 * sequence  of the request (0 for events); other messages are passed over.
 * spans     where each entry starts and ends: 2 * capacity numbers.  An
 *           entry is a struct inet_diag_msg (PYSOCK_DIAG_HEADER bytes, all
 *           there) and its attributes.
 * cookies   the cookie of each: capacity numbers.
 * *status   0: more blocks will come.  1: this was the last.  Negative: the
 *           errno that the kernel answered with, and the last.
 *
 * Returns the number of entries, or -EBADMSG when a length in the block
 * cannot be true, -ENOSPC when there are more than capacity entries (they
 * take 88 bytes at least), -EINVAL when length is beyond 2 GiB.
 */
int pysock_diag_split(const uint8_t *block, size_t length, uint32_t sequence,
                      uint32_t *spans, uint64_t *cookies, int capacity,
                      int *status);

/*
 * Find an attribute of the entry that lies in block from start to end: a pure
 * function over any bytes.
 *
 * Returns the offset of its value in block, 0 when it has none.  The value
 * lies in the entry; its length plus 4 is the 16-bit number 4 bytes before.
 */
int pysock_diag_attribute(const uint8_t *block, size_t start, size_t end,
                          int type);

/* A connection that pysock_accept_many took. */
struct pysock_accepted {
    int32_t fd;        /* blocking, close-on-exec */
    int32_t port;      /* of the peer, as in struct pysock_address */
    uint32_t flowinfo; /* likewise */
    uint32_t scope_id; /* likewise */
    int32_t waited_ms; /* time in the queue, milliseconds; -1: not sampled */
    int32_t dead;      /* 1: reset while it was queued; 0: not, or not asked */
};

/* What pysock_accept_many is to find out besides. */
struct pysock_arrivals {
    int32_t sample_every; /* in: read the wait of each n-th; 0: of none */
    int32_t until_sample; /* in and out: how many until the next one */
    int32_t waiting;      /* out: the longest queue that was seen */
    int32_t left;         /* out: of the last look, still there; -1: unknown */
    int32_t sampled;      /* out: how many waits were read */
    int32_t dead;         /* out: how many are dead */
};

/*
 * accept4(2), as often as connections are waiting, limit times at most.
 *
 * timeout_ms  as of pysock_accept, for the first.  There is no wait for a
 *             second.
 * limit       1 or more.
 * out         room for limit connections; the fd behind the last one is -1,
 *             for who does not see what this call returns.
 * hosts       room for limit * 46 bytes: the peers' hosts as text, a newline
 *             between two of them, and a NUL after the last.
 * look        NULL, or what else to find out: the queue's length, how long
 *             some of them waited (a TCP_INFO each), which are dead.
 *
 * After the first the queue's length is asked of TCP_INFO: the accept4 that
 * finds the queue empty costs as much as one that succeeds (Linux 6.18).
 *
 * Returns how many were taken, or what pysock_accept returns when the first
 * failed.  An error after the first ends the batch; the kernel says it again
 * when asked again.  If others accept from the same queue and the descriptor
 * blocks, they may take what was just seen waiting, and this call then waits
 * for the next connection with what it has; a non-blocking one never does.
 * So on one that blocks a quarter of the queue is taken between two looks.
 */
int pysock_accept_many(int fd, int timeout_ms, int limit,
                       struct pysock_accepted *out, char *hosts,
                       struct pysock_arrivals *look);

#define PYSOCK_ATTEMPT_FREE 0      /* nothing here */
#define PYSOCK_ATTEMPT_NEW 1       /* to be started by the next step */
#define PYSOCK_ATTEMPT_UNDER_WAY 2 /* a SYN was sent */
#define PYSOCK_ATTEMPT_OVER 3      /* error has the verdict */

#define PYSOCK_OUT_OF_TIME -1 /* the caller's; no errno is negative */

/* One of many connects. */
struct pysock_attempt {
    struct pysock_address to; /* in */
    int64_t started_ns;       /* out: CLOCK_MONOTONIC, nanoseconds */
    int64_t ended_ns;         /* out: likewise; set when over */
    int32_t fd;               /* in: a TCP socket that was never connected */
    int32_t blocks;           /* in: 1 if it is to block once connected */
    int32_t state;            /* in and out: PYSOCK_ATTEMPT_... */
    int32_t error;            /* out: 0 connected, PYSOCK_OUT_OF_TIME, errno */
    int32_t at_once;          /* out: 1 if connect(2) itself said so */
};

/*
 * One step of many connects: start the new ones, wait until one of them is
 * over, and judge all that are.  May block.
 *
 * attempts    count of them, free places among them.
 * timeout_ns  nanoseconds that each has from its start; negative: no limit.
 * wait_ms     milliseconds to wait at most; 0 only looks, -1 waits for ever.
 * over        room for count indexes: those that are over since this call.
 *
 * An attempt that is over is the caller's again.  One that failed has its
 * error taken from the socket, while TCP_INFO and the error queue still have
 * their evidence; one that ran out of time goes on in the kernel.  On IPv6
 * sockets IPV6_RECVERR is on until they are connected, then off.
 *
 * Returns how many are over, 0 when wait_ms is up, or:
 *   -EINTR   a signal came before any was over; call again.
 *   -ENOMEM  no memory for the step; all goes on.
 */
int pysock_connect_many(struct pysock_attempt *attempts, int count,
                        int64_t timeout_ns, int wait_ms, int32_t *over);

/* cffi: end */

#endif
