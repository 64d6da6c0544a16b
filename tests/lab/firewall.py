"""Rules of this machine's own firewall, in the namespace of the test."""

from support.quiet import nft

_TABLE = """
table inet lab {{
    chain {hook} {{
        type {kind} hook {hook} priority {priority};
        {rule}
    }}
}}
"""


def reset_what_leaves(port):
    """Answer what goes to a port with a RST, before it leaves."""
    _add("output", f"tcp dport {port} reject with tcp reset")


def reset_the_third_segment(port):
    """Let the SYN and the SYN-ACK pass, and answer the ACK with a RST."""
    _add(
        "input",
        f"tcp dport {port} tcp flags & (syn | ack) == ack "
        "reject with tcp reset",
    )


def drop_what_comes(port):
    """Drop what comes in for a port."""
    _add("input", f"tcp dport {port} drop")


def redirect(port, to):
    """Lead what goes to a port to another port of this machine (DNAT)."""
    _add(
        "output",
        f"tcp dport {port} redirect to :{to}",
        kind="nat",
        priority=-100,
    )


def _add(hook, rule, kind="filter", priority=0):
    nft(_TABLE.format(hook=hook, rule=rule, kind=kind, priority=priority))
