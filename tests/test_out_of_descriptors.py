"""At the descriptor limit nothing can be loaded, and all is still said."""

import child

SCRIPT = """
    import logging, os, resource, sys
    import pysock

    if sys.argv[1] == "server":
        listener = pysock.create_server(("127.0.0.1", 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    while True:
        try:
            os.dup(2)
        except OSError:
            break
    try:
        pysock.socket()
    except OSError as error:
        logging.error("no socket", exc_info=error)
        raise
"""


def shown(role):
    done = child.run(SCRIPT, role, check=False)
    assert done.returncode == 1, done.stderr
    assert "Logging error" not in done.stderr
    assert done.stderr.count("DescriptorLimitError: [Errno 24]") == 2
    return done.stderr


def test_exception_is_logged_and_shown():
    """The catalogue's modules could not be loaded; the exception is whole."""
    assert "lost sys.stderr" not in shown("client")


def test_who_listens_is_told_how_many_are_open():
    assert "64 of 64 descriptors are open now" in shown("server")
