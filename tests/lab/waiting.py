"""Wait for what can only be asked for, not waited for."""

import time


def until(holds, timeout=10, what="what was waited for"):
    """Ask again and again until something holds; fail if it never does."""
    deadline = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"no {what} within {timeout} s")
        time.sleep(0.001)
