"""TCP_INFO: our object against getsockopt and one unpack of every field."""

from __future__ import annotations

import ctypes
import socket
from itertools import repeat
from struct import Struct

import pysock
from pysock.cli.bench import native
from pysock.cli.bench.data import tcp_pair
from pysock.cli.bench.pinning import pinned
from pysock.cli.bench.rounds import Measurement, Plan, Run, Sides, timed

# struct tcp_info of Linux 6.18. An older kernel fills the beginning of it.
_LAYOUT = Struct("=8B24I4Q6I4Q2I2Q6I2H8I2H")
_TCP, _INFO = socket.IPPROTO_TCP, socket.TCP_INFO


def read_objects(sock: pysock.socket, count: int) -> None:
    """Take readings, which decode when they are read."""
    tcp_info = sock.tcp_info
    for _ in repeat(None, count):
        tcp_info()


def read_one_field(sock: pysock.socket, count: int) -> None:
    """Take readings and read one field."""
    tcp_info = sock.tcp_info
    for _ in repeat(None, count):
        tcp_info().rtt_us  # noqa: B018


def read_every_field(sock: pysock.socket, count: int) -> None:
    """Take readings and decode them whole."""
    tcp_info = sock.tcp_info
    for _ in repeat(None, count):
        tcp_info().as_dict()


def unpack_fields(sock: socket.socket, count: int) -> None:
    """Do it without pysock: getsockopt, and one unpack of all fields."""
    getsockopt, unpack, size = sock.getsockopt, _LAYOUT.unpack, _LAYOUT.size
    if len(getsockopt(_TCP, _INFO, size)) == size:
        for _ in repeat(None, count):
            unpack(getsockopt(_TCP, _INFO, size))
    else:
        for _ in repeat(None, count):
            unpack(getsockopt(_TCP, _INFO, size).ljust(size, b"\0"))


def read(plan: Plan) -> Measurement:
    """Measure one reading of an established connection."""
    count = plan.count(1000)
    sides = Sides()
    with (
        pinned(),
        tcp_pair(pysock) as (ours, _),
        tcp_pair(socket) as (theirs, _),
    ):
        fd = theirs.fileno()

        def floor(library: ctypes.CDLL) -> Run:
            return lambda: native.seconds_each(
                library.floor_tcp_info(fd, count), count, "getsockopt"
            )

        for name, work in (
            ("pysock tcp_info()", read_objects),
            ("pysock tcp_info().rtt_us", read_one_field),
            ("pysock tcp_info().as_dict()", read_every_field),
        ):
            sides.add(
                name,
                lambda work=work: timed(lambda: work(ours, count), count),  # type: ignore[misc]
            )
        sides.add(
            "getsockopt + unpack",
            lambda: timed(lambda: unpack_fields(theirs, count), count),
        )
        native.add_floor(sides, "C", floor)
        return sides.measure("reading of TCP_INFO", plan, rounds=60)
