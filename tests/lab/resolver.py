"""A name server that answers as it is told, and a thread that asks it.

The thread has a network namespace with nothing but loopback, in which the
server is the only one, and a mount namespace with a /etc/resolv.conf of its
own.
"""

import contextlib
import ctypes
import os
import socket
import struct
import tempfile
import threading

from lab.namespace import Namespace

# RCODEs of RFC 1035; SILENT answers nothing, NOBODY does not even listen.
NO_DATA, SERVER_FAILED, NO_SUCH_NAME, REFUSED = 0, 2, 3, 5
SILENT, NOBODY = -1, -2

CONFIGURATION = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"

_CLONE_NEWNS = 0x20000
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_libc = ctypes.CDLL(None, use_errno=True)


def asking(answer, function, configuration=CONFIGURATION):
    """Run a function in a thread whose one name server answers so.

    Args:
        answer: an RCODE, `SILENT` or `NOBODY`.
        function: run in a thread of its own.
        configuration: text of /etc/resolv.conf.

    Returns:
        what the function returned; what it raised is raised.
    """
    outcome = {}

    def run():
        try:
            with _alone(), _server(answer):
                _own_configuration(configuration)
                outcome["result"] = function()
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if "error" in outcome:
        raise outcome["error"].with_traceback(None)
    return outcome["result"]


@contextlib.contextmanager
def _alone():
    namespace = Namespace()
    try:
        with namespace.entered():
            namespace.ip("link set lo up")
            yield
    finally:
        namespace.close()


@contextlib.contextmanager
def _server(answer):
    if answer == NOBODY:
        yield
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 53))
        thread = threading.Thread(target=_serve, args=(sock, answer))
        thread.start()
        try:
            yield
        finally:
            # An empty datagram is no question: it is the end.
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", sock.getsockname())
            thread.join()


def _serve(sock, answer):
    while True:
        question, who = sock.recvfrom(512)
        if not question:
            return
        if answer == SILENT:
            continue
        # Response, recursion desired and available; one question, no answer.
        head = struct.pack("!HHHHH", 0x8180 | answer, 1, 0, 0, 0)
        sock.sendto(question[:2] + head + question[12:], who)


def _own_configuration(text):
    """Give this thread, and no other, its own /etc/resolv.conf."""
    _check(_libc.unshare(_CLONE_NEWNS), "unshare")
    _mount(b"none", b"/", _MS_REC | _MS_PRIVATE)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(text)
        file.flush()
        _mount(os.fsencode(file.name), b"/etc/resolv.conf", _MS_BIND)


def _mount(source, target, flags):
    _check(_libc.mount(source, target, None, flags, None), "mount")


def _check(result, call):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
