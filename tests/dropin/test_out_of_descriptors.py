"""At the descriptor limit nothing can be loaded, and all is still said."""

import pytest

from support import child

TAKE_ALL = """
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    while True:
        try:
            os.dup(2)
        except OSError:
            break
"""
# Without the frames: their source lines cannot be read then, over which the
# standard library's own logging fails on 3.13, whatever the exception.
SCRIPT = """
    import os, resource, sys, traceback
    import pysock

    if sys.argv[1] == "server":
        listener = pysock.create_server(("127.0.0.1", 0))
    # 3.15 imports what it needs for the first traceback when it formats it,
    # and so fails here, whatever the exception: not if there was one before.
    traceback.format_exception_only(ValueError())
"""
SCRIPT += TAKE_ALL
SCRIPT += """
    try:
        pysock.socket()
    except OSError as error:
        print(*traceback.format_exception_only(error))
"""


def test_exception_is_shown():
    """What would explain it cannot be loaded; the exception is whole."""
    assert "DescriptorLimitError: [Errno 24]" in child.run(SCRIPT, "x").stdout


WHY = """
    import os, resource, socket, sys
    import pysock

    if sys.argv[1] == "noted":
        pysock.install()
        make = socket.socket
    else:
        make = pysock.socket
    sock = make()
"""
WHY += TAKE_ALL
WHY += """
    try:
        sock.connect(("127.0.0.1", 1))
    except OSError as error:
        os.write(1, str(pysock.why()).encode())
        assert pysock.why(error).code == "connect-refused-reset"
        assert pysock.why(ValueError()) is None
"""


@pytest.mark.parametrize("face", ["noted", "typed"])
def test_whoever_asks_why_is_told_what_can_be_told(face):
    said = child.run(WHY, face).stdout
    assert "refused" in said
    assert said.endswith("code  connect-refused-reset")


def test_who_listens_is_told_how_many_are_open():
    shown = child.run(SCRIPT, "server").stdout
    assert "64 of 64 descriptors are open now" in shown
