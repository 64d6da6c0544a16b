/*
 * every_call.c - call every function of csrc/, again and again.
 *
 * For valgrind and the sanitizers: no Python is in the way, so each leak is
 * ours.  Prints nothing and ends with 0, or says what was not as expected.
 */
#include "diag_row.h"
#include "snapshot.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BLOCK = 32768, ENTRIES = BLOCK / 88 + 1 };

#define EXPECT(condition)                                                     \
    do {                                                                      \
        if (!(condition)) {                                                   \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);           \
            exit(1);                                                          \
        }                                                                     \
    } while (0)

struct place {
    int family;
    int listener;
    struct pysock_address there;   /* the listener */
    struct pysock_address nowhere; /* nobody listens */
};

static int
tcp(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    EXPECT(fd >= 0);
    return fd;
}

static struct pysock_address
bound(int fd, const struct place *place)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in four = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const void *name = &four;
    socklen_t length = sizeof(four);
    struct pysock_address address;

    if (place->family == AF_INET6) {
        name = &six;
        length = sizeof(six);
    }
    EXPECT(bind(fd, name, length) == 0);
    EXPECT(pysock_local_address(fd, &address) == 0);
    return address;
}

static void
connect_and_accept(const struct place *place)
{
    struct pysock_address peer, local;
    struct pysock_snapshot snapshot;
    int client = tcp(place->family), server, on = 0;
    uint8_t reading[512];
    uint32_t memory[16];
    uint64_t cookie;
    struct pysock_icmp message;

    EXPECT(pysock_connect(client, &place->there) == 0);
    EXPECT(pysock_connect(client, &place->there) == -EISCONN);
    EXPECT(pysock_wait(place->listener, PYSOCK_READABLE, 5000) > 0);
    server = pysock_accept(place->listener, 5000, &peer);
    EXPECT(server >= 0);
    EXPECT(pysock_local_address(client, &local) == 0);
    EXPECT(local.port == peer.port);
    EXPECT(pysock_peer_address(client, &peer) == 0);
    EXPECT(pysock_tcp_info(client, reading, sizeof(reading)) > 100);
    EXPECT(pysock_tcp_info(client, reading, 1) == 1);
    pysock_snapshot(client, &snapshot);
    EXPECT(snapshot.length > 100);
    EXPECT(snapshot.peer.port == place->there.port);
    EXPECT(snapshot.local.port == local.port);
    EXPECT(pysock_memory(client, memory, 16) > 8);
    EXPECT(pysock_send_queue(client) == 0);
    EXPECT(pysock_got_fin(client) == 0);
    EXPECT(pysock_cookie(client, PYSOCK_SO_COOKIE, &cookie) == 0);
    EXPECT(pysock_error_queue(client, &message) == 0);
    EXPECT(pysock_take_error(client) == 0);
    EXPECT(pysock_set_option(client, SOL_SOCKET, SO_KEEPALIVE, 1) == 0);
    EXPECT(pysock_get_option(client, SOL_SOCKET, SO_KEEPALIVE, &on) == 0);
    EXPECT(on == 1);
    EXPECT(pysock_set_nonblocking(client, 1) == 0);
    EXPECT(pysock_shutdown(client, SHUT_WR) == 0);
    EXPECT(pysock_close_with_reset(server) == 0);
    EXPECT(pysock_wait(client, PYSOCK_READABLE, 5000) > 0);
    EXPECT(pysock_take_error(client) == ECONNRESET);
    EXPECT(pysock_disconnect(client) == 0);
    EXPECT(pysock_close(client) == 0);
    EXPECT(pysock_accept(place->listener, 0, &peer) == -ETIMEDOUT);
}

static void
fail_to_connect(const struct place *place)
{
    int client = tcp(place->family);
    struct pysock_failed_connect failed;

    EXPECT(pysock_connect(client, &place->nowhere) == -ECONNREFUSED);
    pysock_failed_connect(client, &failed);
    EXPECT(failed.socket.length > 100);
    EXPECT(failed.socket.peer.family == 0);
    EXPECT(failed.socket.local.family == place->family);
    EXPECT(failed.has_message == 0);
    EXPECT(pysock_set_nonblocking(client, 1) == 0);
    EXPECT(pysock_connect(client, &place->nowhere) == -EINPROGRESS);
    EXPECT(pysock_wait(client, PYSOCK_WRITABLE, 5000) > 0);
    EXPECT(pysock_take_error(client) == ECONNREFUSED);
    pysock_failed_connect(client, &failed);
    EXPECT(failed.socket.peer.port == place->nowhere.port);
    EXPECT(pysock_close(client) == 0);
    pysock_failed_connect(-1, &failed);
    EXPECT(failed.socket.length == -EBADF);
    EXPECT(failed.has_message == -EBADF);
    EXPECT(failed.network == 0);
    EXPECT(pysock_close_with_reset(-1) == -EBADF);
}

static void
connect_many(const struct place *place)
{
    enum { MANY = 6 };
    struct pysock_attempt attempts[MANY];
    struct pysock_accepted accepted[MANY];
    struct pysock_arrivals look = {.sample_every = 1};
    char hosts[MANY * 46];
    int32_t over[MANY];
    int left = MANY, taken = 0;

    memset(attempts, 0, sizeof(attempts));
    for (int i = 0; i < MANY; i++) {
        attempts[i].to = i % 2 ? place->nowhere : place->there;
        attempts[i].fd = tcp(place->family);
        attempts[i].state = PYSOCK_ATTEMPT_NEW;
    }
    while (left > 0) {
        int count = pysock_connect_many(attempts, MANY, -1, 5000, over);

        EXPECT(count > 0);
        left -= count;
    }
    for (int i = 0; i < MANY; i++) {
        EXPECT(attempts[i].error == (i % 2 ? ECONNREFUSED : 0));
        EXPECT(pysock_close_with_reset(attempts[i].fd) == 0);
    }
    while (taken < MANY / 2) {
        int count = pysock_accept_many(place->listener, 5000, MANY, accepted,
                                       hosts, &look);

        EXPECT(count > 0);
        taken += count;
        for (int i = 0; i < count; i++) {
            EXPECT(pysock_close(accepted[i].fd) == 0);
        }
    }
}

/* Returns how many entries there were. */
static int
read_dump(int netlink)
{
    static uint8_t block[BLOCK];
    static uint32_t spans[2 * ENTRIES];
    static uint64_t cookies[ENTRIES];
    struct pysock_diag_row row;
    int status = 0, found = 0;

    EXPECT(pysock_diag_receive(-1, -1, block, sizeof(block)) == -EBADF);
    while (status == 0) {
        int length = pysock_diag_receive(netlink, 5000, block, sizeof(block));
        int count;

        EXPECT(length > 0);
        count = pysock_diag_split(block, (size_t)length, 7, spans, cookies,
                                  ENTRIES, &status);
        EXPECT(count >= 0);
        for (int i = 0; i < count; i++) {
            for (int type = 0; type < 25; type++) {
                pysock_diag_attribute(block, spans[2 * i], spans[2 * i + 1],
                                      type);
            }
            EXPECT(pysock_diag_row(block, spans[2 * i], spans[2 * i + 1], &row,
                                   0) == 1);
            EXPECT(row.family == AF_INET || row.family == AF_INET6);
        }
        found += count;
    }
    EXPECT(status == 1);
    return found;
}

static void
ask_sock_diag(const struct place *place)
{
    struct pysock_diag_request request;
    uint8_t message[128];
    int netlink = pysock_diag_open(0, 0), length;

    memset(&request, 0, sizeof(request));
    request.action = PYSOCK_DIAG_DUMP;
    request.family = place->family;
    request.protocol = IPPROTO_TCP;
    request.states = 1U << 10;
    request.extensions = 0xff;
    request.sequence = 7;
    EXPECT(netlink >= 0);
    EXPECT(pysock_diag_build(&request, NULL, 0, message, 10) == -EINVAL);
    length = pysock_diag_build(&request, NULL, 0, message, sizeof(message));
    EXPECT(length > 0);
    EXPECT(pysock_diag_send(netlink, message, length) == 0);
    EXPECT(read_dump(netlink) >= 1);
    EXPECT(pysock_close(netlink) == 0);
    netlink = pysock_diag_open(1 | 4, 1 << 20);
    EXPECT(netlink >= 0);
    EXPECT(pysock_close(netlink) == 0);
}

static void
parse_hostile_bytes(unsigned int seed)
{
    /* Exactly as many bytes as are said: a byte more is somebody else's. */
    size_t length = (size_t)rand_r(&seed) % 200;
    uint8_t *bytes = malloc(length ? length : 1);
    struct pysock_icmp icmp;
    struct pysock_address address;
    uint32_t spans[2 * ENTRIES];
    uint64_t cookies[ENTRIES];
    struct pysock_diag_row row;
    int status, count;

    EXPECT(bytes != NULL);
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t)(rand_r(&seed) % 7 ? rand_r(&seed) % 48 : 255);
    }
    pysock_error_queue_parse(bytes, length, &icmp);
    pysock_address_from_sockaddr(bytes, length, &address);
    count =
        pysock_diag_split(bytes, length, 0, spans, cookies, ENTRIES, &status);
    for (int i = 0; i < count; i++) {
        pysock_diag_attribute(bytes, spans[2 * i], spans[2 * i + 1], 2);
        pysock_diag_row(bytes, spans[2 * i], spans[2 * i + 1], &row, 0);
    }
    pysock_diag_attribute(bytes, 0, length, 3);
    pysock_diag_row(bytes, 0, length, &row, 0);
    free(bytes);
}

int
main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    struct pysock_address address;

    EXPECT(pysock_address_parse(AF_INET, "192.0.2.1", 1, &address) == 1);
    EXPECT(pysock_address_parse(AF_INET6, "192.0.2.1", 1, &address) == 0);
    for (int round = 0; round < rounds; round++) {
        for (int six = 0; six < 2; six++) {
            struct place place = {.family = six ? AF_INET6 : AF_INET};
            int closed = tcp(place.family);

            place.listener = tcp(place.family);
            place.there = bound(place.listener, &place);
            place.nowhere = bound(closed, &place);
            EXPECT(listen(place.listener, 64) == 0);
            connect_and_accept(&place);
            fail_to_connect(&place);
            connect_many(&place);
            ask_sock_diag(&place);
            EXPECT(pysock_close(closed) == 0);
            EXPECT(pysock_close(place.listener) == 0);
        }
        for (unsigned int seed = 0; seed < 200; seed++) {
            parse_hostile_bytes((unsigned int)round * 200 + seed);
        }
    }
    return 0;
}
