"""A far end that follows no protocol: only documented exceptions come of it.

Every answer is some packet, right or wrong: any flags, sequence numbers that
are a little or far off, any ICMP message, quoting anything, in any order.
"""

import random
import select

import pytest

import pysock
from lab import packets
from lab.place import FAMILY
from lab.replies import Script
from lab.scenarios import IMPATIENT
from pysock import errors

pytest_plugins = ["lab.fixtures"]
pytestmark = pytest.mark.lab

CONVERSATIONS = 50


class Hostile:
    """Replies that are random, but the same for the same seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def __call__(self, conversation):
        return self.random.choice(
            [self.segment, self.plausible, self.icmp, self.cut, self.noise]
        )(conversation)

    def plausible(self, conversation):
        """What a peer could say: flags in their right place."""
        flags = self.random.choice(
            [packets.SYN | packets.ACK, packets.RST | packets.ACK,
             packets.FIN | packets.ACK, packets.ACK]
        )  # fmt: skip
        payload = b"?" * self.random.choice([0, 0, 1, 500])
        conversation.window = self.random.choice([0, 1, 65535])
        return conversation.say(flags, payload)

    def segment(self, conversation):
        """Any flags, any numbers."""
        return packets.tcp(
            conversation.latest,
            self.random.randrange(256),
            conversation.seq + self.off(),
            conversation.ack + self.off(),
            self.random.randrange(65536),
            self.random.randbytes(self.random.choice([0, 1, 900])),
        )

    def icmp(self, conversation):
        kinds = (3, 4, 5, 11, 12, 0) if self.is_ipv4(conversation) else (
            1, 2, 3, 4, 137, 128)  # fmt: skip
        return packets.icmp(
            conversation.router,
            conversation.latest,
            self.random.choice(kinds),
            self.random.randrange(18),
            rest=self.random.choice([0, 1, 68, 1280, 2**32 - 1]),
        )

    def cut(self, conversation):
        """A packet that ends too soon."""
        whole = self.random.choice([self.segment, self.icmp])(conversation)
        return whole[: self.random.randrange(20, len(whole) + 1)]

    def noise(self, conversation):
        """A header of IP, and what is not of this world after it."""
        latest = conversation.latest
        return packets.ip(
            latest.destination,
            latest.source,
            self.random.choice([1, 6, 58, 17, 132, 255]),
            self.random.randbytes(self.random.randrange(64)),
        )

    def off(self):
        return self.random.choice([0, 0, 0, 1, -1, 2**16, 2**31])

    def is_ipv4(self, conversation):
        return conversation.latest.version == 4


def converse(sock, address):
    """Use a connection as a program does; give what it came to."""
    came = []
    for call in (
        lambda: sock.connect(address),
        lambda: sock.send(b"hello"),
        lambda: sock.recv(100),
        lambda: sock.recv_exactly(10),
        lambda: sock.sendall(b"x" * 3000),
        lambda: sock.shutdown(1),
        lambda: sock.recv(100),
        lambda: sock.tcp_info().as_dict(),
        lambda: sock.take_error(),
    ):
        try:
            call()
        except errors.SocketError as error:
            str(error), error.to_dict()
            came.append(error)
        if sock.gettimeout() == 0:
            select.select([sock], [], [], 0.01)  # let something come
    return came


@pytest.mark.parametrize("timeout", [0.03, 0.0], ids=str)
def test_only_documented_exceptions(place, version, timeout):
    seen = set()
    for seed in range(CONVERSATIONS):
        hostile = Hostile(seed)
        several = (hostile,) * hostile.random.randrange(1, 4)
        script = Script(several, several, several, several, delay_ms=1)
        with pysock.socket(FAMILY[version]) as sock:
            sock.setsockopt(*IMPATIENT[0])
            sock.settimeout(timeout)
            for error in converse(sock, place.host(version, script)):
                seen.add(type(error))
                rows = [
                    row for row in errors.CATALOGUE
                    if isinstance(error, row.error)
                ]  # fmt: skip
                assert rows, repr(error)
    # It was hostile enough to matter.
    assert len(seen) > 3, seen


def test_explanations_of_hostile_answers(place, version):
    """explain() has something to say of each, and never raises."""
    for seed in range(30):
        hostile = Hostile(seed)
        script = Script((hostile,) * 2, (hostile,), (hostile,), delay_ms=1)
        with pysock.socket(FAMILY[version]) as sock:
            sock.settimeout(0.02)
            for error in converse(sock, place.host(version, script)):
                assert error.explain()
