/* accept_many.c - accept what is waiting, in one call. */
#include "address.h"

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

/* A reset connection is the one whose both directions are shut by an error. */
static int
find_dead(struct pysock_accepted *batch, int count)
{
    int found = 0;
    struct pollfd looks[LOOK];
    const short dead = POLLERR | POLLHUP;

    for (int start = 0; start < count; start += LOOK) {
        int some = count - start < LOOK ? count - start : LOOK;
        for (int i = 0; i < some; i++) {
            looks[i] = (struct pollfd){.fd = batch[start + i].fd};
        }
        if (poll(looks, (nfds_t)some, 0) <= 0) {
            continue;
        }
        for (int i = 0; i < some; i++) {
            if ((looks[i].revents & dead) == dead) {
                batch[start + i].dead = 1;
                found++;
            }
        }
    }
    return found;
}

/* The first is known to be there.  Is there another one for sure? */
static int
may_go_on(int fd, int32_t waiting, int taken, int blocks)
{
    if (waiting >= 0 && taken >= waiting) {
        return 0;
    }
    /*
     * Who else accepts from this queue may have emptied it meanwhile, and a
     * descriptor that blocks would then wait with a batch in its hands.
     */
    return (waiting >= 0 && !blocks) ||
           pysock_wait(fd, PYSOCK_READABLE, 0) > 0;
}

int
pysock_accept_many(int fd, int timeout_ms, int limit,
                   struct pysock_accepted *out, char *hosts,
                   struct pysock_arrivals *look)
{
    struct pysock_address peer;
    int32_t waiting;
    int taken = 0;
    int sampled = 0;
    int blocks = 1;
    int ready;

    if (limit < 1) {
        return -EINVAL;
    }
    ready = pysock_wait(fd, PYSOCK_READABLE, timeout_ms);
    if (ready <= 0) {
        return ready < 0 ? ready : -ETIMEDOUT;
    }
    waiting = waiting_in_queue(fd);
    if (waiting > 1) {
        int flags = fcntl(fd, F_GETFL);
        blocks = flags < 0 || !(flags & O_NONBLOCK);
    }
    do {
        size_t length;
        int accepted = pysock_accept(fd, -1, &peer);
        if (accepted < 0) {
            if (taken == 0) {
                return accepted;
            }
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
    } while (taken < limit && may_go_on(fd, waiting, taken, blocks));
    hosts[-1] = '\0';
    if (look != NULL) {
        look->waiting = waiting;
        look->sampled = sampled;
        look->dead = find_dead(out, taken);
    }
    return taken;
}
