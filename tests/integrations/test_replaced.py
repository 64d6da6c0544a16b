"""Where others put a class of theirs in place of the standard one.

In any order with install(): what worked before works, and what is a class
with a socket's methods is noted as well. The typed face stays itself.
"""

import importlib.util

import pytest

from support import child
from support.requirements import skip_or_fail

PATCHES = {
    "gevent": "from gevent import monkey; monkey.patch_all()",
    "eventlet": "import eventlet; eventlet.monkey_patch()",
    "socks": "import socks, socket; socket.socket = socks.socksocket",
    "subclass": """
class Mine(socket.socket):
    def connect(self, address):
        return super().connect(address)
socket.socket = Mine
""",
    "factory": """
import functools
original = socket.socket
socket.socket = functools.partial(original)
""",
    "own methods": """
class Mine:
    def __init__(self, *args, **kwargs):
        self._sock = original(*args, **kwargs)
    def __getattr__(self, name):
        return getattr(self._sock, name)
    def __enter__(self): return self
    def __exit__(self, *_): self._sock.close()
    def connect(self, address): return self._sock.connect(address)
    def recv(self, *args): return self._sock.recv(*args)
    def send(self, *args): return self._sock.send(*args)
original = socket.socket
socket.socket = Mine
""",
}  # fmt: skip

# Exchanges something, then fails; prints what a user would see.
USE = """
import threading

def use():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve():
            accepted, _ = listener.accept()
            with accepted:
                accepted.sendall(accepted.recv(10).upper())

        thread = threading.Thread(target=serve)
        thread.start()
        with socket.create_connection(listener.getsockname()) as client:
            client.settimeout(20)
            client.sendall(b"hello")
            assert client.recv(10) == b"HELLO"
            assert client.recv(10) == b""
        thread.join()
        address = listener.getsockname()
    found = []
    with socket.socket() as sock, socket.socket() as late:
        for call in (
            lambda: sock.connect(address),
            lambda: socket.create_connection(address),
            lambda: late.settimeout(0.05) or late.bind(("127.0.0.1", 0))
                or late.listen() or late.accept(),
            lambda: socket.getaddrinfo("nowhere.invalid", 80),
        ):
            try:
                call()
            except OSError as error:
                found.append((type(error), error.args))
                noted.append(hasattr(error, "__notes__"))
    return found

noted = []
"""


def script(patch, when):
    lines = {"before": [], "after": [], "never": []}
    install = "import pysock; pysock.install()"
    lines["before"] = [install, PATCHES[patch]]
    lines["after"] = [PATCHES[patch], install]
    lines["never"] = [PATCHES[patch]]
    return "\n".join(["import socket", *lines[when], USE])


def require(package):
    if importlib.util.find_spec(package) is None:
        skip_or_fail(f"the package {package} is not installed")


def patches(*more):
    """Give the patches; those of packages are marked."""
    for patch in [*PATCHES, *more]:
        foreign = patch in ("gevent", "eventlet", "socks")
        yield pytest.param(
            patch, marks=[pytest.mark.foreign] if foreign else []
        )


QUIET = {"PYTHONWARNINGS": "ignore"}


@pytest.mark.parametrize("patch", list(patches()))
def test_everything_works_and_is_noted(patch):
    if patch in ("gevent", "eventlet", "socks"):
        require(patch)
    plain = child.run(script(patch, "never") + "print(use())", env=QUIET)
    for when in ("before", "after"):
        done = child.run(
            script(patch, when) + "print(use()); print(*noted)", env=QUIET
        )
        found, noted = done.stdout.splitlines()
        assert found == plain.stdout.strip()
        assert noted == "True True True True", when


@pytest.mark.parametrize("patch", list(patches()))
def test_a_script_that_patches_under_run(patch, tmp_path):
    if patch in ("gevent", "eventlet", "socks"):
        require(patch)
    program = tmp_path / "program.py"
    program.write_text(script(patch, "never") + "use(); print(*noted)")
    done = child.run(
        """
    import subprocess, sys
    sys.exit(subprocess.run(
        [sys.executable, "-m", "pysock", "run", sys.argv[1]]
    ).returncode)
    """,
        program,
        env=QUIET,
    )
    assert (done.stdout, done.stderr) == ("True True True True\n", "")


TYPED = """
import pysock

def typed():
    import _socket
    assert pysock.socket.__mro__[-2] is _socket.socket
    with pysock.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        address = listener.getsockname()
        with pysock.create_connection(address, timeout=10) as client:
            accepted, _ = listener.accept()
            with accepted:
                assert type(client) is type(accepted) is pysock.socket
                accepted.sendall(b"hello")
                assert client.recv_exactly(5) == b"hello"
                assert client.gettimeout() == 10
    left, right = pysock.socketpair()
    left.close(); right.close()
    assert pysock.getaddrinfo("127.0.0.1", 80)
    for call in (
        lambda: pysock.create_connection(address, timeout=10),
        lambda: pysock.getaddrinfo("nowhere.invalid", 80),
    ):
        try:
            call()
        except pysock.errors.SocketError as error:
            pass
        else:
            raise AssertionError("no typed failure")

typed()
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("patch", list(patches("mock")))
def test_the_typed_face_is_built_on_the_interpreters_own(patch, when):
    if patch in ("gevent", "eventlet", "socks"):
        require(patch)
    parts = [
        PATCHES.get(patch)
        or "from unittest import mock; mock.patch('socket.socket').start()",
        "import pysock",
    ]
    if when == "after":
        parts.reverse()
    child.run("\n".join(["import socket", *parts, TYPED]), env=QUIET)


def test_a_class_that_answers_no_questions_works():
    child.run(
        """
    import socket, pysock

    class Closed:
        def __init__(self, *args):
            self.inner = original(*args)
        def __getattr__(self, name):
            raise RuntimeError(name)
        def connect(self, address): return self.inner.connect(address)
        def recv(self, size): return self.inner.recv(size)
        def send(self, data): return self.inner.send(data)
        def shutdown(self, how): return self.inner.shutdown(how)

    original, socket.socket = socket.socket, Closed
    pysock.install()
    listener = original()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    sock = Closed()
    sock.connect(listener.getsockname())
    assert sock.send(b"x") == 1
    sock.shutdown(socket.SHUT_WR)
    try:
        sock.send(b"x")
    except BrokenPipeError as error:
        assert pysock.details(error).code == "write-after-shutdown"
    """,
        env=QUIET,
    )


def test_mock_patch_holds_while_installed():
    child.run(
        """
    import socket, pysock
    from unittest import mock
    pysock.install()
    with mock.patch("socket.socket", autospec=True) as fake:
        fake.return_value.recv.return_value = b"mine"
        assert socket.socket().recv(5) == b"mine"
        socket.create_connection(("127.0.0.1", 1))
        assert fake.return_value.connect.called
    with mock.patch.object(socket.socket, "recv", return_value=b"x"):
        assert socket.socket().recv(1) == b"x"
    assert hasattr(socket.socket.recv, "__wrapped__")
    """,
        env=QUIET,
    )


@pytest.mark.foreign
@pytest.mark.parametrize("first", ["pysock", "pytest_socket"])
def test_pytest_socket_blocks_ours_too(first):
    require("pytest_socket")
    second = {"pysock", "pytest_socket"} - {first}
    child.run(
        f"""
    import socket, {first}, {second.pop()}
    pytest_socket.disable_socket(allow_unix_socket=True)
    for make in (
        pysock.socket, socket.socket,
        lambda: pysock.create_connection(("127.0.0.1", 1)),
    ):
        try:
            make()
        except pytest_socket.SocketBlockedError:
            continue
        raise AssertionError("not blocked")
    pysock.socket(socket.AF_UNIX).close()
    pytest_socket.enable_socket()
    pysock.socket().close()
    pysock.install()
    pytest_socket.disable_socket()
    try:
        socket.socket()
    except pytest_socket.SocketBlockedError:
        pass
    """
    )


@pytest.mark.foreign
@pytest.mark.parametrize("library", ["httpretty", "mocket"])
def test_libraries_that_fake_http(library):
    require(library)
    uses = {
        "httpretty": """
    import httpretty, urllib.request
    @httpretty.activate(allow_net_connect=False)
    def test():
        httpretty.register_uri(
            httpretty.GET, "http://example.invalid/", body="fake"
        )
        return urllib.request.urlopen("http://example.invalid/").read()
    """,
        "mocket": """
    import urllib.request
    from mocket import mocketize
    from mocket.mockhttp import Entry
    @mocketize
    def test():
        Entry.single_register(
            Entry.GET, "http://example.invalid/", body="fake"
        )
        return urllib.request.urlopen("http://example.invalid/").read()
    """,
    }
    for first in ("", "    import pysock; pysock.install()\n"):
        for last in ("", "    import pysock; pysock.install()\n"):
            child.run(
                f"{first}{uses[library]}\n{last}"
                "    assert test() == b'fake'\n",
                env=QUIET,
            )


@pytest.mark.foreign
def test_trio_takes_a_socket_of_the_noted_face():
    require("trio")
    child.run(
        """
    import socket, pysock
    pysock.install()
    import trio
    async def main():
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            sock = trio.socket.from_stdlib_socket(socket.socket())
            with sock:
                try:
                    await sock.connect(bound.getsockname())
                except ConnectionRefusedError:
                    pass
    trio.run(main)
    """
    )
