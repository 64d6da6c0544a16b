"""What happens on the wire for a code: drawn on its page in docs/errors/.

A line is who sent it and what: `>` from here, `<` from the peer, `i` an ICMP
message from a router or the peer's host, `x` from here and lost, `-` no
segment but what happens meanwhile.
"""

HANDSHAKE = ["> SYN", "< SYN, ACK", "> ACK"]
OPEN = ["- the connection is open"]
HELLO = [*HANDSHAKE, "> TLS ClientHello"]

WIRES = {
    "connect-timeout-kernel": [
        "x SYN", "x SYN, one second later", "x SYN, and so on",
        "- net.ipv4.tcp_syn_retries is reached",
    ],
    "connect-timeout-deadline": [
        "x SYN", "x SYN, one second later",
        "- the caller's timeout runs out",
    ],
    "connect-refused-reset": ["> SYN", "< RST, ACK"],
    "connect-refused": ["> SYN", "< RST, ACK - or an ICMP message"],
    "connect-refused-icmp": ["> SYN", "i ICMP: port unreachable"],
    "connect-reset": ["> SYN", "< SYN, ACK", "> ACK", "< RST"],
    "connect-unreachable-host": [
        "> SYN", "i ICMP: host unreachable, prohibited, or TTL exceeded",
        "- or nobody on the link answers for the address (ARP, ND)",
    ],
    "connect-unreachable-net": ["> SYN", "i ICMP: network unreachable"],
    "connect-unreachable-icmp": ["> SYN", "i ICMP: a rarer kind"],
    "connect-in-progress": ["> SYN", "- the program goes on meanwhile"],
    "connect-already": ["> SYN", "- the program asks again meanwhile"],
    "peer-closed": [*OPEN, "< FIN", "- what was expected has not come"],
    "peer-reset-idle": [
        *OPEN, "> request", "< answer, or its beginning", "< RST",
    ],
    "peer-reset-unanswered": [*OPEN, "> request", "< ACK", "< RST"],
    "peer-reset-at-once": [*HANDSHAKE, "< RST"],
    "peer-reset": [*OPEN, "< RST"],
    "broken-pipe": [
        *OPEN, "< FIN", "> data", "< RST", "- the program writes again",
    ],
    "write-after-shutdown": [
        *OPEN, "> FIN", "- the program writes all the same",
    ],
    "peer-silent": [
        *OPEN, "x data", "x data, again and again",
        "- net.ipv4.tcp_retries2 or TCP_USER_TIMEOUT is reached",
    ],
    "peer-window-closed": [
        *OPEN, "> data", "< ACK, window 0", "> probe", "< ACK, window 0",
        "- TCP_USER_TIMEOUT is reached",
    ],
    "path-unreachable": [
        *OPEN, "> data", "i ICMP: unreachable or prohibited",
        "> data, again and again",
    ],
    "timeout-peer-silent": [
        *OPEN, "x data", "x data, again", "- the caller's timeout runs out",
    ],
    "timeout-program-slow": [
        *OPEN, "> request", "< ACK", "- the caller's timeout runs out",
    ],
    "timeout-window-closed": [
        *OPEN, "> data", "< ACK, window 0", "- the caller's timeout runs out",
    ],
    "timeout-nothing-sent": [*OPEN, "- the caller's timeout runs out"],
    "tls-reset": [*HELLO, "< RST"],
    "tls-closed": [*HELLO, "< FIN"],
    "tls-timeout": [*HELLO, "< ACK", "- the caller's timeout runs out"],
    "tls-plain-text": [*HELLO, "< HTTP/1.1 400, or other plain text"],
    "tls-certificate": [
        *HELLO, "< TLS ServerHello, Certificate", "> TLS alert",
    ],
    "tls-version": [*HELLO, "< TLS alert"],
}  # fmt: skip

_WIDTH = 72


def drawn(code):
    """The drawing of a code, a line a segment; `None` if nothing is sent."""
    if code not in WIRES:
        return None
    lines = [f"here{'peer':>{_WIDTH - 4}}"]
    for line in WIRES[code]:
        who, words = line[0], line[2:]
        lines.append(f"  | {_ARROWS[who](words, _WIDTH - 8)} |")
    return "\n".join(lines)


_ARROWS = {
    ">": lambda words, width: f"{words} ".ljust(width - 1, "-") + ">",
    "x": lambda words, width: (
        f"{words} ".ljust(width - 18, "-") + "x lost"
    ).ljust(width),
    "<": lambda words, width: "<" + f" {words}".rjust(width - 1, "-"),
    "i": lambda words, width: "<" + f" {words}".rjust(width - 1, "-"),
    "-": lambda words, width: f"  ({words})".ljust(width),
}
