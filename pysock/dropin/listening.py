"""The queue of a listener, with its incomplete handshakes if asked for."""

from __future__ import annotations

from pysock.raw.queue import ListenQueue, read_queue


def listen_queue(fd: int, syn_received: bool = False) -> ListenQueue:
    """Read the queue of a listener; see `socket.listen_queue`."""
    queue = read_queue(fd)
    if syn_received:
        # Few programs ask, and it loads the netlink part.
        from pysock.sock_diag.handshakes import count_handshakes

        queue = queue._replace(syn_received=count_handshakes(fd))
    return queue
