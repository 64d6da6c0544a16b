"""The same script with socket.socket and pysock.socket: the same results."""

import builtins
import gc
import os
import pickle
import re
import selectors
import socket
import warnings
import weakref

import pytest

import pysock
from support.failure_check import caught
from support.loopback import IPV4, listen, pair_of


def in_both(script):
    """Run a script with each module, and compare what it gives."""
    ours, theirs = script(pysock), script(socket)
    assert ours == theirs
    return ours


def exchange(one, other):
    one.sendall(b"abc")
    got = other.recv(2), other.recv(1, socket.MSG_PEEK), other.recv(10)
    other.send(b"xyz")
    return got, one.recv(10)


def test_unix_pair():
    def script(module):
        left, right = module.socketpair()
        with left, right:
            fds = [left.fileno()]
            socket.send_fds(left, [b"x"], fds)
            message, received, flags, name = socket.recv_fds(right, 1, 1)
            for fd in received:
                os.close(fd)
            return (
                exchange(left, right),
                left.family,
                left.type,
                left.getsockname(),
                left.getpeername(),
                (message, len(received), flags, name),
            )

    in_both(script)


class Index:
    def __index__(self):
        return 0


@pytest.mark.parametrize("flags", [Index(), True, -1, None, 1.0, "0", 1 << 40])
@pytest.mark.parametrize("name", ["send", "sendall", "sendto", "sendmsg"])
def test_flags_are_what_the_interpreter_takes(name, flags):
    def script(module):
        left, right = module.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        arguments = {
            "sendto": (b"x", flags, right.getsockname()),
            "sendmsg": ([b"x"], [], flags),
        }.get(name, (b"x", flags))
        with left, right:
            try:
                return getattr(left, name)(*arguments)
            except (OSError, OverflowError, TypeError) as error:
                plain = [
                    k
                    for k in type(error).__mro__
                    if k in vars(builtins).values()
                ]
                return plain[0], error.args

    in_both(script)


def test_unix_stream_by_path(tmp_path):
    def script(module):
        path = str(tmp_path / module.__name__)
        with module.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            with module.socket(socket.AF_UNIX) as client:
                client.connect(path)
                accepted, address = server.accept()
                with accepted:
                    assert type(accepted) is module.socket
                    return exchange(client, accepted), address

    in_both(script)


def test_unix_failures_are_the_standard_ones(tmp_path):
    def script(module):
        found = []
        with module.socket(socket.AF_UNIX) as sock:
            # A connect is typed for this family too; old `except` lines hold.
            error = caught(sock.connect, str(tmp_path / "nothing"))
            assert isinstance(error, FileNotFoundError)
            said = "[Errno 2] No such file or directory"
            found.append((error.args, str(error).startswith(said)))
            for call in (
                lambda: sock.recv(1),
                lambda: sock.bind("/no/such/folder/s"),
                lambda: sock.listen(-1) or sock.accept(),
                lambda: sock.getpeername(),
            ):
                error = caught(call)
                found.append((type(error), error.args, str(error)))
            found.append(sock.connect_ex(str(tmp_path / "nothing")))
        left, right = module.socketpair()
        with left, right:
            left.settimeout(0.01)
            error = caught(left.recv, 1)
            found.append((type(error), error.args, error.errno))
            left.setblocking(False)
            # pysock types this one for any family: it asks nothing first.
            error = caught(left.recv, 1)
            assert isinstance(error, BlockingIOError)
            found.append((error.args, error.errno))
            right.close()
            error = caught(left.send, b"x")
            found.append((type(error), error.args, error.errno))
        return found

    in_both(script)


def test_recv_exactly_of_unix_loses_nothing():
    left, right = pysock.socketpair()
    with left, right:
        right.settimeout(0.01)
        left.sendall(b"ab")
        error = caught(right.recv_exactly, 3)
        assert type(error) is TimeoutError
        assert error.partial == b"ab"


def test_udp(family):
    def script(module):
        with (
            module.socket(family.number, socket.SOCK_DGRAM) as one,
            module.socket(family.number, socket.SOCK_DGRAM) as two,
        ):
            one.bind((family.host, 0))
            two.bind((family.host, 0))
            sent = one.sendto(b"abc", two.getsockname())
            data, address = two.recvfrom(10)
            assert address == one.getsockname()
            two.connect(address)
            two.send(b"back")
            back = one.recv(10)
            one.close()
            two.send(b"to nobody")
            error = caught(two.recv, 1)
            return sent, data, back, type(error), error.args

    in_both(script)


def test_makefile(family):
    def script(module):
        with pair_of(module, family) as (client, server):
            with client.makefile("rw", newline="\n") as stream:
                server.sendall(b"one\ntwo\n")
                lines = stream.readline(), stream.readline()
                stream.write("back\n")
                stream.flush()
                client.close()
                assert client.fileno() != -1, "the file keeps it open"
            assert client.fileno() == -1
            return lines, server.recv(10)

    in_both(script)


def test_detach_dup_and_inheritance(family):
    def script(module):
        sock = module.socket(family.number)
        seen = [sock.get_inheritable()]
        sock.set_inheritable(True)
        seen.append(os.get_inheritable(sock.fileno()))
        with sock.dup() as twin:
            assert type(twin) is module.socket
            seen += [twin.get_inheritable(), twin.family, twin.type]
        fd = sock.detach()
        seen += [sock.fileno(), sock.detach(), sock._closed]
        with module.socket(fileno=fd) as again:
            seen += [again.family, again.type, again.proto]
        return seen

    in_both(script)


def test_timeouts_and_defaults(family):
    def script(module):
        seen = []
        module.setdefaulttimeout(3.5)
        try:
            with listen(module, family) as server:
                seen.append(server.gettimeout())
                with module.create_connection(
                    server.getsockname()[:2]
                ) as client:
                    accepted, _ = server.accept()
                    with accepted:
                        seen += [client.gettimeout(), accepted.gettimeout()]
                        seen.append(os.get_blocking(accepted.fileno()))
        finally:
            module.setdefaulttimeout(None)
        with listen(module, family) as server:
            for timeout in (5, 0, None):
                server.settimeout(timeout)
                with socket.create_connection(server.getsockname()[:2]):
                    accepted, _ = server.accept()
                    with accepted:
                        seen.append(accepted.gettimeout())
                        seen.append(os.get_blocking(accepted.fileno()))
        with module.socket() as sock:
            for bad in (-1, "1", float("nan"), float("inf"), 2**80):
                with pytest.raises(Exception) as info:  # noqa: PT011
                    sock.settimeout(bad)
                seen.append((info.type, str(info.value)))
        return seen

    in_both(script)


def test_repr_has_the_standard_form(family):
    def script(module):
        with pair_of(module, family) as (client, _):
            text = repr(client).replace(module.__name__ + ".", "")
        # Descriptors and ports are the kernel's choice.
        text = re.sub(r"fd=\d+|', \d+", "N", text)
        return text, repr(client).replace(module.__name__ + ".", "")

    in_both(script)


def test_weak_references_and_slots():
    sock = pysock.socket()
    reference = weakref.ref(sock)
    assert (
        not hasattr(sock, "__dict__")
        or not hasattr(socket.socket, "__dict__")
        or not vars(type(sock)).get("__dict__")
    )
    with pytest.raises(AttributeError):
        sock.anything = 1
    sock.close()
    del sock
    assert reference() is None


def test_subclass(family):
    class Mine(pysock.socket):
        def recv(self, *args):
            return super().recv(*args).upper()

    with listen(pysock, family) as server, Mine(family.number) as client:
        client.mark = 1
        client.connect(server.getsockname())
        accepted, _ = server.accept()
        with accepted:
            accepted.sendall(b"abc")
            assert client.recv(3) == b"ABC"
            with client.dup() as twin:
                assert type(twin) is Mine


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickling_is_refused(protocol):
    def script(module):
        with module.socket() as sock:
            with pytest.raises(TypeError) as info:
                pickle.dumps(sock, protocol)
            return str(info.value)

    said = in_both(script)
    assert protocol < 2 or "cannot pickle 'socket' object" in said


def test_context_manager_closes():
    def script(module):
        with module.socket() as sock:
            assert sock.__enter__() is sock
        return sock.fileno(), sock._closed

    in_both(script)


def test_resource_warning():
    def script(module):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            sock = module.socket()
            del sock
            gc.collect()
        return [
            (w.category, str(w.message).split(" fd=")[0].split(".")[-1])
            for w in found
        ]

    assert len(in_both(script)) == 1


def test_selectors(family):
    with (
        pair_of(pysock, family) as (client, server),
        selectors.DefaultSelector() as selector,
    ):
        selector.register(client, selectors.EVENT_READ, "mine")
        assert not selector.select(0)
        server.sendall(b"x")
        [(key, events)] = selector.select(5)
        assert (key.fileobj, key.data) == (client, "mine")
        assert events == selectors.EVENT_READ


def test_sendfile_passes_on_the_failure_of_the_file():
    """A file that fails is no failure of the connection."""

    class Failing:
        mode = "rb"

        def read(self, size):
            raise FileNotFoundError(2, "No such file", "the disk")

    def script(module):
        with pair_of(module, IPV4) as (client, _):
            error = caught(client.sendfile, Failing())
            return type(error), error.args, error.filename

    in_both(script)
