"""The suite as nohup and `&` in a script start it: with SIGINT ignored."""

import subprocess
import sys

from support import child


def test_child_can_be_interrupted():
    said = child.run("import signal; print(signal.getsignal(signal.SIGINT))")
    assert "default_int_handler" in said.stdout


def test_child_can_be_interrupted_in_the_background(request):
    me = f"{__file__}::{test_child_can_be_interrupted.__name__}"
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    done = subprocess.run(
        [*ignoring, sys.executable, "-m", "pytest", "-q", me],
        cwd=request.config.rootpath,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
