"""The far end: a small program behind a TUN device that plays the internet.

Every packet that the kernel routes to the device arrives here. The host that
it is for has a script, and the answer is what that script says.
"""

import contextlib
import fcntl
import heapq
import ipaddress
import os
import queue
import select
import struct
import threading
import time
from collections import defaultdict

from lab import packets
from lab.packets import ACK, FIN, RST, SYN
from lab.replies import Conversation, Script, icmp

IFF_TUN, IFF_TAP, IFF_NO_PI = 1, 2, 0x1000
TUNSETIFF = 0x400454CA

# A host with no script, that only ever asks.
STRANGER = {4: "198.51.100.255", 6: "2001:db8:2::ffff"}

_TIME_EXCEEDED = icmp(v4=(11, 0), v6=(3, 0))
_SILENT = Script()


def open_device(name, kind=IFF_TUN):
    """Make a TUN or TAP device; it goes when the descriptor is closed."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        request = struct.pack("16sH22x", name.encode(), kind | IFF_NO_PI)
        fcntl.ioctl(fd, TUNSETIFF, request)
    except BaseException:
        os.close(fd)
        raise
    return fd


class FarEnd:
    """Hosts behind a router, all at the other end of one TUN device."""

    def __init__(self, fd, routers):
        """Take over the device `fd`; routers: an address for each family."""
        self._fd = fd
        self._routers = {
            version: ipaddress.ip_address(host).packed
            for version, host in routers.items()
        }
        self._scripts = {}
        self._conversations = {}
        self._due = []  # heap of (time, number, conversation, reply)
        self._count = 0
        self._strangers = 3000
        self._heard = defaultdict(list)
        self._news = threading.Condition()
        self._failure = None
        self._told = queue.SimpleQueue()
        # A byte: somebody was told; the end: stop.
        self._stop, self._stopped = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def play(self, host, script):
        """Let a host answer by a script from now on."""
        self._scripts[ipaddress.ip_address(host).packed] = script

    def heard(self, host, port=None):
        """The segments that came for a host, in order.

        `port` is the sender's, where several connections go there.
        """
        packed = ipaddress.ip_address(host).packed
        with self._news:
            return [
                segment
                for segment in self._heard[packed]
                if port in (None, segment.source_port)
            ]

    def wait_for(self, host, wanted, timeout=5):
        """Wait until a segment has come for which `wanted(segment)` holds."""
        with self._news:
            packed = ipaddress.ip_address(host).packed
            if not self._news.wait_for(
                lambda: any(map(wanted, self._heard[packed])), timeout
            ):
                raise TimeoutError(f"no such segment came to {host}")

    def send_syn(self, version, port, to):
        """Let a far host with no script send a SYN, and no more, to here."""
        there = ipaddress.ip_address(to[0]).packed
        source = ipaddress.ip_address(STRANGER[version]).packed
        self.send(packets.syn(source, port, there, to[1]))

    def start_handshake(self, version, to):
        """Let a far host send a SYN; the third segment is up to the test."""
        self._strangers += 1
        return Handshake(self, STRANGER[version], self._strangers, to)

    def tell(self, host):
        """Let a host say what its script has for `when_told`."""
        self._told.put(ipaddress.ip_address(host).packed)
        os.write(self._stopped, b"t")

    def send(self, packet):
        """Put a packet of one's own on the wire."""
        os.write(self._fd, packet)

    def close(self):
        """End the program and remove the device; say what went wrong."""
        os.close(self._stopped)
        self._thread.join()
        os.close(self._stop)
        os.close(self._fd)
        if self._failure is not None:
            raise self._failure

    def _run(self):
        try:
            while self._wait():
                self._say_what_was_told()
                for _ in range(64):
                    try:
                        packet = os.read(self._fd, 65536)
                    except BlockingIOError:
                        break
                    self._receive(packet)
                self._send_what_is_due()
        except Exception as error:
            self._failure = error

    def _wait(self):
        """Wait for a packet or the next reply; False when it is over."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        poll.register(self._stop, select.POLLIN)
        wait = None
        if self._due:
            wait = max(0, (self._due[0][0] - time.monotonic()) * 1000)
        ready = poll.poll(wait)
        if all(fd != self._stop for fd, _ in ready):
            return True
        return os.read(self._stop, 1) != b""

    def _say_what_was_told(self):
        with contextlib.suppress(queue.Empty):
            while True:
                host = self._told.get_nowait()
                for (_, _, there, _), talk in self._conversations.items():
                    if there == host:
                        script = self._scripts[host]
                        self._later(script, script.when_told, talk)

    def _later(self, script, replies, conversation):
        """Put replies on the list of what is due, to the latest segment."""
        when = time.monotonic()
        for reply in replies:
            when += script.delay_ms / 1000
            self._count += 1
            latest = conversation.latest
            due = (when, self._count, conversation, latest, reply)
            heapq.heappush(self._due, due)

    def _receive(self, packet):
        segment = packets.parse(packet)
        if segment is None:
            return
        with self._news:
            self._heard[segment.destination].append(segment)
            self._news.notify_all()
        key = (segment.source, segment.source_port, segment.destination)
        key = (*key, segment.port)
        if segment.flags & SYN and key not in self._conversations:
            router = self._routers[segment.version]
            self._conversations[key] = Conversation(router)
        conversation = self._conversations.get(key)
        if conversation is None or segment.flags & RST:
            return
        conversation.heard.append(segment)
        conversation.latest = segment
        script = self._scripts.get(segment.destination, _SILENT)
        if segment.ttl <= 1:
            replies = (_TIME_EXCEEDED,)  # the router is the first hop
        else:
            replies = _replies(script, conversation, segment)
        self._later(script, replies, conversation)

    def _send_what_is_due(self):
        while self._due and self._due[0][0] <= time.monotonic():
            _, _, conversation, segment, reply = heapq.heappop(self._due)
            conversation.latest = segment
            try:
                os.write(self._fd, reply(conversation))
            except OSError:
                if not self._scripts:
                    raise
                # The link is down: nobody hears it, as on a real one.


class Handshake:
    """A handshake from outside, one segment at a time."""

    def __init__(self, far_end, host, port, to):
        self.address = (host, port)
        self._far_end = far_end
        version = 6 if ":" in host else 4
        for _ in range(10):
            # As on any network a first SYN may be lost: a link that has just
            # come up is not ready for IPv6.
            far_end.send_syn(version, port, to)
            with contextlib.suppress(TimeoutError):
                far_end.wait_for(host, self._is_syn_ack, timeout=0.5)
                return
        raise TimeoutError(f"no SYN-ACK from {to}")

    def _is_syn_ack(self, segment):
        return segment.port == self.address[1] and segment.flags & SYN

    def finish(self):
        """Send the third segment."""
        segments = self._far_end.heard(self.address[0])
        answer = next(filter(self._is_syn_ack, segments))
        packet = packets.tcp(answer, ACK, answer.ack, answer.end)
        self._far_end.send(packet)

    def was_reset(self, within=2):
        """Whether the answer was a RST."""
        port = self.address[1]
        try:
            self._far_end.wait_for(
                self.address[0],
                lambda segment: segment.port == port and segment.flags & RST,
                within,
            )
        except TimeoutError:
            return False
        return True


def _replies(script, conversation, segment):
    if segment.flags & SYN:
        conversation.ack = segment.end
        return script.to_syn
    if segment.payload:
        return script.to_data
    if segment.flags & FIN:
        return script.to_fin
    if segment.seq == (conversation.ack - 1) % 2**32:
        return script.to_probe  # is the window open? are you still there?
    if segment.flags & ACK and not conversation.connected:
        conversation.connected = True
        return script.once_connected
    return ()
