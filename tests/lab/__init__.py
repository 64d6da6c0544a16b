"""The failure lab: failures of TCP made for real, by a kernel and a far end.

Nothing here stands in for the kernel. A scenario gets a network namespace of
its own, in which a small program behind a TUN device plays the rest of the
internet; it answers with packets as a script says. Needs Linux, root, `ip`
and /dev/net/tun.

    namespace       a network namespace, its sysctls, links and routes
    packets         IPv4 and IPv6 packets, taken apart and put together
    replies         the things that a far end can say
    far_end         the program behind the TUN device
    place           all of these, set up: where a scenario happens
    capabilities    doing without the powers of root
    failing_calls   errnos that no kernel gives on demand, by seccomp
    scenarios, established   each failure as one object
    waiting         for what can only be asked for
    ways            the ways in which a program can meet a failed connect
    fixtures        the above for pytest
    document        docs/failures.md, from the scenarios and the catalogue
"""
