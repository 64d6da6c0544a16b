"""The standard module's names and functions, over ours; what they audit."""

import re
import socket
from unittest import mock

import pytest

import pysock
from support import child


def test_every_name_of_the_standard_module_is_here():
    missing = [name for name in vars(socket) if not hasattr(pysock, name)]
    assert not missing


def test_star_import_gives_all_standard_names():
    names = {}
    exec("from pysock import *", names)
    assert set(socket.__all__) <= names.keys()
    assert names["socket"] is pysock.socket
    assert names["create_connection"] is pysock.create_connection


def test_constants_and_exceptions_are_the_same_objects():
    for name, value in vars(socket).items():
        if not callable(value) or isinstance(value, type):
            if name in ("socket", "__name__") or name.startswith("__"):
                continue
            assert getattr(pysock, name) is value, name


def makers(server):
    port = server.getsockname()[1]
    return {
        "create_connection": lambda: [
            pysock.create_connection(("127.0.0.1", port))
        ],
        "create_server": lambda: [pysock.create_server(("127.0.0.1", 0))],
        "socketpair": lambda: pysock.socketpair(),
        "fromfd": lambda: [pysock.fromfd(server.fileno(), socket.AF_INET, 1)],
    }


@pytest.mark.parametrize(
    "name", ["create_connection", "create_server", "socketpair", "fromfd"]
)
def test_a_replaced_class_is_what_the_functions_make(name):
    class Mine(pysock.socket):
        pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        make = makers(server)[name]
        with mock.patch("pysock.socket", Mine):
            made = make()
        for sock in made:
            assert type(sock) is Mine
            sock.close()


def test_a_replaced_getaddrinfo_is_asked():
    with (
        mock.patch("pysock.getaddrinfo", side_effect=LookupError) as asked,
        pytest.raises(LookupError),
    ):
        pysock.create_connection(("127.0.0.1", 9))
    assert asked.called


def test_a_replaced_class_is_what_accept_makes(listener):
    class Mine(pysock.socket):
        pass

    with (
        socket.create_connection(listener.getsockname()[:2]),
        mock.patch("pysock.socket", Mine),
    ):
        sock, _ = listener.accept()
    with sock:
        assert type(sock) is Mine


def test_replaced_has_ipv6_is_honoured():
    with mock.patch("pysock.has_ipv6", False):
        assert not pysock.has_dualstack_ipv6()
        with pytest.raises(ValueError, match="dualstack_ipv6"):
            pysock.create_server(("", 0), dualstack_ipv6=True, family=10)


AUDITED = """
    import sys, os
    name = sys.argv[1]
    module = __import__(name)
    import socket as standard
    events = []
    def hook(event, args):
        if event.startswith("socket."):
            shown = [a for a in args if not isinstance(a, standard.socket)]
            events.append((event, *map(repr, shown)))
    listener = module.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    sys.addaudithook(hook)
    def attempt(call, *args):
        try:
            return call(*args)
        except OSError:
            pass
    for timeout in (None, 5, 0):
        with module.socket() as sock:
            sock.settimeout(timeout)
            attempt(sock.connect, ("127.0.0.1", port))
            attempt(sock.connect_ex, ("127.0.0.1", port))
        attempt(sock.connect, ("127.0.0.1", port))
    with module.create_connection(("127.0.0.1", port)) as sock:
        listener.accept()[0].close()
    with module.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        attempt(sock.bind, ("192.0.2.77", 0))
    with module.socket(type=module.SOCK_DGRAM) as sock:
        sock.sendto(b"x", ("127.0.0.1", port))
        sock.sendmsg([b"x"], [], 0, ("127.0.0.1", port))
        sock.connect(("127.0.0.1", port))
    attempt(module.getaddrinfo, "127.0.0.1", port)
    attempt(module.getnameinfo, ("127.0.0.1", port), 3)
    module.gethostname()
    if sys.argv[2] == "names":
        with module.socket() as sock:
            sock.connect(("localhost", port))
    print(*events, sep="\\n")
    listener.close()
"""


def events_of(module, what):
    done = child.run(
        AUDITED.replace("port)", "int(port))"),
        module,
        what,
        env={"PYTHONWARNINGS": "ignore"},
    )
    lines = done.stdout.splitlines()
    # Ports are the kernel's choice.
    return [re.sub(r"\b\d{4,5}\b", "PORT", line) for line in lines]


def test_audit_events():
    ours, theirs = events_of("pysock", "plain"), events_of("socket", "plain")
    assert ours == theirs
    assert len(theirs) > 15


def test_audit_events_of_a_connect_by_name():
    ours = events_of("pysock", "names")
    assert ours == events_of("socket", "names")
    assert any("localhost" in event for event in ours)
