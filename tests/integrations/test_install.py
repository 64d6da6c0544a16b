"""install() and uninstall(), each in an interpreter of its own."""

from support import child
from support.noted import FAIL

# What the noted face touches, and what it must not.
PICTURE = """
    import inspect, os, socket, sys

    def picture():
        return {
            "modules": sys.modules["socket"],
            "module": {
                name: value for name, value in vars(socket).items()
                if name != "__warningregistry__"
            },
            "class": dict(vars(socket.socket)),
            "finders": list(sys.meta_path),
            "environment": dict(os.environ),
        }
"""


def test_the_class_stays_itself():
    child.run(
        FAIL
        + """
    import ssl, sys
    module, kind = sys.modules["socket"], socket.socket
    sock = socket.socket()
    pysock.install()
    assert sys.modules["socket"] is module is socket
    assert socket.socket is kind
    assert type(sock) is socket.socket
    assert issubclass(ssl.SSLSocket, socket.socket)
    sock.close()
    error = refused()
    assert type(error) is ConnectionRefusedError
    assert error.args == (111, "Connection refused")
    assert (str(error), repr(error)) == (
        "[Errno 111] Connection refused",
        "ConnectionRefusedError(111, 'Connection refused')",
    )
    assert error.__cause__ is error.__context__ is None
    [note] = error.__notes__
    assert "RST" in note
    assert isinstance(pysock.details(error), pysock.errors.ConnectRefusedError)
    """
    )


def test_what_was_made_before_is_noted():
    child.run(
        FAIL
        + """
    from socket import create_connection
    class Mine(socket.socket):
        def connect(self, address):
            return super().connect(address)
    before = socket.socket()
    connect = before.connect
    assert not is_noted(refused())
    pysock.install()
    assert is_noted(refused(Mine))
    assert is_noted(refused(lambda: before))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        try:
            create_connection(bound.getsockname())
        except OSError as error:
            assert is_noted(error)
    """
    )


def test_uninstall_leaves_everything_as_it_was():
    child.run(
        PICTURE
        + FAIL
        + """
    before = picture()
    for _ in range(2):
        pysock.install()
        class Mine(socket.socket):
            pass
        pysock.install()
        assert is_noted(refused(Mine))
        assert picture() != before
        pysock.uninstall()
        assert picture() == before
        assert not is_noted(refused(Mine))
        pysock.uninstall()
        assert picture() == before
    """
    )


def test_installing_twice_wraps_once():
    child.run(
        PICTURE
        + FAIL
        + """
    import threading
    pysock.install()
    once = picture()
    threads = [threading.Thread(target=pysock.install) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert picture() == once
    child = os.fork()
    if child == 0:
        pysock.install()
        os._exit(picture() != once or not is_noted(refused()))
    assert os.waitpid(child, 0)[1] == 0
    """
    )


def test_install_in_a_child_that_was_forked_meanwhile():
    child.run(
        FAIL
        + """
    import os
    from pysock.integrations import install
    with install._lock:  # as if another thread was at it
        child = os.fork()
        if child == 0:
            failed = True
            try:
                pysock.install()
                failed = not is_noted(refused())
            finally:
                os._exit(failed)
    assert os.waitpid(child, 0)[1] == 0
    """
    )


def test_patches_of_others_survive():
    child.run(
        FAIL
        + """
    from unittest import mock
    pysock.install()
    with mock.patch.object(socket.socket, "connect") as patched:
        pysock.uninstall()
        assert socket.socket.connect is patched
    # The patch puts back what it found: that is quiet now.
    assert not is_noted(refused())
    pysock.install()
    assert is_noted(refused())
    with mock.patch("socket.socket") as fake:
        socket.socket().connect.side_effect = OSError(5, "mine")
        assert not is_noted(refused(lambda: contextlib.nullcontext(fake())))
    """
    )


def test_a_method_that_was_a_mock_is_left_alone():
    child.run(
        FAIL
        + """
    from unittest import mock
    with mock.patch.object(socket.socket, "connect") as patched:
        pysock.install()
        socket.socket().connect(5)
        assert patched.call_args == mock.call(5)
    """,
        env={"PYTHONWARNINGS": "ignore::ResourceWarning"},
    )
