/*
 * native.c - the same work in C: floors to measure against, and the load.
 *
 * Loaded with ctypes. Every function returns nanoseconds (of CPU, where it
 * does not say otherwise), a count, or a negative errno, and is bounded in
 * count; the load also in time. Loopback (127.0.0.1) only.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t floor_accept(int listener, int count, int timeout_ms, int *fds);
int64_t floor_exchange(int left, int right, int count, int size);
int64_t floor_would_block(int fd, int count);
int64_t floor_tcp_info(int fd, int count);
int64_t floor_connect(int port, int count, int *fds);
int64_t floor_sock_diag(int *found);
int floor_serve(int listener, int count);
int load_open(int port, int count, int *fds);
int load_reset(int count, const int *fds);
int load_accept_close(int port, int count, int in_flight, int seconds);

static int64_t
now_ns(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
connect_to(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
        int number = errno;
        close(fd);
        return -number;
    }
    return fd;
}

/* A RST leaves no TIME_WAIT, whose table would grow from round to round. */
static void
close_with_reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
}

/* Take count connections; with timeout_ms >= 0, poll before each. */
int64_t
floor_accept(int listener, int count, int timeout_ms, int *fds)
{
    int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < count; i++) {
        struct sockaddr_storage name;
        socklen_t length = sizeof(name);
        if (timeout_ms >= 0) {
            struct pollfd one = {.fd = listener, .events = POLLIN};
            if (poll(&one, 1, timeout_ms) != 1) {
                return -ETIMEDOUT;
            }
        }
        fds[i] =
            accept4(listener, (struct sockaddr *)&name, &length, SOCK_CLOEXEC);
        if (fds[i] < 0) {
            return -errno;
        }
    }
    return now_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
}

/* There and back, count times: two sends and two receives each. */
int64_t
floor_exchange(int left, int right, int count, int size)
{
    char buffer[65536] = {0};
    size_t bytes = (size_t)size;
    int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < count; i++) {
        if (send(left, buffer, bytes, MSG_NOSIGNAL) != size ||
            recv(right, buffer, bytes, 0) != size ||
            send(right, buffer, bytes, MSG_NOSIGNAL) != size ||
            recv(left, buffer, bytes, 0) != size) {
            return -EIO;
        }
    }
    return now_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
}

/* recv on a non-blocking descriptor with nothing to read. */
int64_t
floor_would_block(int fd, int count)
{
    char buffer[64];
    int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < count; i++) {
        if (recv(fd, buffer, sizeof(buffer), 0) >= 0 || errno != EAGAIN) {
            return -EIO;
        }
    }
    return now_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
}

int64_t
floor_tcp_info(int fd, int count)
{
    char buffer[512];
    int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < count; i++) {
        socklen_t length = sizeof(buffer);
        if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, buffer, &length) < 0) {
            return -errno;
        }
    }
    return now_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
}

int64_t
floor_connect(int port, int count, int *fds)
{
    int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < count; i++) {
        fds[i] = connect_to(port);
        if (fds[i] < 0) {
            return fds[i];
        }
    }
    return now_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
}

/* Walk the messages of one dump; *done is set by its last one. */
static int
count_messages(const char *buffer, size_t length, int *done)
{
    int found = 0;
    const struct nlmsghdr *header =
        (const struct nlmsghdr *)(const void *)buffer;
    while (NLMSG_OK(header, length)) {
        if (header->nlmsg_type == NLMSG_DONE) {
            *done = 1;
            break;
        }
        if (header->nlmsg_type == NLMSG_ERROR) {
            return -EIO;
        }
        found++;
        header = NLMSG_NEXT(header, length);
    }
    return found;
}

/*
 * Dump every IPv4 TCP socket with its TCP_INFO, and count them. Wall clock,
 * because what it is compared with may be another process.
 */
int64_t
floor_sock_diag(int *found)
{
    static _Alignas(16) char buffer[1 << 20];
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } ask = {
        .header = {.nlmsg_len = sizeof(ask),
                   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .request = {.sdiag_family = AF_INET,
                    .sdiag_protocol = IPPROTO_TCP,
                    .idiag_ext = 1 << (INET_DIAG_INFO - 1),
                    .idiag_states = 0xffffffff},
    };
    int done = 0, status = 0;
    int64_t start = now_ns(CLOCK_MONOTONIC);
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (fd < 0) {
        return -errno;
    }
    *found = 0;
    if (send(fd, &ask, sizeof(ask), 0) < 0) {
        status = -errno;
    }
    while (!done && status >= 0) {
        ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
        status = got < 0 ? -errno : count_messages(buffer, (size_t)got, &done);
        *found += status > 0 ? status : 0;
    }
    close(fd);
    return status < 0 ? status : now_ns(CLOCK_MONOTONIC) - start;
}

/* Accept and close, count times. */
int
floor_serve(int listener, int count)
{
    for (int i = 0; i < count; i++) {
        struct sockaddr_storage name;
        socklen_t length = sizeof(name);
        int fd =
            accept4(listener, (struct sockaddr *)&name, &length, SOCK_CLOEXEC);
        if (fd < 0) {
            return -errno;
        }
        close(fd);
    }
    return count;
}

/* Open count connections. All or nothing. */
int
load_open(int port, int count, int *fds)
{
    for (int i = 0; i < count; i++) {
        fds[i] = connect_to(port);
        if (fds[i] < 0) {
            load_reset(i, fds);
            return fds[i];
        }
    }
    return count;
}

int
load_reset(int count, const int *fds)
{
    for (int i = 0; i < count; i++) {
        close_with_reset(fds[i]);
    }
    return count;
}

/*
 * Open count connections, in_flight of them at a time, to a server that
 * closes each: the oldest is waited for (its FIN), then replaced. So the
 * server's queue is hardly ever empty. in_flight is at most 1024.
 */
int
load_accept_close(int port, int count, int in_flight, int seconds)
{
    int fds[1024], opened = 0, closed = 0, status = count;
    int64_t deadline = now_ns(CLOCK_MONOTONIC) + (int64_t)seconds * 1000000000;
    if (in_flight < 1 || in_flight > 1024) {
        return -EINVAL;
    }
    while (closed < count && status == count) {
        if (opened < count && opened - closed < in_flight) {
            int fd = connect_to(port);
            if (fd < 0) {
                status = fd;
                break;
            }
            fds[opened++ % in_flight] = fd;
            continue;
        }
        struct pollfd oldest = {.fd = fds[closed % in_flight],
                                .events = POLLIN};
        int64_t left_ms = (deadline - now_ns(CLOCK_MONOTONIC)) / 1000000;
        if (left_ms <= 0 || poll(&oldest, 1, (int)left_ms) != 1) {
            status = -ETIMEDOUT;
            break;
        }
        close_with_reset(fds[closed++ % in_flight]);
    }
    while (closed < opened) {
        close_with_reset(fds[closed++ % in_flight]);
    }
    return status;
}
