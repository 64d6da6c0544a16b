"""What to do when the machine lacks something that a test needs."""

import os
from typing import NoReturn

import pytest


def skip_or_fail(reason: str) -> NoReturn:
    """End the running test: it cannot be run here.

    Args:
        reason: what is missing, in words that say how to get it.

    Raises:
        pytest.skip.Exception: on a developer's machine.
        pytest.fail.Exception: with ``PYSOCK_REQUIRE_ALL=1`` set, as where a
            release is decided: there a proof that was skipped must not look
            like one that passed.
    """
    if os.environ.get("PYSOCK_REQUIRE_ALL") == "1":
        pytest.fail(f"PYSOCK_REQUIRE_ALL=1, but {reason}", pytrace=False)
    pytest.skip(reason)
