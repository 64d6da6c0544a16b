/* error_queue.c - which ICMP message, from whom, ended a connect. */
#include "address.h"

#include <string.h>
#include <time.h> /* struct timespec, which errqueue.h leaves to others */

#include <linux/errqueue.h>
#include <linux/in6.h>
#include <sys/uio.h>

/* <linux/in6.h> leaves these to <netinet/in.h>, and that to a macro. */
#ifndef IPV6_RECVERR
#define IPV6_RECVERR 25
#endif
#ifndef IP_RECVERR
#define IP_RECVERR 11
#endif

static int
is_extended_error(const struct cmsghdr *message)
{
    return (message->cmsg_level == IPPROTO_IP &&
            message->cmsg_type == IP_RECVERR) ||
           (message->cmsg_level == IPPROTO_IPV6 &&
            message->cmsg_type == IPV6_RECVERR);
}

int
pysock_error_queue_parse(const uint8_t *control, size_t length,
                         struct pysock_icmp *out)
{
    struct cmsghdr header;
    struct sock_extended_err error;
    size_t at = 0;

    memset(out, 0, sizeof(*out));
    /*
     * Not CMSG_NXTHDR: with a cmsg_len that lies it reads past the end in
     * some libraries.  Here each length is checked before it is believed.
     */
    while (length - at >= sizeof(header)) {
        size_t size;

        memcpy(&header, control + at, sizeof(header));
        size = header.cmsg_len;
        if (size < sizeof(header) || size > length - at) {
            return 0;
        }
        if (is_extended_error(&header) && size >= CMSG_LEN(sizeof(error))) {
            const uint8_t *data = control + at + CMSG_LEN(0);

            memcpy(&error, data, sizeof(error));
            out->error = error.ee_errno;
            out->origin = error.ee_origin;
            out->type = error.ee_type;
            out->code = error.ee_code;
            pysock_address_from_sockaddr(data + sizeof(error),
                                         size - CMSG_LEN(sizeof(error)),
                                         &out->offender);
            return 1;
        }
        size = CMSG_ALIGN(size);
        if (size > length - at) {
            return 0;
        }
        at += size;
    }
    return 0;
}

int
pysock_error_queue(int fd, struct pysock_icmp *out)
{
    /* The ICMP message quotes our SYN; it is not needed, one byte will do. */
    uint8_t quoted[1];
    _Alignas(struct cmsghdr) uint8_t control[256];
    struct iovec part = {.iov_base = quoted, .iov_len = sizeof(quoted)};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = sizeof(control),
    };

    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
        int error = errno;
        memset(out, 0, sizeof(*out));
        return error == EAGAIN ? 0 : -error;
    }
    pysock_error_queue_parse(control, message.msg_controllen, out);
    return 1;
}
