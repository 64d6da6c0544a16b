"""CPython's suites of what is built on sockets, under the noted face.

Both sides at the same time, each in a process of its own: the suites bind no
fixed name or port.
"""

import importlib.util
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import suites

SUITES = [
    f"test.{name}"
    for name in (
        "test_asyncio.test_base_events",
        "test_asyncio.test_events",
        "test_asyncio.test_selector_events",
        "test_asyncio.test_server",
        "test_asyncio.test_sock_lowlevel",
        "test_asyncio.test_sslproto",
        "test_asyncio.test_streams",
        "test_ftplib",
        "test_httplib",
        "test_httpservers",
        "test_poplib",
        "test_smtplib",
        "test_socketserver",
        "test_ssl",
        "test_urllib2_localnet",
    )
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(4 * suites.KILL_AFTER),
]


@pytest.fixture(scope="module")
def reports(request, tmp_path_factory):
    """The report of the plain run, and that of the noted face."""
    suites.require("test.test_ssl")
    folder = tmp_path_factory.mktemp("suites")
    here = [name for name in SUITES if importlib.util.find_spec(name)]
    with ThreadPoolExecutor(2) as pool:
        plain, ours = pool.map(
            lambda face: suites.run(face, folder, here), ["plain", "noted"]
        )
    for note in suites.repeat_failures(plain, "noted", ours, folder, here):
        request.config.get_terminal_writer().line(f"\n{note}")
    return plain, ours


def test_each_test_ends_as_with_the_standard_module(reports):
    found = suites.differences(*reports)
    assert not found, "\n\n".join(
        f"{test_id}: {text}" for test_id, text in found.items()
    )
    assert len(reports[0]["tests"]) > 1000


def test_each_exception_is_the_standard_modules(reports):
    """Class, args, errno, text, repr, cause and context, call by call."""
    plain, noted = map(suites.forms, reports)
    assert len(plain) > 20
    for key in plain.keys() & noted.keys():
        assert plain[key] == noted[key], key
    # What only a race decides is at least what its class makes of its args.
    for key in plain.keys() ^ noted.keys():
        for told in plain.get(key) or noted.get(key):
            assert json.loads(told)["rebuilt"], told


def test_nothing_is_left_behind(reports):
    assert list(suites.left_behind(*reports)) == []
