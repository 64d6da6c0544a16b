"""Which failures are noted, and what is known of them."""

import pytest

from support import child
from support.noted import FAIL


def test_what_would_block_or_is_under_way_is_untouched():
    child.run(
        FAIL
        + """
    import errno
    pysock.install()
    found = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.socket() as sock:
            listener.setblocking(False)
            sock.setblocking(False)
            for call in (
                listener.accept,
                lambda: sock.connect(listener.getsockname()),
            ):
                try:
                    call()
                except BlockingIOError as error:
                    found.append(vars(error))
            with listener.dup() as twin:
                twin.settimeout(5)
                accepted, _ = twin.accept()
            with accepted:
                sock.settimeout(0)
                for call in (lambda: sock.recv(1), lambda: sock.recvfrom(1)):
                    try:
                        call()
                    except BlockingIOError as error:
                        found.append(vars(error))
    assert found == [{}, {}, {}, {}], found
    """
    )


def test_a_signals_handler_is_not_noted():
    child.run(
        FAIL
        + """
    import signal
    pysock.install()

    def handler(*_):
        raise TimeoutError("the handler's own")

    signal.signal(signal.SIGALRM, handler)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            listener.accept()
        except TimeoutError as error:
            assert not is_noted(error)
            assert str(error) == "the handler's own"
    """
    )


def test_names_and_servers_are_noted():
    child.run(
        FAIL
        + """
    pysock.install()
    for call in (
        lambda: socket.getaddrinfo("nowhere.invalid", 80),
        lambda: socket.create_connection(("nowhere.invalid", 80)),
        lambda: socket.socket().connect(("nowhere.invalid", 80)),
    ):
        try:
            call()
        except socket.gaierror as error:
            assert type(pysock.details(error)) is pysock.errors.ResolveError
            assert is_noted(error)
    with socket.create_server(("127.0.0.1", 0)) as first:
        try:
            socket.create_server(first.getsockname())
        except OSError as error:
            assert type(error) is OSError
            assert "while attempting to bind" in str(error)
            assert is_noted(error)
            found = pysock.details(error)
            assert type(found) is pysock.errors.AddressInUseError
    try:
        socket.create_connection(("127.0.0.1", 1), all_errors=True)
    except ExceptionGroup as group:
        assert all(map(is_noted, group.exceptions))
    """,
        env={"PYTHONWARNINGS": "ignore::ResourceWarning"},
    )


def test_out_of_descriptors_is_noted():
    child.run(
        FAIL
        + """
    import resource
    pysock.install()
    refused()
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    many = []
    try:
        while True:
            many.append(socket.socket())
    except OSError as error:
        del many
        assert error.errno == 24
        found = pysock.details(error)
        assert type(found) is pysock.errors.DescriptorLimitError
        assert found.call == "socket"
    """
    )


@pytest.mark.parametrize("listens", [True, False])
def test_a_note_that_cannot_be_loaded_hides_nothing(listens):
    """The first failure of a process is that it has no descriptor left."""
    child.run(
        f"""
    import resource, sys, traceback, socket, pysock
    pysock.install()
    # From 3.15 on printing a traceback imports something itself.
    traceback.format_exception_only(ValueError())
    listener = socket.socket()
    if {listens}:
        listener.listen()
    many, failure = [], None
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    try:
        while True:
            many.append(socket.socket())
    except OSError as error:
        failure = error
    assert ("pysock.explain.telling" in sys.modules) == {listens}
    lines = traceback.format_exception_only(failure)
    assert lines[0] == "OSError: [Errno 24] Too many open files\\n"
    assert ("no-descriptor" in "".join(lines)) == {listens}, lines
    del many
    assert "no-descriptor" in failure.__notes__[0]
    """
    )


def test_other_kinds_of_sockets_are_not_noted():
    child.run(
        FAIL
        + """
    pysock.install()
    left, right = socket.socketpair()
    with left, right:
        left.settimeout(0.01)
        for call in (lambda: left.recv(1), lambda: left.connect("/nowhere")):
            try:
                call()
            except OSError as error:
                assert pysock.details(error) is None or (
                    left.family != socket.AF_INET
                )
    """
    )


def test_a_later_failure_knows_the_earlier_calls():
    child.run(
        FAIL
        + """
    import select
    pysock.install()
    with socket.socket() as bound, socket.socket() as sock:
        bound.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        assert sock.connect_ex(bound.getsockname()) == 115
        select.select([], [sock], [], 5)
        try:
            sock.connect(bound.getsockname())
        except ConnectionRefusedError as error:
            found = pysock.details(error)
            assert found.elapsed is not None
            assert found.origin.kind == "peer", found.origin
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as sock:
            sock.shutdown(socket.SHUT_WR)
            try:
                sock.send(b"x")
            except BrokenPipeError as error:
                found = pysock.details(error)
                assert type(found) is pysock.errors.WriteAfterShutdownError
    """
    )


def test_the_typed_face_in_a_noted_process_tells_it_once():
    child.run(
        """
    import resource, socket, pysock
    from pysock.integrations import noting
    pysock.install()
    noted = []
    noting.attach = lambda exception, failure: noted.append(exception)
    found = []
    sock, listener = pysock.socket(), pysock.socket()
    listener.listen()
    sock.connect(listener.getsockname())
    sock.shutdown(pysock.SHUT_WR)
    with open("/proc/version", "rb") as file:
        for call in (
            lambda: sock.sendfile(file), lambda: sock.recvfrom("x"),
            lambda: sock.getsockopt(1, 999), lambda: sock.listen(),
            lambda: sock.sendmsg([b"x"]), lambda: sock.recv(1),
            lambda: listener.connect_ex(("nowhere.invalid", 1)),
        ):
            sock.settimeout(0.01)
            try:
                call()
            except pysock.errors.SocketError as error:
                found.append(error)
            except TypeError:
                pass
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    for call in (pysock.socket, sock.dup):
        try:
            call()
        except OSError as error:
            found.append(error)
    assert len(found) >= 6, found
    assert noted == []
    """,
        env={"PYTHONWARNINGS": "ignore"},
    )


@pytest.mark.parametrize(
    "method",
    ["__hash__", "__eq__"],
)
def test_a_subclass_that_cannot_be_hashed_works(method):
    child.run(
        f"""
    import socket, pysock

    class Odd(socket.socket):
        def {method}(self, *args):
            raise RuntimeError("nobody hashes me")

    pysock.install()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for _ in range(2):
            with Odd() as sock:
                sock.setblocking(False)
                try:
                    sock.connect(listener.getsockname())
                except BlockingIOError:
                    pass
                listener.accept()[0].close()
                sock.shutdown(socket.SHUT_WR)
                try:
                    sock.send(b"x")
                except BrokenPipeError as error:
                    assert pysock.details(error) is not None
    """
    )


@pytest.mark.parametrize("face", ["noted", "typed"])
def test_any_buffer_may_meet_the_end_of_the_stream(face):
    child.run(
        f"""
    import array, ctypes, pysock, socket
    if {face!r} == "noted":
        pysock.install()
    else:
        socket = pysock
    whole = memoryview(bytearray(4)).cast("I", shape=[])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with socket.create_connection(listener.getsockname()) as sock:
            listener.accept()[0].close()
            for buffer in (
                ctypes.c_int(), whole, array.array("d", [0.0]), bytearray(),
                (ctypes.c_char * 4)(), memoryview(bytearray(8)),
            ):
                assert sock.recv_into(buffer) == 0
                assert sock.recvfrom_into(buffer)[0] == 0
    """
    )


def test_who_cannot_tell_of_a_handshake_costs_no_note():
    child.run(
        FAIL
        + """
    from pysock.integrations import handshakes
    handshakes.add(lambda sock, failure: sock.nothing_of_the_kind)
    pysock.install()
    assert pysock.details(refused()).code == "connect-refused-reset"
    """
    )
