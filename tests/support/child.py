"""Run a piece of Python in an interpreter of its own."""

import os
import subprocess
import sys
import textwrap


def run(script, *args, env=None, timeout=30, check=True, **options):
    """Run a script to its end.

    Args:
        script: Python source; it may be indented.
        *args: sys.argv[1:] of the script.
        env: variables beside those of this process.
        timeout: seconds.
        check: whether an exit status other than 0 fails the test.
        **options: of subprocess.run.

    Returns:
        the CompletedProcess, its output as text.
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, args)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
        timeout=timeout,
        **options,
    )
    if check:
        said = f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        assert done.returncode == 0, f"ended {done.returncode}\n{said}"
    return done
