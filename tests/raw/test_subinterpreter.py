"""A subinterpreter: pysock works there, or is refused in one sentence."""

import sys

import pytest

from support import child

# The module had another name before 3.13, and `create` other arguments.
IN_ANOTHER = """
import sys, _thread
try:
    import _interpreters
    name = _interpreters.create(sys.argv[1])
except ImportError:
    import _xxsubinterpreters as _interpreters
    name = _interpreters.create(isolated=sys.argv[1] == "isolated")
problem = _interpreters.run_string(name, '''if True:
    try:
        import pysock
    except ImportError as error:
        print(type(error).__name__, error)
    else:
        with pysock.create_server(("127.0.0.1", 0)) as listener:
            print(listener.tcp_state())
''')
print(problem)
_interpreters.destroy(name)
"""


def said_in(kind):
    return child.run(IN_ANOTHER, kind).stdout


@pytest.mark.skipif(
    sys.version_info < (3, 12), reason="3.11 takes every module in every one"
)
def test_isolated_one_gets_one_clear_import_error():
    said = said_in("isolated")
    assert said.startswith(
        "ImportError pysock cannot be used in an isolated subinterpreter: cffi"
    )
    assert said.endswith("None\n")


def test_one_that_shares_the_gil_works():
    assert said_in("legacy") == "LISTEN\nNone\n"
