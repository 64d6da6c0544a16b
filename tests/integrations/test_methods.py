"""What is wrapped looks, and fails, as what it wraps."""

import pytest

from support import child
from support.noted import FAIL


def test_methods_look_as_before():
    child.run(
        """
    import inspect, pickle, socket, pysock

    def signature(method):
        try:
            return inspect.signature(method)
        except ValueError:
            return None

    def looks():
        return {
            name: (
                method.__name__, method.__qualname__, method.__doc__,
                getattr(method, "__text_signature__", None),
                signature(method),
            )
            for name, method in inspect.getmembers(socket.socket)
            if name == "__init__" or inspect.isroutine(method)
            and not name.startswith("__")
        }

    before = looks()
    pysock.install()
    after = looks()
    assert before == after, {
        name: (before[name], after[name])
        for name in before if before[name] != after[name]
    }
    assert inspect.signature(socket.create_server).parameters["address"]
    for name in "recv", "connect", "sendto":
        method = getattr(socket.socket, name)
        assert pickle.loads(pickle.dumps(method)) is method
    """
    )


WRONG = [
    "s.recv()",
    "s.recv(1, 2, 3)",
    "s.recv('x')",
    "s.recv(-1)",
    "s.send()",
    "s.send('x')",
    "s.send(b'x', 1, 2)",
    "s.sendall(1)",
    "s.recv_into()",
    "s.recv_into(b'x')",
    "s.recv_into(bytearray(1), 2)",
    "s.recv_into(bytearray(1), 1, 2, 3)",
    "s.recv_into(bytearray(1), nbytes='x')",
    "s.recv_into(bytearray(1), what=1)",
    "s.recv_into(bytearray(1), buffer=bytearray(1))",
    "s.recv_into(nbytes=1)",
    "s.recv_into(buffer=5)",
    "s.listen(what=1)",
    "s.recvfrom(what=1)",
    "s.recvfrom_into(bytearray(1), what=1)",
    "s.connect()",
    "s.connect(1)",
    "s.connect(('localhost', 1), 2)",
    "s.connect(a=1)",
    "s.connect(('127.0.0.1', 70000))",
    "s.connect_ex(('x', 'y'))",
    "s.bind(())",
    "s.listen('x')",
    "s.shutdown()",
    "s.sendto(b'x')",
    "s.sendto(b'x', 1, 2, 3)",
    "s.sendmsg(5)",
    "s.setsockopt(1)",
    "s.getpeername(1)",
    "socket.socket(1, 2, 3, 4, 5)",
    "socket.socket(kind=2)",
    "socket.socket(999)",
    "socket.socket(fileno=99)",
    "socket.getaddrinfo()",
    "socket.getaddrinfo('localhost', 1, wrong=2)",
    "socket.create_server()",
    "socket.create_server(('127.0.0.1', 0), family=1)",
]


def test_wrong_calls_fail_in_the_same_words():
    child.run(
        f"""
    import socket, pysock

    def failures():
        for call in {WRONG!r}:
            s = socket.socket()
            try:
                eval(call)
            except Exception as error:
                yield (
                    call, type(error), error.args, repr(error.__context__),
                    pysock.details(error),
                )
            s.close()

    before = list(failures())
    assert len(before) == {len(WRONG)}
    pysock.install()
    for plain, noted in zip(before, failures(), strict=True):
        assert plain[:4] == noted[:4], (plain, noted)
    """
    )


@pytest.mark.parametrize("value", ["0", "why", "1"])
def test_notes_as_the_environment_wants_them(value):
    child.run(
        FAIL
        + """
    import os, pickle, sys
    pysock.install()
    error = refused()
    assert type(pysock.details(error)) is pysock.errors.ConnectRefusedError
    wanted = os.environ["PYSOCK_NOTES"]
    assert hasattr(error, "__notes__") == (wanted != "0")
    if wanted == "why":
        assert len(error.__notes__[0].splitlines()) == 1
    again = pickle.loads(pickle.dumps(error))
    assert getattr(again, "__notes__", 0) == getattr(error, "__notes__", 0)
    """,
        env={"PYSOCK_NOTES": value},
    )


def test_pickle_loads_where_pysock_is_absent(tmp_path):
    for value in "0", "1":
        child.run(
            FAIL
            + """
    import pickle, pathlib, sys
    pysock.install()
    error = refused()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        pathlib.Path(sys.argv[1], str(protocol)).write_bytes(
            pickle.dumps(error, protocol)
        )
    """,
            tmp_path,
            env={"PYSOCK_NOTES": value},
        )
        child.run(
            """
    import pathlib, pickle, sys
    sys.modules["pysock"] = None
    for path in pathlib.Path(sys.argv[1]).iterdir():
        error = pickle.loads(path.read_bytes())
        assert type(error) is ConnectionRefusedError
        assert error.args == (111, "Connection refused")
        notes = getattr(error, "__notes__", None)
        assert notes is None or type(notes) is list
    """,
            tmp_path,
        )


def test_the_traceback_keeps_no_socket_alive():
    child.run(
        """
    import gc, socket, weakref, pysock
    pysock.install()
    gc.disable()

    def fail():
        sock = socket.socket()
        kept.append(weakref.ref(sock))
        sock.settimeout(0.01)
        for call, args in (
            (sock.connect, ("nowhere.invalid", 1)), (sock.recv, 1),
            (sock.recv_into, bytearray(1)), (sock.sendmsg, [b"x"]),
            (sock.shutdown, 2), (sock.getpeername, None),
            (sock.listen, -2**31), (sock._accept, None),
        ):
            try:
                call(args) if args else call()
            except OSError as error:
                errors.append(error)
        # The frame of this function is in each traceback.
        del sock, call, args

    kept, errors = [], []
    fail()
    for error in errors:
        assert error.__traceback__ is not None
    assert kept[0]() is None
    """,
        env={"PYTHONWARNINGS": "ignore::ResourceWarning"},
    )
