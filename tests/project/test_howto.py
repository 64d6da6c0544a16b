"""The how-to pages: their examples run, and do what the page says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import pysock
from pysock import errors
from pysock.errors import CATALOGUE
from support import loopback

HOWTO = Path(__file__).resolve().parent.parent.parent / "docs" / "howto"
PAGES = sorted(HOWTO.glob("*.md"))
RETRY = (HOWTO / "retry.md").read_text(encoding="utf-8")
FENCE = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_run(page):
    for example in FENCE.findall(page.read_text(encoding="utf-8")):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", example],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_codes_exist(page):
    codes = {cause.code for row in CATALOGUE for cause in row.causes}
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", page.read_text()))
    verdicts = {"unacknowledged-after-fin"}
    assert named - verdicts <= codes


@pytest.fixture(scope="module")
def certainly_not_done():
    names = {}
    exec(FENCE.findall(RETRY)[-1], names)
    return names["certainly_not_done"]


def failure(call, *arguments):
    with pytest.raises(errors.SocketError) as info:
        call(*arguments)
    return info.value


def test_not_done_a_connect_that_failed(certainly_not_done, refusing_address):
    with pysock.socket(loopback.IPV6.number if ":" in refusing_address[0]
                       else loopback.IPV4.number) as sock:  # fmt: skip
        error = failure(sock.connect, refusing_address)
    assert certainly_not_done(error, 0)


def test_not_done_on_a_connection_that_was_closed(certainly_not_done, pair):
    client, server = pair
    client.send(b"first")
    server.recv_exactly(5)
    server.send(b"answer")
    assert client.recv_exactly(6)
    server.close()
    failure(client.recv_exactly, 1)
    client.send(b"second")  # nobody is there; its host answers with a RST
    loopback.wait_for_state(client, 7)
    error = failure(client.send, b"more")
    assert certainly_not_done(error, 5)


def test_not_done_on_a_connection_that_was_reset(certainly_not_done, pair):
    client, server = pair
    client.send(b"first")
    server.recv_exactly(5)
    loopback.reset(server)
    loopback.wait_for_state(client, 7)
    error = failure(client.send, b"second")
    assert certainly_not_done(error, 5)


def test_not_known_when_it_was_read(certainly_not_done, pair):
    client, server = pair
    client.send(b"request")
    server.recv_exactly(7)
    loopback.reset(server)
    loopback.wait_for_state(client, 7)
    assert not certainly_not_done(failure(client.recv, 1), 0)
    assert not certainly_not_done(ValueError("x"), 0)
