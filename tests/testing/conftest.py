"""What several of these tests need."""

import pytest

import pysock


@pytest.fixture
def noted():
    """The noted face, while a test runs."""
    pysock.install()
    yield
    pysock.uninstall()
