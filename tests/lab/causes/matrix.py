"""The confusion matrix, for pytest: cause made x code said."""

from collections import Counter

import pytest

_SAID = pytest.StashKey()


@pytest.fixture
def said(request):
    """Note which code was said of which cause."""
    counts = request.config.stash.setdefault(_SAID, Counter())

    def note(cause, made, code):
        made = made if isinstance(made, str) else " or ".join(made)
        counts[made, cause.near, code] += 1

    return note


def pytest_terminal_summary(terminalreporter, config):
    """Print the matrix, where it was asked for by -v."""
    counts = config.stash.get(_SAID, Counter())
    if not counts or config.get_verbosity() < 1:
        return
    terminalreporter.section("cause made x code said")
    for line in lines(counts):
        terminalreporter.write_line(line)


def lines(counts):
    """A line for each cause: how often which code was said of it.

    A near miss is made because it looks like another cause.
    """
    made = sorted({key[:2] for key in counts})
    width = max(len(name) for name, _ in made)
    for name, near in made:
        row = {
            code: count
            for (other, nearby, code), count in counts.items()
            if (other, nearby) == (name, near)
        }
        what = "near miss" if near else "itself"
        shown = ", ".join(f"{c} {n}" for c, n in sorted(row.items()))
        yield f"{name:{width}}  {what:9}  {shown}"
