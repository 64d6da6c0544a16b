/* sock_diag.c - the kernel's table of sockets, asked over netlink. */
#include "address.h"

#include <poll.h>
#include <string.h>

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

/* INET_DIAG_REQ_PROTOCOL, of kernel 5.6: the headers may be older. */
enum { REQ_PROTOCOL = 3 };

/* The kernel's own macros for these mix int and size_t. */
static const size_t ATTRIBUTE_HEADER = sizeof(struct nlattr);

static size_t
aligned(size_t length)
{
    return (length + 3) & ~(size_t)3;
}

_Static_assert(sizeof(struct inet_diag_req_v2) == 56, "as on the wire");
_Static_assert(sizeof(struct inet_diag_msg) == PYSOCK_DIAG_HEADER,
               "as on the wire");
_Static_assert(PYSOCK_DIAG_INFO == INET_DIAG_INFO, "the kernel's number");
_Static_assert(PYSOCK_DIAG_CONG == INET_DIAG_CONG, "the kernel's number");
_Static_assert(PYSOCK_DIAG_SKMEMINFO == INET_DIAG_SKMEMINFO,
               "the kernel's number");
_Static_assert(PYSOCK_DIAG_SKV6ONLY == INET_DIAG_SKV6ONLY,
               "the kernel's number");

int
pysock_diag_open(uint32_t groups, int receive_buffer)
{
    struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = groups};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

    if (fd < 0) {
        return -errno;
    }
    if (receive_buffer > 0) {
        /* Cut down silently to net.core.rmem_max; more is better than less. */
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                   sizeof(receive_buffer));
    }
    if (bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0) {
        int error = errno;
        pysock_close(fd);
        return -error;
    }
    return fd;
}

/* Append an attribute at offset at.  Returns the new end. */
static size_t
put_attribute(uint8_t *out, size_t at, int type, const void *data,
              size_t length)
{
    struct nlattr header = {
        .nla_len = (uint16_t)(ATTRIBUTE_HEADER + length),
        .nla_type = (uint16_t)type,
    };
    size_t end = at + ATTRIBUTE_HEADER + aligned(length);

    memset(out + at, 0, end - at);
    memcpy(out + at, &header, sizeof(header));
    memcpy(out + at + ATTRIBUTE_HEADER, data, length);
    return end;
}

static void
put_identity(struct inet_diag_sockid *id,
             const struct pysock_diag_request *request)
{
    id->idiag_sport = htons((uint16_t)request->local.port);
    id->idiag_dport = htons((uint16_t)request->remote.port);
    memcpy(id->idiag_src, request->local.ip, sizeof(id->idiag_src));
    memcpy(id->idiag_dst, request->remote.ip, sizeof(id->idiag_dst));
    id->idiag_if = request->interface;
    id->idiag_cookie[0] = (uint32_t)request->cookie;
    id->idiag_cookie[1] = (uint32_t)(request->cookie >> 32);
}

int
pysock_diag_build(const struct pysock_diag_request *request,
                  const uint8_t *filter, int filter_length, uint8_t *out,
                  int capacity)
{
    struct nlmsghdr header = {0};
    struct inet_diag_req_v2 body = {0};
    size_t end = NLMSG_HDRLEN + sizeof(body);
    uint32_t protocol = (uint32_t)request->protocol;

    /* An attribute's length has 16 bits, and counts its own header. */
    if (filter_length < 0 ||
        (size_t)filter_length > 0xffff - ATTRIBUTE_HEADER || capacity < 0 ||
        (size_t)capacity < end + 2 * ATTRIBUTE_HEADER + sizeof(protocol) +
                               aligned((size_t)filter_length)) {
        return -EINVAL;
    }
    header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    header.nlmsg_flags = NLM_F_REQUEST;
    header.nlmsg_seq = request->sequence;
    if (request->action == PYSOCK_DIAG_DUMP) {
        header.nlmsg_flags |= NLM_F_DUMP;
    } else if (request->action == PYSOCK_DIAG_DESTROY) {
        header.nlmsg_type = SOCK_DESTROY;
        header.nlmsg_flags |= NLM_F_ACK;
    } else if (request->action != PYSOCK_DIAG_ONE) {
        return -EINVAL;
    }
    body.sdiag_family = (uint8_t)request->family;
    body.idiag_ext = (uint8_t)request->extensions;
    body.idiag_states = request->states;
    put_identity(&body.id, request);
    if (protocol > 0xff) {
        /* It does not fit its byte: any other value, and an attribute. */
        body.sdiag_protocol = 0xff;
        end =
            put_attribute(out, end, REQ_PROTOCOL, &protocol, sizeof(protocol));
    } else {
        body.sdiag_protocol = (uint8_t)protocol;
    }
    if (filter_length > 0) {
        end = put_attribute(out, end, INET_DIAG_REQ_BYTECODE, filter,
                            (size_t)filter_length);
    }
    header.nlmsg_len = (uint32_t)end;
    memcpy(out, &header, sizeof(header));
    memcpy(out + NLMSG_HDRLEN, &body, sizeof(body));
    return (int)end;
}

int
pysock_diag_send(int fd, const uint8_t *message, int length)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

    if (length < 0) {
        return -EINVAL;
    }
    if (sendto(fd, message, (size_t)length, 0, (struct sockaddr *)&kernel,
               sizeof(kernel)) < 0) {
        return -errno;
    }
    return 0;
}

int
pysock_diag_receive(int fd, int timeout_ms, uint8_t *buffer, int size)
{
    struct sockaddr_nl from = {0};
    struct iovec part = {.iov_base = buffer, .iov_len = (size_t)size};
    struct msghdr message = {
        .msg_name = &from,
        .msg_namelen = sizeof(from),
        .msg_iov = &part,
        .msg_iovlen = 1,
    };
    ssize_t length;

    /* poll(2) passes over a negative fd without a word, and would wait. */
    if (fd < 0) {
        return -EBADF;
    }
    if (size < 0) {
        return -EINVAL;
    }
    if (timeout_ms >= 0) {
        struct pollfd one = {.fd = fd, .events = POLLIN};
        int ready = poll(&one, 1, timeout_ms);

        if (ready <= 0) {
            return ready == 0 ? -ETIMEDOUT : -errno;
        }
    }
    length = recvmsg(fd, &message, timeout_ms >= 0 ? MSG_DONTWAIT : 0);
    if (length < 0) {
        return -errno;
    }
    /* Any process may send to a netlink port; only port 0 is the kernel. */
    if (from.nl_pid != 0) {
        return 0;
    }
    if (message.msg_flags & MSG_TRUNC) {
        return -EMSGSIZE;
    }
    return (int)length;
}

/* The verdict inside NLMSG_ERROR or NLMSG_DONE: 1 for success, or -errno. */
static int
verdict(const uint8_t *payload, size_t length)
{
    int32_t error;

    if (length < sizeof(error)) {
        return 1;
    }
    memcpy(&error, payload, sizeof(error));
    return error < 0 && error > -4096 ? error : 1;
}

static uint64_t
cookie_of(const uint8_t *entry)
{
    struct inet_diag_msg fixed;

    memcpy(&fixed, entry, sizeof(fixed));
    return (uint64_t)fixed.id.idiag_cookie[1] << 32 | fixed.id.idiag_cookie[0];
}

int
pysock_diag_split(const uint8_t *block, size_t length, uint32_t sequence,
                  uint32_t *spans, uint64_t *cookies, int capacity,
                  int *status)
{
    size_t at = 0;
    int count = 0;

    *status = 0;
    if (length > INT32_MAX) {
        return -EINVAL;
    }
    while (length - at >= NLMSG_HDRLEN) {
        struct nlmsghdr header;
        const uint8_t *payload = block + at + NLMSG_HDRLEN;
        size_t size;

        memcpy(&header, block + at, sizeof(header));
        if (header.nlmsg_len < NLMSG_HDRLEN ||
            header.nlmsg_len > length - at) {
            return -EBADMSG;
        }
        size = header.nlmsg_len - NLMSG_HDRLEN;
        if (header.nlmsg_seq != sequence) {
            /* Left over from an earlier question: not ours. */
        } else if (header.nlmsg_type == NLMSG_DONE ||
                   header.nlmsg_type == NLMSG_ERROR) {
            *status = verdict(payload, size);
            return count;
        } else if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY) {
            if (size < sizeof(struct inet_diag_msg)) {
                return -EBADMSG;
            }
            if (count == capacity) {
                return -ENOSPC;
            }
            spans[2 * count] = (uint32_t)(at + NLMSG_HDRLEN);
            spans[2 * count + 1] = (uint32_t)(at + header.nlmsg_len);
            cookies[count] = cookie_of(payload);
            count++;
        }
        size = aligned(header.nlmsg_len);
        if (size > length - at) {
            break;
        }
        at += size;
    }
    return count;
}

int
pysock_diag_attribute(const uint8_t *block, size_t start, size_t end, int type)
{
    size_t at;

    if (end > INT32_MAX || start > end ||
        end - start < sizeof(struct inet_diag_msg)) {
        return 0;
    }
    at = start + sizeof(struct inet_diag_msg);
    while (end - at >= ATTRIBUTE_HEADER) {
        struct nlattr header;
        size_t size;

        memcpy(&header, block + at, sizeof(header));
        if (header.nla_len < ATTRIBUTE_HEADER || header.nla_len > end - at) {
            return 0;
        }
        if ((header.nla_type & NLA_TYPE_MASK) == type) {
            return (int)(at + ATTRIBUTE_HEADER);
        }
        size = aligned(header.nla_len);
        if (size > end - at) {
            return 0;
        }
        at += size;
    }
    return 0;
}
