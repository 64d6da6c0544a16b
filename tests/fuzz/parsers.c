/*
 * parsers.c - a libFuzzer target: every parser of csrc/ over hostile bytes.
 *
 * The first byte chooses the parser, the rest is its input, copied to where
 * the sanitizer sees a read of one byte too many.  What comes back has to
 * keep the contract of pysock.h.
 */
#include "pysock.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 64 };

static void
check(int holds)
{
    if (!holds) {
        abort();
    }
}

static void
check_address(const struct pysock_address *address)
{
    check(memchr(address->host, 0, sizeof(address->host)) != NULL);
    check(address->port >= 0 && address->port <= 0xffff);
}

static void
address(const uint8_t *bytes, size_t length)
{
    struct pysock_address out;

    pysock_address_from_sockaddr(bytes, length, &out);
    check_address(&out);
}

static void
error_queue(const uint8_t *bytes, size_t length)
{
    struct pysock_icmp out;
    int found = pysock_error_queue_parse(bytes, length, &out);

    check(found == 0 || found == 1);
    check_address(&out.offender);
    if (!found) {
        check(out.origin == 0 && out.error == 0);
    }
}

static void
diag(const uint8_t *bytes, size_t length)
{
    uint32_t spans[2 * ENTRIES];
    uint64_t cookies[ENTRIES];
    int status = 0;
    int count =
        pysock_diag_split(bytes, length, 7, spans, cookies, ENTRIES, &status);

    check(count <= ENTRIES && status <= 1);
    for (int i = 0; i < count; i++) {
        size_t start = spans[2 * i], end = spans[2 * i + 1];

        check(start + PYSOCK_DIAG_HEADER <= end && end <= length);
        for (int type = 0; type < 24; type++) {
            int at = pysock_diag_attribute(bytes, start, end, type);

            if (at != 0) {
                uint16_t size;

                check(at > 0 && (size_t)at >= start + 4 && (size_t)at <= end);
                memcpy(&size, bytes + at - 4, sizeof(size));
                check(size >= 4 && (size_t)at - 4 + size <= end);
            }
        }
    }
}

static void
text(const uint8_t *bytes, size_t length)
{
    char host[64];
    struct pysock_address out;
    size_t used = length < sizeof(host) - 1 ? length : sizeof(host) - 1;

    memcpy(host, bytes, used);
    host[used] = 0;
    for (int six = 0; six < 2; six++) {
        if (pysock_address_parse(six ? 10 : 2, host, 80, &out)) {
            check_address(&out);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(const uint8_t *, size_t) = {
        address, error_queue, diag, text};
    uint8_t *copy;

    if (size == 0) {
        return 0;
    }
    copy = malloc(size - 1 ? size - 1 : 1);
    if (copy == NULL) {
        return 0;
    }
    memcpy(copy, data + 1, size - 1);
    parsers[data[0] % 4](copy, size - 1);
    free(copy);
    return 0;
}
