"""The pictures of `pysock watch`: what is in them, and where it stands."""

import contextlib
import json
import os
import re
import socket
import time

import pytest

import pysock
from lab import services
from lab.place import LOOPBACK
from lab.services import service
from lab.waiting import until
from pysock.errors import show_address
from support import loopback
from support.command import pysock_command
from support.diagnosing import SERVICE, connect
from support.drawing import fonts  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fonts")]
pytest_plugins = ["lab.fixtures"]
plot = pytest.importorskip("pysock.cli.plot")
pytest.importorskip("matplotlib")


def end_of(sock):
    return show_address(sock.getsockname()[:2])


def record(*words, count=8, interval=0.05):
    done = pysock_command(
        "watch", *words, "--interval", interval, "--count", count, "--jsonl"
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def record_both(sock, **how):
    """Both ends of a connection, and no earlier one of the same port."""
    ports = {sock.getsockname()[1], sock.getpeername()[1]}
    return [
        reading
        for reading in record(end_of(sock), **how)
        if {reading["local_port"], reading["remote_port"]} == ports
    ]


class Picture:
    """A picture, drawn, and what can be read in it."""

    def __init__(self, readings, *, was_here=True):
        from matplotlib.text import Text

        self.figure, self.drawn = plot.compose(readings, was_here=was_here)
        self.figure.canvas.draw()
        self.words = [
            text.get_text()
            for text in self.figure.findobj(Text)
            if text.get_visible() and text.get_text()
        ]
        self.titles = [
            axis.get_title(loc="left")
            for axis in self.figure.axes
            if axis.axison
        ]

    def check(self):
        """Nothing hides anything, and nothing is cut off."""
        for axis in self.figure.axes:
            legend = axis.get_legend()
            if legend is not None:
                where = legend.get_window_extent()
                assert where.y0 >= axis.get_window_extent().y1
        drawn, (width, height) = (
            self.figure.get_tightbbox(),
            self.figure.get_size_inches(),
        )
        assert drawn.x0 >= 0
        assert drawn.y0 >= 0
        assert drawn.x1 <= width
        assert drawn.y1 <= height


@contextlib.contextmanager
def stuck(family):
    """A connection whose reader does not read; both ends."""
    with loopback.pair_of(socket, family) as (client, server):
        # Of a fixed size: the kernel would let it grow later on.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 100_000)
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                client.send(bytes(100_000))
        until(lambda: is_closed(client), what="closed window")
        yield client, server


def is_closed(client):
    """Whether not a byte more is sent; less than a segment is, for a while."""
    info = pysock.tcp_info(client)
    return info.unacked == 0 and info.snd_wnd == 0


def test_a_stall_is_shaded_and_told_in_words(family):
    with stuck(family) as (client, _):
        picture = Picture(record_both(client))
    picture.check()
    assert len(picture.drawn) == 2
    assert "the peer's program does not read" in picture.words
    assert "this program does not read" in picture.words
    assert "not read by this program" in picture.words
    assert "not sent yet" in picture.words
    # What there is nothing of has no panel.
    assert "rate" not in picture.titles
    assert "sent again, segments" not in picture.titles
    # Bytes as people say them.
    assert any(re.fullmatch(r"\d+ [kM]?B", word) for word in picture.words)


def test_those_that_matter_are_chosen(place):
    with contextlib.ExitStack() as stack:
        stack.enter_context(service(services.ECHO, LOOPBACK[4], SERVICE))
        idle = [stack.enter_context(connect(4)) for _ in range(12)]
        client, _ = stack.enter_context(stuck(loopback.IPV4))
        busy = idle[5]
        busy.sendall(b"x" * 50_000)
        with busy.makefile("rb") as stream:
            assert len(stream.read(50_000)) == 50_000
        readings = record("127.0.0.1")
        name = client.getsockname()
    picture = Picture(readings)
    picture.check()
    ports = {(r["local_port"], r["remote_port"]) for r in picture.drawn[:2]}
    assert all(name[1] in both for both in ports)
    there = len({reading["cookie"] for reading in readings})
    assert len(picture.drawn) == 3
    [footer] = [word for word in picture.words if "left out" in word]
    assert f"3 of {there} sockets" in footer
    assert f"{there - 3} left out" in footer


def test_the_machine_and_the_clock_are_below(pair):
    readings = record_both(pair[0])
    day = time.strftime("%Y-%m-%d", time.localtime(readings[0]["time"]))
    clock = time.strftime("%H:%M:%S", time.localtime(readings[0]["time"]))
    for was_here, said in (
        (True, f"{os.uname().nodename}, Linux"),
        (False, f"drawn on {os.uname().nodename}"),
    ):
        picture = Picture(readings, was_here=was_here)
        picture.check()
        [footer] = [word for word in picture.words if said in word]
        assert footer.startswith(f"{day} {clock} to ")
    assert f"seconds since {clock}" in picture.words


def test_a_full_queue(place):
    with service(services.FULL, LOOPBACK[4], SERVICE), connect(4), connect(4):
        picture = Picture(record(SERVICE, "--state", "listen"))
    picture.check()
    assert "the queue is full" in picture.words
    assert picture.titles[:2] == [
        "accept queue, connections",
        "wait for accept",
    ]
    assert any(
        "2 in the queue at most, room for 2" in w for w in picture.words
    )


def test_an_idle_connection_has_no_empty_panels(pair):
    picture = Picture(record_both(pair[0]))
    picture.check()
    assert set(picture.titles) == {"stands still", "state"}
    assert "nothing to send" in picture.words
    assert any("nothing sent or received" in word for word in picture.words)


def test_one_look(pair):
    picture = Picture(record_both(pair[0], count=1))
    picture.check()
    assert picture.titles == ["state", "state"]


@pytest.mark.parametrize(
    ("length", "unit"), [(60, "seconds"), (1200, "minutes"), (20_000, "hours")]
)
def test_long_recordings_are_in_minutes_and_hours(pair, length, unit):
    readings = record_both(pair[0], count=3)
    start = readings[0]["time"]
    for reading in readings:
        reading["time"] = start + (reading["time"] - start) * length / 0.1
    picture = Picture(readings)
    picture.check()
    assert any(word.startswith(f"{unit} since ") for word in picture.words)
