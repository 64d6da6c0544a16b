"""`make peers` sees what is lost, and what it knows nothing of."""

import sys
import sysconfig

import pytest

from clients import peers
from clients.peer_suites import Suite

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(240)]

# pytest's `match` reads notes, so the others are lost under pysock.
_TESTS = """
import socket, pytest

def test_kept():
    pass

@pytest.mark.parametrize("name", ["foreseen", "other"])
def test_lost(name):
    with socket.socket() as sock, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError, match="refused$"):
            sock.connect(nobody.getsockname())
"""


@pytest.fixture
def outcome(monkeypatch, tmp_path, capsys):
    """Give the exit status and what is printed of a suite, and the page."""

    def outcome(tests, expected=(), options=()):
        version = sysconfig.get_python_version()
        tree = tmp_path / f"made-up-{version}/tree/made-up-1.2"
        tree.mkdir(parents=True)
        (tree / "test_it.py").write_text(tests)
        python = sys.executable
        monkeypatch.setattr(
            peers, "SUITES", {"made-up": Suite((), (), options)}
        )
        monkeypatch.setattr(peers, "EXPECTED", {"made-up": dict(expected)})
        monkeypatch.setattr(peers, "prepared", lambda *_: (python, tree))
        status = peers.compare("made-up", tmp_path)
        return status, capsys.readouterr().out, peers.page(tmp_path)

    return outcome


def test_a_loss(outcome):
    status, said, page = outcome(_TESTS, {"foreseen": "for a reason"})
    assert status == 1
    assert said.split()[:5] == ["made-up", "1.2", "3", "1", "2"]
    assert "test_it::test_lost[foreseen]: for a reason" in said
    assert "test_it::test_lost[other]: NOT EXPECTED" in said
    assert "| made-up | 1.2 | all | 3 | 1 | 2 |" in page
    assert "| made-up: `test_lost[foreseen]` | for a reason |" in page


def test_what_passes_nothing_is_not_known(outcome):
    status, said, page = outcome("def test_it():\n    assert False")
    assert status == 2
    assert "nothing known" in said
    assert "| made-up" not in page


def test_what_does_not_end_is_not_known(outcome, monkeypatch):
    monkeypatch.setattr(peers, "PATIENCE", 2)
    status, said, _ = outcome("import signal\nsignal.pause()")
    assert status == 2
    assert "nothing known" in said


def test_namesakes_in_files_outside_the_tree(outcome, tmp_path):
    # As `--pyargs` finds them. One is lost, its namesake is not.
    kept = tmp_path / "test_kept.py"
    kept.write_text("class Test:\n    def test_lost(self):\n        pass\n")
    lost = tmp_path / "test_lost.py"
    lost.write_text(
        "import sys\nclass Test:\n    def test_lost(self):\n"
        "        assert 'pysock' not in sys.modules\n"
    )
    options = ("--rootdir=.", str(kept), str(lost))
    status, said, _ = outcome("", options=options)
    assert status == 1
    assert said.split()[:5] == ["made-up", "1.2", "2", "1", "1"]
    assert f"{lost.name}::.Test::test_lost: NOT EXPECTED" in said
