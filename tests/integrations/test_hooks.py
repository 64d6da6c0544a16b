"""What a chain hides is told below the traceback, once."""

import pytest

from support import child

PARTS = """
    import logging, socket, sys, threading, pysock

    class LibraryError(Exception):
        pass

    def refused():
        with socket.socket() as bound, socket.socket() as sock:
            bound.bind(("127.0.0.1", 0))
            sock.connect(bound.getsockname())

    def hidden():
        try:
            refused()
        except OSError as error:
            saved = error
        raise LibraryError("it failed", saved) from None

    def chained():
        try:
            refused()
        except OSError as error:
            raise LibraryError("it failed") from error

    def unrelated():
        raise LibraryError("something else")

    def by_program(fail):
        sys.excepthook(*raised(fail))

    def by_thread(fail):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()

    def by_log(fail):
        raised(fail)
        try:
            fail()
        except LibraryError:
            logging.exception("here")

    def raised(fail):
        try:
            fail()
        except LibraryError:
            return sys.exc_info()

    pysock.install(hooks=sys.argv[3] == "hooks")
    globals()["by_" + sys.argv[1]](globals()[sys.argv[2]])
"""


def shown(where, fail, hooks="hooks"):
    return child.run(PARTS, where, fail, hooks).stderr


@pytest.mark.parametrize("where", ["program", "thread", "log"])
def test_what_the_chain_hides_is_told_once(where):
    said = shown(where, "hidden")
    assert said.count("code  connect-refused-reset") == 1
    assert said.rstrip().endswith("code  connect-refused-reset")


@pytest.mark.parametrize("where", ["program", "thread", "log"])
def test_what_the_chain_shows_is_not_told_again(where):
    assert shown(where, "chained").count("code  ") == 1


@pytest.mark.parametrize("where", ["program", "thread", "log"])
def test_without_a_failure_behind_it_nothing_is_told(where):
    assert "code  " not in shown(where, "unrelated")


@pytest.mark.parametrize("where", ["program", "thread", "log"])
def test_hooks_are_left_alone_unless_asked_for(where):
    assert "code  " not in shown(where, "hidden", "none")


def test_uninstall_leaves_the_hooks_as_they_were():
    child.run(
        """
        import logging, sys, threading, pysock
        def hooks():
            return (
                sys.excepthook, threading.excepthook,
                logging.Formatter.formatException,
            )
        before = hooks()
        pysock.install(hooks=True)
        pysock.install(hooks=True)
        assert not set(hooks()) & set(before)
        pysock.uninstall()
        assert hooks() == before
        """
    )


def test_notes_that_are_switched_off_stay_off():
    done = child.run(
        PARTS, "program", "hidden", "hooks", env={"PYSOCK_NOTES": "0"}
    )
    assert "code  " not in done.stderr
