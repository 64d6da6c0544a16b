"""A signal's handler in the middle of what the first failure loads."""

import pytest

from support import child


def test_a_signal_handler_ends_the_loading_and_it_is_done_again(compiled):
    done = child.run(
        """
        import signal, socket, sys
        import pysock

        class Alarm(OSError):
            pass

        def handler(*_):
            raise Alarm

        signal.signal(signal.SIGUSR1, handler)

        # The handler runs in the middle of the first failure's imports.
        def at_open(event, args):
            if event == "import" and args[0] == "pysock.errors.rows":
                signal.raise_signal(signal.SIGUSR1)

        sys.addaudithook(at_open)
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()
        for _ in range(2):
            try:
                pysock.socket().connect(address)
            except OSError as error:
                print(type(error).__name__)
            at_open.__code__ = (lambda event, args: None).__code__
        """,
        env=compiled,
    )
    assert done.stdout.split() == ["Alarm", "ConnectRefusedError"]


def test_a_handler_that_fails_meanwhile_gets_what_is_standard(compiled):
    done = child.run(
        """
        import os, socket, sys
        import pysock

        def listening(timeout):
            # By the standard class: a listen of ours loads it all.
            server = socket.create_server(("127.0.0.1", 0))
            ours = pysock.socket(fileno=server.detach())
            ours.settimeout(timeout)
            return ours

        left, right = pysock.socketpair()
        left.setblocking(False)
        accepting, timing = listening(0), listening(0.01)
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()
        file = open("/dev/null", "rb")
        calls = [
            lambda: left.recv(1),
            lambda: pysock.socket().connect(address),
            lambda: pysock.socket().recv(1),
            lambda: pysock.socket().shutdown(0),
            lambda: accepting.accept(),
            lambda: accepting.accept_many(),
            lambda: timing.accept_many(),
            lambda: pysock.create_server(accepting.getsockname()),
            lambda: pysock.getaddrinfo("no such name.invalid", 1),
            lambda: right.sendfile(file),
        ]
        busy = []

        def meanwhile(event, args):
            # As a signal's handler may: in the middle of the first loading.
            if event != "import" or args[0] not in WHERE or busy:
                return
            busy.append(True)
            for call in calls:
                try:
                    call()
                except OSError as error:
                    said.append(OSError.__str__(error)[:9])
            said.append(args[0])

        WHERE = ("pysock.errors.base", "pysock.raw.evidence")
        said = []
        sys.addaudithook(meanwhile)
        try:
            pysock.socket().connect(address)
        except OSError as error:
            print(type(error).__name__)
        print(*said, sep="|")
        """,
        env=compiled,
    )
    first, said = done.stdout.splitlines()
    assert first == "ConnectRefusedError"
    assert said.split("|")[:-1] == [
        "[Errno 11",
        "[Errno 11",
        "[Errno 10",
        "[Errno 10",
        "[Errno 11",
        "[Errno 11",
        "timed out",
        "[Errno 98",
        "[Errno -2",
    ]


@pytest.mark.parametrize(
    ("part", "at"),
    [
        ("errors/tree", 50),
        ("errors/choose", 500),
        ("tcp/fields", 100),
        ("tcp/fields", 1000),
        ("tcp/info", 500),
        ("raw/evidence", 5),
        ("dropin/funnel", 20),
    ],
)
def test_what_a_handler_raises_is_what_comes_out(part, at, compiled):
    """Wherever in the loading its signal comes, by lines of a file."""
    done = child.run(
        """
        import socket, sys
        import pysock
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()
        part, left = sys.argv[1], int(sys.argv[2])

        def trace(frame, event, _):
            global left
            if event == "line" and part in frame.f_code.co_filename:
                left -= 1
                if left < 0:
                    sys.settrace(None)
                    raise KeyboardInterrupt
            return trace

        sock = pysock.socket()
        sys.settrace(trace)
        try:
            sock.connect(address)
        except KeyboardInterrupt:
            print("interrupted")
        finally:
            sys.settrace(None)
        try:
            sock.connect(address)
        except OSError as error:
            print(type(error).__name__)
        """,
        part,
        at,
        env=compiled,
    )
    assert done.stdout.split() == ["interrupted", "ConnectRefusedError"]
