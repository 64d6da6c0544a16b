"""Write docs/clients.md: what each client says, and what pysock adds.

    PYTHONPATH=tests python -m clients.document > docs/clients.md

It starts the servers of servers.py, so it needs their packages.
"""

import contextlib
import tempfile
from pathlib import Path

from clients.meetings import SERVERS, SITUATIONS, meet
from clients.servers import SERVERS as STARTED

HEAD = """<!-- Made by tests/clients/document.py. Edit that. -->

# Other people's clients under `pysock run`

Each client talks to a real server on loopback, through a proxy that refuses,
resets, falls silent or closes between two requests. Under `python -m pysock
run` every exception has the class, text and errno of a plain run, link by
link (`tests/clients/test_clients.py` compares them); what is added is the
explanation. "In the traceback" means that the note is shown there; where the
library hides the chain, `pysock run` and `pysock.why()` tell it all the same.
"Nothing" is a cell in which the library connects again by itself, or keeps no
trace of the socket that failed.

{table}
"""


def lines():
    with contextlib.ExitStack() as stack:
        started = {}
        for client, server in SERVERS.items():
            if server not in started:
                temporary = tempfile.TemporaryDirectory()
                folder = Path(stack.enter_context(temporary))
                folder.chmod(0o755)
                address = stack.enter_context(STARTED[server](folder))
                started[server] = (address, folder)
            for situation in SITUATIONS:
                if situation != "healthy":
                    found = meet(
                        client, *started[server][:1], situation,
                        started[server][1], noted=True,
                    )  # fmt: skip
                    yield _line(client, situation, found)


def _line(client, situation, found):
    if "result" in found:
        return (
            f"| {client} | {situation} | nothing: it connects again | - | - |"
        )
    kind, text, _ = found["classes"][0]
    raised = f"`{kind.removeprefix('builtins.')}`"
    if text:
        first = text.splitlines()[0]
        raised += f" {first[:60]}{'...' if len(first) > 60 else ''}"
    if found["code"] is None:
        said, where = "nothing", "-"
    else:
        said = f"`{found['code']}`"
        where = "in the traceback" if found["noted"] else "`why()`, `run`"
    return f"| {client} | {situation} | {raised} | {said} | {where} |"


if __name__ == "__main__":
    titles = "client | what happened | what it raises | code | where"
    table = [f"| {titles} |", "|" + " --- |" * 5, *lines()]
    print(HEAD.format(table="\n".join(table)), end="")
