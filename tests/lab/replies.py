"""The things that a far end can say, and the script that it says them by.

A reply is a function of the conversation that gives a packet to send.
"""

from dataclasses import dataclass

from lab import packets
from lab.packets import ACK, FIN, PSH, RST, SYN


class Conversation:
    """One connection as the far end knows it."""

    def __init__(self, router):
        self.router = router
        self.latest = None  # the Segment to answer
        self.seq = 1000  # what we send next
        self.ack = 0  # what we expect next
        self.window = 65535
        self.connected = False
        self.heard = []  # every Segment that came

    def say(self, flags, payload=b""):
        """Make a segment of this conversation."""
        packet = packets.tcp(
            self.latest, flags, self.seq, self.ack, self.window, payload
        )
        self.seq += len(payload) + bool(flags & (SYN | FIN))
        return packet


def syn_ack(conversation):
    """Take the connection."""
    conversation.seq = 1000  # the same again for a repeated SYN
    return conversation.say(SYN | ACK)


def ack(conversation):
    """Acknowledge what came."""
    conversation.ack = conversation.latest.end
    return conversation.say(ACK)


def rst(conversation):
    """Refuse, or break off."""
    return conversation.say(RST | ACK)


def fin(conversation):
    """Close in order."""
    return conversation.say(FIN | ACK)


def closed_window(conversation):
    """Acknowledge what came, and take no more."""
    conversation.ack = conversation.latest.end
    return zero_window(conversation)


def zero_window(conversation):
    """Be there, and take no more data."""
    conversation.window = 0
    return conversation.say(ACK)


def data(payload):
    """Send some bytes."""
    return lambda conversation: conversation.say(ACK | PSH, payload)


def icmp(v4=None, v6=None, rest=0):
    """Let the router send an ICMP message: (type, code) for each family."""

    def reply(conversation):
        kind, code = v4 if conversation.latest.version == 4 else v6
        return packets.icmp(
            conversation.router, conversation.latest, kind, code, rest
        )

    return reply


@dataclass(frozen=True)
class Script:
    """What a host of the far end says to what; nothing, if nothing is said.

    Each is a tuple of replies, sent one after the other, `delay_ms` before
    each. The delay lets the call that sent the segment return: an ICMP that
    comes while connect() still holds the socket is only stored (Linux 6.18).

    What breaks a connection off waits in `when_told` until the test calls
    `FarEnd.tell`: on a busy machine connect() may take longer than any delay,
    and would fail.
    """

    to_syn: tuple = ()
    once_connected: tuple = ()
    to_data: tuple = ()
    to_fin: tuple = ()
    to_probe: tuple = ()
    when_told: tuple = ()
    delay_ms: int = 10
