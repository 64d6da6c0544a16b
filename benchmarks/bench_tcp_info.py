"""TCP_INFO: our object against getsockopt and one unpack of every field."""

from __future__ import annotations

import socket
from itertools import repeat
from struct import Struct

import pysock
from benchmarks import native, pinning
from benchmarks.bench_transfer import tcp_pair
from benchmarks.harness import Measurement, Plan, interleave, timed

# struct tcp_info of Linux 6.18, whole. An older kernel's is a part of it.
FORMAT = "=8B24I4Q6I4Q2I2Q6I2H8I2H"


def read(plan: Plan) -> Measurement:
    """Seconds for one reading with every field at hand."""
    pinning.pin(pinning.MEASURED)
    count = plan.count(1000)
    library = native.library()
    level, name = socket.IPPROTO_TCP, socket.TCP_INFO
    with tcp_pair(pysock) as (ours, _), tcp_pair(socket) as (theirs, _):
        size = len(theirs.getsockopt(level, name, 512))
        layout = Struct(FORMAT)
        whole = layout.size
        fd = theirs.fileno()

        def ours_object() -> None:
            tcp_info = ours.tcp_info
            for _ in repeat(None, count):
                tcp_info()

        def ours_one_field() -> None:
            tcp_info = ours.tcp_info
            for _ in repeat(None, count):
                tcp_info().rtt_us  # noqa: B018

        def ours_every_field() -> None:
            tcp_info = ours.tcp_info
            for _ in repeat(None, count):
                tcp_info().as_dict()

        def theirs_unpacked() -> None:
            getsockopt, unpack = theirs.getsockopt, layout.unpack
            if size == whole:
                for _ in repeat(None, count):
                    unpack(getsockopt(level, name, whole))
            else:
                for _ in repeat(None, count):
                    unpack(getsockopt(level, name, whole).ljust(whole, b"\0"))

        def floor() -> float:
            taken = library.floor_tcp_info(fd, count)
            return native.checked(taken, "getsockopt") / 1e9 / count

        return interleave(
            {
                "pysock tcp_info()": lambda: timed(ours_object, count),
                "pysock tcp_info().rtt_us": lambda: timed(
                    ours_one_field, count
                ),
                "pysock as_dict()": lambda: timed(ours_every_field, count),
                "getsockopt + unpack": lambda: timed(theirs_unpacked, count),
                "C getsockopt": floor,
            },
            plan.repeat(100),
        )
