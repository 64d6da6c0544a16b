"""recv_exactly: what ends it, and what does not."""

import os
import socket
import threading
from pathlib import Path

import pytest

import pysock
from pysock import errors
from support import child


def test_an_empty_datagram_is_no_end():
    with (
        pysock.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        for datagram in (b"ab", b"", b"cd"):
            sender.sendto(datagram, receiver.getsockname())
        assert receiver.recv_exactly(4) == b"abcd"


@pytest.mark.parametrize("how", [socket.SHUT_RD, socket.SHUT_RDWR])
def test_another_thread_shuts_it_down(pair, how):
    client, _ = pair
    client.settimeout(10)
    waiting = threading.Thread(target=client.shutdown, args=(how,))
    waiting.start()
    with pytest.raises(errors.ReadAfterEndError) as caught:
        client.recv_exactly(4)
    waiting.join()
    error = caught.value
    assert (error.code, error.origin.kind) == ("read-shut-here", "caller")
    assert isinstance(error, EOFError)
    assert isinstance(error, ConnectionError)
    assert not isinstance(error, errors.PeerClosedError)


SCRIPT = """
    import sys
    import pysock
    from pysock import errors
    from support import sandbox
    from support.loopback import IPV4, pair_of

    sandbox.deny_got_fin()
    for end, expected in (
        (lambda client, server: client.shutdown(pysock.SHUT_RD),
         errors.ReadAfterEndError),
        (lambda client, server: server.shutdown(pysock.SHUT_WR),
         errors.PeerClosedError),
    ):
        with pair_of(pysock, IPV4) as (client, server):
            client.settimeout(10)
            end(client, server)
            try:
                client.recv_exactly(4)
            except errors.SocketError as error:
                assert type(error) is expected, error
            else:
                raise AssertionError
"""


def test_a_kernel_that_does_not_tell_of_fins():
    """Who ended the stream is then told by the state: seen on 5.10."""
    child.run(SCRIPT, env={"PYTHONPATH": str(Path(__file__).parent.parent)})


def test_a_unix_stream_that_ended_names_nobody():
    ours, theirs = pysock.socketpair()
    with ours, theirs:
        theirs.close()
        with pytest.raises(errors.PeerClosedError) as caught:
            ours.recv_exactly(4)
    assert caught.value.origin is None


def test_a_unix_path_is_safe_to_print(tmp_path):
    path = os.fsencode(tmp_path) + b"/\x1b[31m\n\xff"
    with (
        pysock.socket(socket.AF_UNIX) as sock,
        pytest.raises(FileNotFoundError) as caught,
    ):
        sock.connect(path)
    error = caught.value
    assert isinstance(error, errors.UnixConnectError)
    assert error.args == (2, "No such file or directory")
    for text in (str(error), str(error.explain())):
        assert "\x1b" not in text
        assert "\\x1b[31m\\n\\xff" in text
    assert error.to_dict()["address"] == os.fsdecode(path)
