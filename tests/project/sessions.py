"""The sessions at a shell that pages of docs/ show: run, and written again.

    PYTHONPATH=tests python -m project.sessions

A block ```console has lines that begin with `$ `, each with what it prints
below. The blocks of a page are one session: a bash in a copy of docs/tutorial,
in a network namespace of its own, so that its ports are free
and `doctor` sees nothing else.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
FILES = DOCS / "tutorial"
PAGES = [DOCS / "tutorial.md", DOCS / "commands.md"]
BLOCK = re.compile(r"(?<=```console\n)\$ .*?(?=```)", re.DOTALL)
MARK = "---8<---"
SECONDS = 240


def commands(block):
    """The commands of a block; one that ends in a backslash goes on."""
    lines, found = iter(block.splitlines()), []
    for line in lines:
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + next(lines)
            found.append(command)
    return found


def run(page):
    """Run a page's session. Gives the page with what was printed."""
    text = page.read_text("utf-8")
    said = iter(_session([commands(block) for block in BLOCK.findall(text)]))
    return BLOCK.sub(lambda match: next(said), text)


def printed(block):
    """Run one block by itself. Gives it with what was printed."""
    return _session([commands(block)])[0]


def _session(blocks):
    script = ["ip link set lo up"]
    for command in (command for block in blocks for command in block):
        script += [f"echo '{MARK}'", command]
    script.append(f"echo '{MARK}'; kill $(jobs -p)")
    said = iter(_printed("\n".join(script)).split(f"{MARK}\n")[1:-1])
    return [
        "".join(f"$ {command}\n{next(said)}" for command in block)
        for block in blocks
    ]


def _printed(script):
    interpreter = Path(sys.executable).parent
    environment = os.environ | {
        "COLUMNS": "100", "NO_COLOR": "1", "LANG": "C.UTF-8",
        "PATH": f"{interpreter}:{os.environ['PATH']}:/usr/sbin:/sbin",
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    environment.pop("PYTHONPATH", None)
    with tempfile.TemporaryDirectory() as above:
        folder = shutil.copytree(FILES, Path(above, FILES.name))
        # As a file: a command that looks for a process by its words must not
        # find this one.
        written = folder / ".session"
        written.write_text(script, encoding="utf-8")
        session = subprocess.Popen(
            ["unshare", "--net", "--kill-child", "--fork", "--pid",
             "--mount-proc", "bash", written.name],
            cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            said, _ = session.communicate(timeout=SECONDS)
        finally:
            if session.poll() is None:
                session.send_signal(signal.SIGKILL)
                session.wait()
    said = said.replace(f"{folder}/", "")
    return re.sub(r"[ \t]+$", "", said, flags=re.MULTILINE)


def shape(text):
    """A page without what differs from run to run."""
    text = re.sub(r"\d+(?:[.,]\d+)*", "N", text)
    text = re.sub(r"\bN (?:us|ms|s|min)\b", "N s", text)
    return re.sub(r"[ ]{2,}", " ", text)


if __name__ == "__main__":
    for written in PAGES:
        written.write_text(run(written), encoding="utf-8")
