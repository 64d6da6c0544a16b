"""Clients and servers of others: under `pysock run` they do what they do.

The exceptions are those of a plain run, link by link; what pysock knows of
each is compared with what is expected of it.
"""

import contextlib

import pytest

from clients.meetings import SERVERS, SITUATIONS, comparable, meet
from clients.servers import SERVERS as STARTED

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(240)]


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """Give the address of a server by its name; each is started once."""
    with contextlib.ExitStack() as stack:
        started = {}

        def give(name):
            if name not in started:
                folder = tmp_path_factory.mktemp(name)
                for parent in [folder, *folder.parents[:2]]:
                    parent.chmod(0o755)
                address = stack.enter_context(STARTED[name](folder))
                started[name] = (address, folder)
            return started[name]

        yield give


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("client", SERVERS)
def test_client(client, situation, running):
    address, folder = running(SERVERS[client])
    plain = meet(client, address, situation, folder, noted=False)
    noted = meet(client, address, situation, folder, noted=True)
    assert comparable(plain) == comparable(noted)
    assert plain.get("code") is None
    if situation == "healthy":
        assert "result" in noted
    if situation == "refused":
        assert noted["code"] == "connect-refused-reset"
