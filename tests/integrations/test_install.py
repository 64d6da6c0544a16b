"""install() and uninstall(), each in an interpreter of its own."""

import pytest

from support import child

BEFORE_AND_AFTER = """
    import asyncio, http.client, multiprocessing.connection, selectors, ssl
    import socket, sys, types

    def picture():
        return {
            (name, key): id(value)
            for name, module in list(sys.modules.items())
            if isinstance(module, types.ModuleType)
            and name.split(".")[0] != "pysock"
            for key, value in vars(module).items()
            if key not in ("__warningregistry__", "__builtins__")
        }
"""


@pytest.mark.parametrize("first", ["pysock", "socket"])
def test_order_of_imports(first):
    child.run(
        f"""
        import {first}
        import pysock
        standard = __import__("socket")
        pysock.install()
        import socket
        assert socket is pysock
        import http.client, urllib.request
        assert http.client.socket is pysock
        assert issubclass(socket.socket, standard.socket)
        assert isinstance(standard.socket(), standard.socket)
        """,
        env={"PYTHONWARNINGS": "ignore::ResourceWarning"},
    )


def test_modules_imported_before_are_turned():
    child.run(
        BEFORE_AND_AFTER
        + """
    from socket import create_connection, socket as plain
    hidden = [sys.modules["socket"]]
    import pysock
    pysock.install()
    assert sys.modules["socket"] is pysock
    assert socket is pysock
    assert plain is pysock.socket
    assert create_connection is pysock.create_connection
    assert http.client.socket is asyncio.base_events.socket is pysock
    # The standard module is itself still.
    assert hidden[0].socket is not pysock.socket
    assert hidden[0].create_connection.__globals__ is vars(hidden[0])
    """
    )


def test_uninstall_restores_everything():
    child.run(
        BEFORE_AND_AFTER
        + """
    import pysock
    before = picture()
    for _ in range(2):
        pysock.install()
        pysock.install()
        assert picture() != before
        pysock.uninstall()
        pysock.uninstall()
        after = picture()
        changed = [key for key in before if after.get(key) != before[key]]
        assert not changed, changed
        assert sys.modules["socket"] is socket is not pysock
    """
    )


def test_uninstall_leaves_alone_what_was_replaced_since():
    child.run(
        BEFORE_AND_AFTER
        + """
    import pysock
    pysock.install()
    mine = http.client.socket = object()
    pysock.uninstall()
    assert http.client.socket is mine
    """
    )


@pytest.mark.parametrize(
    "odd",
    [
        "None",
        "object()",
        "type('Named', (), {'__name__': 5})()",
        "__import__('unittest.mock').mock.MagicMock()",
        "type('Frozen', (types.ModuleType,), {'__setattr__': None})('f')",
        "type('Lazy', (), {'__getattr__': lambda s, n: 1 / 0})()",
    ],
)
def test_odd_things_in_sys_modules_are_passed_over(odd):
    child.run(
        f"""
        import sys, types, socket
        sys.modules["odd"] = {odd}
        import pysock
        pysock.install()
        assert sys.modules["socket"] is pysock
        pysock.uninstall()
        assert sys.modules["socket"] is socket
        """
    )


def test_a_frozen_module_that_holds_socket_is_passed_over():
    child.run(
        """
        import sys, types, socket

        class Frozen(types.ModuleType):
            def __setattr__(self, name, value):
                raise AttributeError(name)

        frozen = Frozen("frozen")
        vars(frozen)["socket"] = socket
        sys.modules["frozen"] = frozen
        import pysock, http.client
        pysock.install()
        assert http.client.socket is sys.modules["socket"] is pysock
        pysock.uninstall()
        assert http.client.socket is sys.modules["socket"] is socket
        """
    )


def test_tls_and_http_work_after_install():
    child.run(
        """
        import pysock
        pysock.install()
        import socket, ssl, threading, urllib.request
        from http.server import BaseHTTPRequestHandler, HTTPServer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"hello")
            def log_message(self, *args):
                pass

        with HTTPServer(("127.0.0.1", 0), Handler) as server:
            assert type(server.socket) is pysock.socket
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            url = f"http://127.0.0.1:{server.server_port}/"
            assert urllib.request.urlopen(url, timeout=10).read() == b"hello"
            thread.join()
        assert issubclass(ssl.SSLSocket, pysock.socket)
        """
    )
