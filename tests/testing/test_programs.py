"""Managers in programs of every kind: unittest, asyncio, trio, gevent."""

import asyncio
import importlib.util
import re
import unittest
from pathlib import Path

import pytest

from pysock import errors, testing
from pysock.testing import failures
from support import child
from support.requirements import skip_or_fail

FILES = sorted(Path(failures.__path__[0]).glob("[!_]*.py"))


class WithUnittest(unittest.TestCase):
    def test_enter_context(self):
        address = self.enterContext(testing.refusing())
        with pytest.raises(ConnectionRefusedError):
            asyncio.run(asyncio.open_connection(*address))


def test_unittest():
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(WithUnittest).run(result)
    assert result.wasSuccessful(), result.errors
    assert result.testsRun == 1


def test_asyncio():
    async def read():
        with testing.half_answer(10) as address:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(10)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.05)
            writer.close()
            await writer.wait_closed()
        return head[:12], body

    assert asyncio.run(read()) == (b"HTTP/1.1 200", b"x" * 10)


@pytest.mark.foreign
def test_trio():
    if importlib.util.find_spec("trio") is None:
        skip_or_fail("trio is not installed (make test-foreign)")
    done = child.run("""
        import trio
        from pysock import testing

        async def main():
            with testing.resetting("body", 10) as address:
                stream = await trio.open_tcp_stream(*address)
                await stream.send_all(b"GET / HTTP/1.1\\r\\n\\r\\n")
                try:
                    while await stream.receive_some():
                        pass
                except trio.BrokenResourceError as error:
                    print(error.__cause__)

        trio.run(main)
        """)
    assert "Connection reset by peer" in done.stdout


@pytest.mark.foreign
def test_gevent():
    if importlib.util.find_spec("gevent") is None:
        skip_or_fail("gevent is not installed (make test-foreign)")
    done = child.run("""
        from gevent import monkey
        monkey.patch_all()
        import gevent, socket, time, os
        from pysock import testing

        def get(address):
            with socket.create_connection(address, 10) as sock:
                sock.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
                while sock.recv(65536):
                    pass

        steps = ["request", ("wait", 0.2), "answer", "close"]
        with testing.script(steps) as address:
            started = time.monotonic()
            # One that waits does not hold the others up.
            gevent.joinall([gevent.spawn(get, address) for _ in range(20)],
                           raise_error=True)
            print(time.monotonic() - started < 20 * 0.2)
        children = open(f"/proc/self/task/{os.getpid()}/children").read()
        print("children:", children.split())
        """)
    assert done.stdout == "True\nchildren: []\n"


def test_program_that_has_pysock_in_place_of_socket(failing):
    done = child.run(
        """
        import sys
        import pysock
        pysock.install()
        import socket
        from pysock import testing

        seen = []
        with testing.resetting() as address:
            with socket.create_connection(address, 5) as sock:
                sock.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
                try:
                    sock.recv(1)
                except ConnectionResetError as error:
                    print(pysock.details(error).code)
        """
    )
    assert done.stdout == "peer-reset-unanswered\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_a_failure_and_its_row_in_the_first_line(path):
    text = path.read_text()
    first, *rest = text.splitlines()
    assert len(rest) < 80
    assert f"def {path.stem}(" in text
    assert path.stem in testing.__all__
    named = re.match(r'"""Rows? ([^:]*): ', first)
    assert named, first
    rows = {failure.number for failure in errors.CATALOGUE}
    for number in re.findall(r"\d+[a-z]?", named[1]):
        assert number in rows


def test_every_manager_has_a_file():
    assert {path.stem for path in FILES} | {"network"} == set(testing.MANAGERS)
