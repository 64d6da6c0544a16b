"""The pages that show a session at a shell: it runs, and does as they say."""

import os

import pytest

from project import sessions
from support.requirements import skip_or_fail


@pytest.mark.slow
@pytest.mark.timeout(sessions.SECONDS + 30)
@pytest.mark.parametrize("page", sessions.PAGES, ids=lambda page: page.stem)
def test_session_prints_what_the_page_shows(page):
    """Of each command the first line is compared, without its numbers.

    What follows depends on the order in which ports and processes come.
    """
    if os.geteuid() != 0:
        skip_or_fail("a network namespace needs root")
    shown, seen = page.read_text("utf-8"), sessions.run(page)
    assert "Traceback" not in seen
    assert heads(seen) == heads(shown)


def heads(text):
    found = []
    for block in sessions.BLOCK.findall(text):
        for part in ("\n" + block).split("\n$ ")[1:]:
            command, _, said = part.partition("\n")
            found.append((command, sessions.shape(said.partition("\n")[0])))
    return found
