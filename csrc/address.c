/* address.c - IPv4 and IPv6 addresses: sockaddr, bytes and text. */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

/* glibc's inet_ntop formats IPv4 with sprintf; this is on accept's path. */
static char *
put_octet(char *at, unsigned octet)
{
    if (octet >= 100) {
        *at++ = (char)('0' + octet / 100);
    }
    if (octet >= 10) {
        *at++ = (char)('0' + octet / 10 % 10);
    }
    *at++ = (char)('0' + octet % 10);
    return at;
}

static void
put_ipv4(char *host, const uint8_t ip[4])
{
    for (int i = 0; i < 4; i++) {
        host = put_octet(host, ip[i]);
        *host++ = i < 3 ? '.' : '\0';
    }
}

/* IPv4 has one spelling only, and needs no inet_ntop. */
static void
put_host(struct pysock_address *out, int family)
{
    if (family == AF_INET) {
        put_ipv4(out->host, out->ip);
    } else {
        inet_ntop(AF_INET6, out->ip, out->host, sizeof(out->host));
    }
}

int
pysock_address_parse(int family, const char *host, int port,
                     struct pysock_address *out)
{
    memset(out, 0, sizeof(*out));
    if (family != AF_INET && family != AF_INET6) {
        return 0;
    }
    if (inet_pton(family, host, out->ip) != 1) {
        return 0;
    }
    /* The kernel's spelling, not the caller's: "::0" becomes "::". */
    put_host(out, family);
    out->family = family;
    out->port = port;
    return 1;
}

void
pysock_address_from_sockaddr(const void *sockaddr, size_t length,
                             struct pysock_address *out)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    sa_family_t family;

    memset(out, 0, sizeof(*out));
    if (length < sizeof(family)) {
        return;
    }
    /* memcpy: the bytes may come unaligned, from inside a control message. */
    memcpy(&family, sockaddr, sizeof(family));
    if (family == AF_INET) {
        if (length < sizeof(v4)) {
            return;
        }
        memcpy(&v4, sockaddr, sizeof(v4));
        out->port = ntohs(v4.sin_port);
        memcpy(out->ip, &v4.sin_addr, 4);
        put_host(out, AF_INET);
    } else if (family == AF_INET6) {
        if (length < sizeof(v6)) {
            return;
        }
        memcpy(&v6, sockaddr, sizeof(v6));
        out->port = ntohs(v6.sin6_port);
        out->flowinfo = ntohl(v6.sin6_flowinfo);
        out->scope_id = v6.sin6_scope_id;
        memcpy(out->ip, &v6.sin6_addr, 16);
        put_host(out, AF_INET6);
    }
    out->family = family;
}

socklen_t
pysock_sockaddr(const struct pysock_address *from, struct sockaddr_storage *to)
{
    memset(to, 0, sizeof(*to));
    if (from->family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)to;
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)from->port);
        memcpy(&v4->sin_addr, from->ip, 4);
        return sizeof(*v4);
    }
    if (from->family == AF_INET6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)from->port);
        v6->sin6_flowinfo = htonl(from->flowinfo);
        v6->sin6_scope_id = from->scope_id;
        memcpy(&v6->sin6_addr, from->ip, 16);
        return sizeof(*v6);
    }
    return 0;
}

int
pysock_local_address(int fd, struct pysock_address *out)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof(name);

    if (getsockname(fd, (struct sockaddr *)&name, &length) != 0) {
        return -errno;
    }
    pysock_address_from_sockaddr(&name, length, out);
    return 0;
}

int
pysock_peer_address(int fd, struct pysock_address *out)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof(struct sockaddr_in6);

    /*
     * The kernel answers EINVAL when it is asked for more bytes than the
     * name has, so IPv6's size is tried first and then IPv4's.
     */
    if (getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &name, &length) != 0) {
        if (errno != EINVAL) {
            return -errno;
        }
        length = sizeof(struct sockaddr_in);
        if (getsockopt(fd, SOL_SOCKET, SO_PEERNAME, &name, &length) != 0) {
            return -errno;
        }
    }
    pysock_address_from_sockaddr(&name, length, out);
    return 0;
}
