"""The pytest plugin of pysock: the fixture `failing`.

pytest imports it wherever pysock is installed. So it imports nothing of
pysock, which is there only for the tests that use the fixture or the mark.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.testing.failing import Failing


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        "pysock_failures(*phases): run the test, which uses the fixture "
        "`failing`, under each failure of these phases (connect, "
        "limits, tls, request, answer, write, reuse; none given: all), at "
        "failing.address",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each failure of the mark."""
    mark = metafunc.definition.get_closest_marker("pysock_failures")
    if mark is None:
        return
    if "failing" not in metafunc.fixturenames:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: a test with the mark "
            "pysock_failures takes the fixture `failing`"
        )
    from pysock.testing.phases import failures

    metafunc.parametrize(
        "failing",
        [pytest.param(each, id=each.name) for each in failures(mark.args)],
        indirect=True,
    )


@pytest.fixture
def failing(request: pytest.FixtureRequest) -> Iterator[Failing]:
    """Failures of TCP, made for real: a method for each of pysock.testing.

    ``address = failing.refusing()`` gives where to meet it; it ends with
    the test. Where this machine cannot, the test is skipped, with the reason.
    """
    from pysock.testing.failing import Failing

    failure = getattr(request, "param", None)
    with Failing(failure, skip=pytest.skip) as managers:
        yield managers
