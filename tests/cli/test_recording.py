"""What `pysock watch` reads of a socket, and what it takes for a recording."""

import json
import socket

import pytest

import pysock
from lab.waiting import until
from support import loopback
from support.command import pysock_command
from support.quiet import quiet  # noqa: F401


def test_the_wait_is_of_its_own_queue(quiet):  # noqa: F811
    """Two listeners of one port: the other's wait says nothing of this."""
    with (
        loopback.listen(socket, loopback.IPV4) as first,
        socket.create_server(("127.0.0.2", first.getsockname()[1])) as second,
        socket.create_connection(first.getsockname()) as old,
    ):
        until(
            lambda: pysock.tcp_info(old).last_data_sent_ms >= 50,
            what="wait of 50 ms",
        )
        with socket.create_connection(second.getsockname()):
            words = "--state", "listen", "--count", "1", "--jsonl"
            done = pysock_command("watch", second.getsockname()[1], *words)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    waits = {one["local"][0]: one["queue_wait_ms"] for one in told}
    assert waits["127.0.0.2"] < waits["127.0.0.1"]


@pytest.mark.parametrize(
    "line",
    [
        b'{"time": 1, "cookie": 1, "state": "LISTEN"}',
        b'{"time": "now", "cookie": [1], "state": "LISTEN"}',
        b"[]",
        b"7",
        b"\xff\xfe",
    ],
)
def test_what_is_no_recording(tmp_path, line):
    pytest.importorskip("matplotlib")
    path = tmp_path / "recording.jsonl"
    path.write_bytes(line)
    picture = tmp_path / "picture.png"
    done = pysock_command("watch", "--replay", path, "--plot", picture)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"pysock watch: {path}, line 1: not a reading of pysock watch\n"
    )
    assert not picture.exists()
