/* connect_many.c - one step of many connects that are under way at once. */
#include "address.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

/* From <linux/in6.h>. */
enum { PYSOCK_IPV6_RECVERR = 25 };

/* So many need no memory from the heap. */
enum { FEW = 64 };

static const int64_t ns_per_ms = 1000000;

static int64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 * ns_per_ms + now.tv_nsec;
}

static void
end(struct pysock_attempt *attempt, int error)
{
    attempt->state = PYSOCK_ATTEMPT_OVER;
    attempt->error = error;
}

/* Leave the socket as a blocking connect that succeeded leaves it. */
static void
succeed(struct pysock_attempt *attempt)
{
    /*
     * The first connect after the handshake marks the socket connected, and
     * says whether it still is.
     */
    int result = pysock_connect(attempt->fd, &attempt->to);

    if (result == -EALREADY) {
        return; /* Something else was ready: it goes on. */
    }
    if (result != 0 && result != -EISCONN) {
        end(attempt, -result);
        return;
    }
    if (attempt->to.family == AF_INET6) {
        pysock_set_option(attempt->fd, IPPROTO_IPV6, PYSOCK_IPV6_RECVERR, 0);
    }
    if (attempt->blocks) {
        pysock_set_nonblocking(attempt->fd, 0);
    }
    end(attempt, 0);
}

static void
start(struct pysock_attempt *attempt)
{
    int result = pysock_set_nonblocking(attempt->fd, 1);

    attempt->started_ns = now_ns();
    attempt->at_once = 1;
    if (result == 0 && attempt->to.family == AF_INET6) {
        /* Or an ICMP error would not say who sent it. */
        pysock_set_option(attempt->fd, IPPROTO_IPV6, PYSOCK_IPV6_RECVERR, 1);
    }
    if (result == 0) {
        result = pysock_connect(attempt->fd, &attempt->to);
    }
    if (result == -EINPROGRESS) {
        attempt->at_once = 0;
        attempt->state = PYSOCK_ATTEMPT_UNDER_WAY;
    } else if (result == 0) {
        succeed(attempt);
    } else {
        end(attempt, -result);
    }
}

static void
look(struct pysock_attempt *attempt, int events)
{
    struct pysock_icmp ignored;

    if (events & POLLNVAL) {
        end(attempt, EBADF);
        return;
    }
    if (events & (POLLERR | POLLHUP)) {
        int pending = pysock_take_error(attempt->fd);
        if (pending != 0) {
            end(attempt, pending < 0 ? -pending : pending);
            return;
        }
        /* A message without an error would keep the socket ready for ever. */
        while (pysock_error_queue(attempt->fd, &ignored) == 1) {
        }
    }
    succeed(attempt);
}

/* How long until the first attempt is out of time: at most wait_ms. */
static int
shorten(int wait_ms, const struct pysock_attempt *attempts, int count,
        int64_t timeout_ns)
{
    int64_t now = now_ns();

    for (int i = 0; i < count; i++) {
        int64_t left;
        if (attempts[i].state != PYSOCK_ATTEMPT_UNDER_WAY) {
            continue;
        }
        left = timeout_ns - (now - attempts[i].started_ns);
        left = left <= 0 ? 0 : (left - 1) / ns_per_ms + 1;
        if (left < INT32_MAX && (wait_ms < 0 || left < wait_ms)) {
            wait_ms = (int)left;
        }
    }
    return wait_ms;
}

int
pysock_connect_many(struct pysock_attempt *attempts, int count,
                    int64_t timeout_ns, int wait_ms, int32_t *over)
{
    struct pollfd few[FEW];
    struct pollfd *polls = few;
    int64_t now;
    nfds_t polled = 0;
    int ended = 0;
    int ready;

    if (count > FEW) {
        polls = malloc((size_t)count * sizeof(*polls));
        if (polls == NULL) {
            return -ENOMEM;
        }
    }
    for (int i = 0; i < count; i++) {
        if (attempts[i].state == PYSOCK_ATTEMPT_NEW) {
            start(&attempts[i]);
            if (attempts[i].state == PYSOCK_ATTEMPT_OVER) {
                attempts[i].ended_ns = now_ns();
                over[ended++] = i;
            }
        }
        /* Free places stay out: poll(2) takes no more than RLIMIT_NOFILE. */
        if (attempts[i].state == PYSOCK_ATTEMPT_UNDER_WAY) {
            polls[polled++] = (struct pollfd){
                .fd = attempts[i].fd,
                .events = POLLOUT,
            };
        }
    }
    if (ended > 0) {
        wait_ms = 0;
    } else if (timeout_ns >= 0) {
        wait_ms = shorten(wait_ms, attempts, count, timeout_ns);
    }
    ready = poll(polls, polled, wait_ms);
    if (ready < 0) {
        ready = -errno;
        if (ended > 0) {
            ready = ended; /* The signal's handler runs all the same. */
        }
        goto out;
    }
    now = now_ns();
    polled = 0;
    for (int i = 0; i < count; i++) {
        struct pysock_attempt *attempt = &attempts[i];
        int events;
        if (attempt->state != PYSOCK_ATTEMPT_UNDER_WAY) {
            continue;
        }
        events = polls[polled++].revents;
        if (events != 0) {
            look(attempt, events);
        }
        if (attempt->state == PYSOCK_ATTEMPT_UNDER_WAY && timeout_ns >= 0 &&
            now - attempt->started_ns >= timeout_ns) {
            end(attempt, PYSOCK_OUT_OF_TIME);
        }
        if (attempt->state == PYSOCK_ATTEMPT_OVER) {
            attempt->ended_ns = now;
            over[ended++] = i;
        }
    }
    ready = ended;
out:
    if (polls != few) {
        free(polls);
    }
    return ready;
}
