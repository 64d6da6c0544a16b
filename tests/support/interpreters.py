"""Which of the Pythons that pysock supports this machine has.

As a script it prints one line for each: version, a tab, path. `.ci/run` reads
that, so it must run on any Python 3, also one too old for pysock.
"""

import os
import shutil
import subprocess
from pathlib import Path

SUPPORTED = ("3.11", "3.12", "3.13", "3.14", "3.15")

# A name on PATH proves nothing: a pyenv shim may answer "command not found",
# and Debian's python3 may come without venv. So ask it. A free-threaded build
# needs a wheel of its own, and is not what is looked for here.
_PROBE = """
import ensurepip, sys, sysconfig, venv
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    sys.exit("free-threaded")
print("%d.%d" % sys.version_info[:2], sys.executable)
"""


def find(version):
    """Return the path of a working interpreter, or None.

    PATH first, then pyenv's versions. The path is the interpreter's own idea
    of where it is, which is not the shim that may have started it.
    """
    for candidate in _candidates("python" + version):
        try:
            answer = subprocess.run(
                [str(candidate), "-I", "-c", _PROBE],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=30,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        found, _, path = answer.stdout.decode().strip().partition(" ")
        if answer.returncode == 0 and found == version:
            return path
    return None


def _candidates(name):
    # shutil.which stops at the first name, and that may be a dead shim.
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = shutil.which(name, path=folder)
        if path:
            yield path
    home = str(Path.home() / ".pyenv")
    for root in dict.fromkeys([os.environ.get("PYENV_ROOT") or home, home]):
        yield from sorted(Path(root).glob("versions/*/bin/" + name))


if __name__ == "__main__":
    for supported in SUPPORTED:
        executable = find(supported)
        if executable:
            print(supported, executable, sep="\t")
