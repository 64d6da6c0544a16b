"""Wait until a server of another project answers."""

import socket

from lab.waiting import until


def listens(server, port, seconds):
    """Wait until a server answers, or has ended by itself.

    Args:
        server: its Popen.
        port: where, on 127.0.0.1.
        seconds: how long at most.
    """
    until(lambda: server.poll() is not None or _answers(port), seconds)
    return server.returncode is None


def _answers(port):
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0
