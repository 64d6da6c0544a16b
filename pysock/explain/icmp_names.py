"""Names of the ICMP messages that can end a connect (RFC 792, 1122, 4443)."""

from __future__ import annotations

_ICMP = {
    (3, 0): "net unreachable",
    (3, 1): "host unreachable",
    (3, 2): "protocol unreachable",
    (3, 3): "port unreachable",
    (3, 5): "source route failed",
    (3, 6): "destination network unknown",
    (3, 7): "destination host unknown",
    (3, 8): "source host isolated",
    (3, 9): "network administratively prohibited",
    (3, 10): "host administratively prohibited",
    (3, 11): "network unreachable for TOS",
    (3, 12): "host unreachable for TOS",
    (3, 13): "administratively prohibited",
    (3, 14): "host precedence violation",
    (3, 15): "precedence cutoff",
    (11, 0): "time to live exceeded",
    (12, 0): "parameter problem",
}
_ICMPV6 = {
    (1, 0): "no route to destination",
    (1, 1): "administratively prohibited",
    (1, 2): "beyond scope of source address",
    (1, 3): "address unreachable",
    (1, 4): "port unreachable",
    (1, 5): "source address failed policy",
    (1, 6): "route rejected",
    (3, 0): "hop limit exceeded",
    (3, 1): "fragment reassembly time exceeded",
    (4, 0): "erroneous header field",
    (4, 1): "unknown next header",
    (4, 2): "unknown option",
}


def icmp_name(icmp_type: int, icmp_code: int, *, ipv6: bool) -> str | None:
    """Name an ICMP message; `None` for one that has no name here.

    Args:
        icmp_type: its type.
        icmp_code: its code.
        ipv6: whether it is ICMPv6, whose numbers mean other things.
    """
    return (_ICMPV6 if ipv6 else _ICMP).get((icmp_type, icmp_code))
