"""Where ``test_socket`` may end otherwise with pysock than without it.

The aim is an empty list. A difference belongs here only if pysock does, on
purpose and documented, what the test forbids; anything else is a defect.

The comparison in ``tests/cpython/test_socket_suite.py`` fails on a difference
that is not listed, and on an entry that no longer differs. What is true of
some interpreters only goes under an ``if sys.version_info ...`` of its own.
"""

# Test id, as "test.test_socket.GeneralModuleTests.test_name" -> the reason,
# in one sentence, for somebody who sees the test fail and wonders.
EXPECTED_DIFFERENCES: dict[str, str] = {}
