"""What a subclass calls its own is its own, in both faces."""

import socket

import pytest

import pysock
from pysock import errors
from support import child
from support.loopback import IPV4, refusing


def test_private_names_leave_room_for_those_of_a_subclass():
    own = set(dir(pysock.socket)) - set(dir(socket.socket))
    assert own
    private = {n for n in own if n[0] == "_" and n[:2] != "__"}
    assert {n for n in private if not n.startswith("_pysock_")} == set()


class Named(pysock.socket):
    """Names that a program may well give to its own."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._kind, self._spare = "client", None
        self._began = self._ended = self._failed = self._sent_fin = "mine"
        self._accepted, self._accepts, self._take = [], 3, None


def test_a_subclass_with_attributes_of_its_own_works():
    with Named() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        for accept in (listener.accept, lambda: listener.accept_many()[0]):
            with socket.create_connection(listener.getsockname()):
                sock, _ = accept()
                sock.close()
        assert listener._kind == "client"
    with Named() as sock:
        with (
            refusing(IPV4) as address,
            pytest.raises(errors.ConnectRefusedError) as caught,
        ):
            sock.connect(address)
        assert caught.value.code == "connect-refused-reset"
        assert sock._began == sock._ended == sock._failed == "mine"


NOTED = """
    import socket, pysock

    class Slotted(socket.socket):
        __slots__ = ("_at_end", "_began", "_ended", "_failed", "_sent_fin")

        def __init__(self):
            super().__init__()
            for name in self.__slots__:
                setattr(self, name, "mine")

    pysock.install()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with Slotted() as sock:
            sock.setblocking(False)
            try:
                sock.connect(listener.getsockname())
            except BlockingIOError:
                pass
            sock.setblocking(True)
            peer, _ = listener.accept()
            with peer:
                peer.shutdown(socket.SHUT_WR)
                assert sock.recv(1) == b""
                sock.shutdown(socket.SHUT_WR)
            assert {getattr(sock, name) for name in sock.__slots__} == {"mine"}
    print("ok")
"""


def test_slots_of_a_subclass_are_not_written_to_by_the_noted_face():
    assert child.run(NOTED).stdout == "ok\n"
