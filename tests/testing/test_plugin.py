"""The pytest plugin, in a pytest of its own, as a newcomer runs it."""

import subprocess
import sys
import textwrap

import pytest


@pytest.fixture
def run_tests(tmp_path):
    """Run pytest in a new folder on the text of one test file."""

    def run(text, *arguments):
        (tmp_path / "test_it.py").write_text(textwrap.dedent(text))
        done = subprocess.run(
            [
                sys.executable, "-m", "pytest", "-q", "-ra", "-p",
                "no:cacheprovider", "--strict-markers", *arguments,
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=50,
        )  # fmt: skip
        return done.stdout + done.stderr

    return run


def test_a_client_that_retries_after_a_stale_keepalive(run_tests):
    said = run_tests("""
        import requests
        from requests.adapters import HTTPAdapter, Retry

        def test_my_client_retries_after_a_stale_keepalive(failing):
            address = failing.stale_keepalive()
            with requests.Session() as client:
                client.mount("http://", HTTPAdapter(max_retries=Retry(2)))
                assert client.get(address.url).ok
                assert client.get(address.url).ok  # the kept one is dead

        def test_one_that_does_not(failing):
            address = failing.stale_keepalive()
            with requests.Session() as client:
                assert client.get(address.url).ok
                assert client.get(address.url).ok
        """)
    assert "1 failed, 1 passed" in said, said
    assert "Connection reset by peer" in said


def test_what_was_started_ends_with_the_test(run_tests):
    said = run_tests("""
        import socket

        kept = []

        def test_first(failing):
            kept.append(failing.script(["drain"]))
            with socket.create_connection(kept[0], 5):
                pass

        def test_second():
            try:
                socket.create_connection(kept[0], 5)
            except ConnectionRefusedError:
                pass
            else:
                raise AssertionError
        """)
    assert "2 passed" in said, said


def test_mark_runs_a_test_under_each_failure_of_a_phase(run_tests):
    said = run_tests(
        """
        import socket
        import pytest

        @pytest.mark.pysock_failures("connect")
        def test_connect(failing):
            with pytest.raises(OSError):
                socket.create_connection(failing.address, 0.1)

        @pytest.mark.pysock_failures("request", "answer")
        def test_read(failing):
            try:
                with socket.create_connection(failing.address, 0.2) as sock:
                    sock.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
                    while sock.recv(65536):
                        pass
            except OSError:
                pass
        """,
        "-vv",
    )
    assert "12 passed" in said, said
    assert "test_connect[full-queue] PASSED" in said
    assert "test_read[half-answer] PASSED" in said


def test_mark_of_a_phase_that_does_not_exist(run_tests):
    said = run_tests("""
        import pytest

        @pytest.mark.pysock_failures("lunch")
        def test_it(failing):
            pass
        """)
    assert "no phase 'lunch'; there are connect" in said, said


def test_mark_without_the_fixture(run_tests):
    said = run_tests("""
        import pytest

        @pytest.mark.pysock_failures("connect")
        def test_it():
            pass
        """)
    assert "takes the fixture `failing`" in said, said


def test_method_that_does_not_exist(failing):
    with pytest.raises(AttributeError, match="no manager 'flying'"):
        failing.flying()


def test_methods_are_listed(failing):
    assert {"refusing", "proxy", "tls"} <= set(dir(failing))


def test_unavailable_is_a_skip_with_the_reason(run_tests):
    said = run_tests("""
        import sys

        def test_it(failing, monkeypatch):
            monkeypatch.setitem(sys.modules, "trustme", None)
            failing.tls()
            raise AssertionError
        """)
    assert "1 skipped" in said, said
    assert "pip install 'pysock-tcp[testing]'" in said


def test_a_client_that_cannot_be_started_there_is_a_skip(run_tests):
    said = run_tests("""
        import pytest
        from pysock import testing

        def refuse(*args):
            raise testing.Unavailable("this takes root")

        def test_it(failing, monkeypatch):
            monkeypatch.setattr(testing, "run_in", refuse)
            failing.run_in(failing.refusing(), int)
            raise AssertionError
        """)
    assert "1 skipped" in said, said
    assert "this takes root" in said


def test_pysock_is_not_imported_by_a_run_that_does_not_use_it(run_tests):
    said = run_tests("""
        import sys

        def test_it():
            loaded = [n for n in sys.modules if n.split(".")[0] == "pysock"]
            assert loaded == []
            assert "pysock_pytest" in sys.modules
        """)
    assert "1 passed" in said, said


def test_several_workers_at_once(run_tests):
    said = run_tests(
        """
        import urllib.request
        import pytest

        @pytest.mark.parametrize("number", range(12))
        def test_it(failing, number):
            with pytest.raises(OSError):
                urllib.request.urlopen(failing.resetting().url, timeout=5)
        """,
        "-n", "3",
    )  # fmt: skip
    assert "12 passed" in said, said
