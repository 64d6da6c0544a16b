"""gRPC has a TCP of its own, in C: what is known stands in its text."""

import importlib.util

import pytest

from support import child
from support.requirements import skip_or_fail

pytestmark = pytest.mark.foreign

# In a process of its own: it leaves threads and descriptors behind.
CALL = """
    import sys
    import grpc
    import pysock

    host, port = sys.argv[1:]
    with grpc.insecure_channel(f"{host}:{port}") as channel:
        try:
            channel.unary_unary("/service/method")(b"", timeout=10)
        except grpc.RpcError as error:
            told = pysock.why(error)
            print(error.code().name, told and told.code)
"""

# It gives no code where it says no more than "Socket closed".
CASES = {
    "refusing": ((), ("connect-refused",)),
    "resetting": (("request",), ("connect-reset",)),
    "closing": (("request",), ("None",)),
    "unresolvable_name": (
        (),
        ("name-not-found", "name-no-answer", "name-server-failed"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_code_of_a_call_that_fails(failing, name):
    if importlib.util.find_spec("grpc") is None:
        skip_or_fail("grpcio is not installed (make test-foreign)")
    arguments, codes = CASES[name]
    address = getattr(failing, name)(*arguments)
    status, code = child.run(CALL, *address).stdout.split()
    assert status == "UNAVAILABLE"
    assert code in codes
