/* accept_many.c - accept what is waiting, in one call. */
#include "address.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

/*
 * Of struct tcp_info: the state, the queue of a listener, and the time since
 * data was last sent, which counts from the handshake until there is any.
 */
enum { AT_STATE = 0, AT_WAITING = 24, AT_LAST_DATA_SENT = 44, ENOUGH = 48 };
enum { TCP_STATE_LISTEN = 10 };

/* How many connections one poll(2) looks at for a sign of life. */
enum { LOOK = 64 };

static int32_t
number_at(const uint8_t *info, int at)
{
    int32_t number;

    memcpy(&number, info + at, sizeof(number));
    return number;
}

/* Length of the accept queue, or -1 where the kernel does not say. */
static int32_t
waiting_in_queue(int fd)
{
    uint8_t info[ENOUGH];

    if (pysock_tcp_info(fd, info, ENOUGH) < AT_WAITING + 4 ||
        info[AT_STATE] != TCP_STATE_LISTEN) {
        return -1;
    }
    return number_at(info, AT_WAITING);
}

static int32_t
waited_ms(int fd)
{
    uint8_t info[ENOUGH];

    if (pysock_tcp_info(fd, info, ENOUGH) < ENOUGH) {
        return -1;
    }
    return number_at(info, AT_LAST_DATA_SENT);
}

/* A look that does not wait.  A signal may end even that, hardly twice. */
static int
poll_now(struct pollfd *looks, nfds_t count)
{
    int ready = poll(looks, count, 0);

    return ready < 0 && errno == EINTR ? poll(looks, count, 0) : ready;
}

/* A reset connection is the one whose both directions are shut by an error. */
static int
is_dead(const struct pollfd *look)
{
    const short dead = POLLERR | POLLHUP;

    return (look->revents & dead) == dead;
}

/* How many of a batch are dead, and which. */
static int
find_dead(struct pysock_accepted *batch, nfds_t count)
{
    int found = 0;
    struct pollfd looks[LOOK];

    for (nfds_t start = 0; start < count; start += LOOK) {
        const nfds_t some = count - start < LOOK ? count - start : LOOK;
        for (nfds_t i = 0; i < some; i++) {
            looks[i] = (struct pollfd){.fd = batch[start + i].fd};
        }
        if (poll_now(looks, some) <= 0) {
            continue;
        }
        for (nfds_t i = 0; i < some; i++) {
            if (is_dead(&looks[i])) {
                batch[start + i].dead = 1;
                found++;
            }
        }
    }
    return found;
}

/*
 * The cheapest look, enough for a server that keeps up and gets one at a
 * time: whether the first connection is dead, and whether others wait.
 */
static int
look_behind_first(int fd, struct pysock_accepted *first)
{
    struct pollfd looks[2] = {{.fd = fd, .events = POLLIN}, {.fd = first->fd}};

    if (poll_now(looks, 2) < 0) {
        return 1;
    }
    first->dead = is_dead(&looks[1]);
    return looks[0].revents != 0;
}

/*
 * How many of them may be taken without another look.  Who else accepts from
 * the queue may empty it meanwhile, and a descriptor that blocks would then
 * wait with a batch in its hands: for such a one a quarter counts as sure.
 */
static int32_t
sure_of(int fd, int32_t waiting)
{
    int flags;

    if (waiting < 0) {
        return pysock_wait(fd, PYSOCK_READABLE, 0) > 0;
    }
    if (waiting <= 1) {
        return waiting;
    }
    flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_NONBLOCK) ? waiting : (waiting + 3) / 4;
}

int
pysock_accept_many(int fd, int timeout_ms, int limit,
                   struct pysock_accepted *out, char *hosts,
                   struct pysock_arrivals *look)
{
    struct pysock_address peer;
    int32_t longest = -1;
    int32_t waiting = -1;
    int32_t sure = 1;
    int taken = 0;
    int sampled = 0;

    if (limit < 1) {
        return -EINVAL;
    }
    out[0].fd = -1;
    while (taken < limit && sure > 0) {
        size_t length;
        int accepted = pysock_accept(fd, taken > 0 ? -1 : timeout_ms, &peer);
        if (accepted < 0) {
            if (taken == 0) {
                return accepted;
            }
            waiting = -1;
            break;
        }
        out[taken] = (struct pysock_accepted){
            .fd = accepted,
            .port = peer.port,
            .flowinfo = peer.flowinfo,
            .scope_id = peer.scope_id,
            .waited_ms = -1,
        };
        length = strlen(peer.host);
        memcpy(hosts, peer.host, length);
        hosts += length;
        *hosts++ = '\n';
        if (look != NULL && look->sample_every > 0 &&
            --look->until_sample <= 0) {
            look->until_sample = look->sample_every;
            out[taken].waited_ms = waited_ms(accepted);
            sampled++;
        }
        taken++;
        if (taken < limit) {
            out[taken].fd = -1;
        }
        waiting--;
        sure--;
        if (taken == 1 && (limit > 1 || look != NULL)) {
            longest = 1;
            if (!look_behind_first(fd, &out[0])) {
                waiting = 0;
                break;
            }
        }
        if (sure == 0 && (taken < limit || (look != NULL && taken == 1))) {
            waiting = waiting_in_queue(fd);
            sure = sure_of(fd, waiting);
            /* The first was in the queue until just now. */
            if (waiting + (taken == 1) > longest) {
                longest = waiting + (taken == 1);
            }
        }
    }
    hosts[-1] = '\0';
    if (look != NULL) {
        look->waiting = longest;
        look->left = waiting < 0 ? -1 : waiting;
        look->sampled = sampled;
        look->dead = taken == 1 ? out[0].dead : find_dead(out, (nfds_t)taken);
    }
    return taken;
}
