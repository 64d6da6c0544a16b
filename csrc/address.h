/* address.h - what csrc/ shares about addresses and Python does not call. */
#ifndef PYSOCK_ADDRESS_H
#define PYSOCK_ADDRESS_H

#include "pysock.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* The kernel's form of an address.  Returns its length, 0 if not IP. */
socklen_t pysock_sockaddr(const struct pysock_address *from,
                          struct sockaddr_storage *to);

#endif
