"""Write docs/reach.md, and for each client what it was seen to say.

    PYTHONPATH=tests python -m clients.reach.page            # reach.md
    PYTHONPATH=tests python -m clients.reach.page seen       # reach/ as well

The table is made of `verdicts.py`, which the test holds to what is seen. What
a user sees is written by meeting every failure: it needs the packages of the
group `foreign`, and root.
"""

import platform
import sys
from importlib import metadata
from pathlib import Path

from clients.reach import seen
from clients.reach.failures import ROWS
from clients.reach.verdicts import CLIENTS, every_cell, expected

DOCS = Path(__file__).resolve().parents[3] / "docs"
COLUMNS = Path(__file__).with_name("columns")

# Client: the distributions whose words they are, beside itself.
DISTRIBUTIONS = {
    "async httpx": ("httpx", "httpcore", "anyio"),
    "httpx": ("httpx", "httpcore"),
    "redis-py": ("redis",),
    "redis.asyncio": ("redis",),
    "requests": ("requests", "urllib3"),
    "grpc": ("grpcio",),
    "psycopg": ("psycopg", "psycopg-binary"),
    "socket": (),
    "http.client": (),
    "asyncio streams": (),
}

_TABLE = """<!-- Made by tests/clients/reach/page.py. Edit that. -->

# Every failure in every client

Twelve failures, made by the kernel, met by {clients} clients. The script is
the same with and without pysock: plain, and under `python -m pysock run`. In
every cell the exceptions are those of the plain run, link by link, in class,
arguments, text and errno. What differs is what pysock adds:

- **explained**: `run` shows why, in the traceback or below it.
- **named**: nothing is shown by itself; `pysock.why(exception)`, or with
  `address=(host, port)`, says what happened.
- **nothing**: below the table stands why it cannot be told.

`tests/clients/reach/` holds the scripts and the test. Of {cells} cells
{explained} are explained, {named} named, {nothing} say nothing. A client's
name leads to what a user sees in each of its cells.

{table}

## What is not explained, and why

{reasons}

```{{toctree}}
:glob:
:hidden:

reach/*
```
"""

_CLIENT = """<!-- Made by tests/clients/reach/page.py. Edit that. -->

# {client}: what a user sees

The last lines of each program below, under `python -m pysock run`, as seen
with {versions}. Ports and times are of that run. All failures:
[the table](../reach.md).

```python
{code}
```

{cells}
"""


def table():
    """The text of docs/reach.md."""
    found = list(every_cell())
    return _TABLE.format(
        clients=len(CLIENTS),
        cells=len(found),
        table="\n".join(_rows()),
        reasons="\n".join(_reasons(found)),
        **{
            verdict: sum(cell.verdict == verdict for *_, cell in found)
            for verdict in ("explained", "named", "nothing")
        },
    )


def _rows():
    titles = " | ".join(ROWS.values())
    yield f"| | {titles} |"
    yield "|" + " --- |" * (len(ROWS) + 1)
    for client in CLIENTS:
        verdicts = (expected(client, row).verdict for row in ROWS)
        link = f"[{client}](reach/{file_name(client)})"
        yield f"| {link} | {' | '.join(verdicts)} |"


def _reasons(found):
    yield "| client | failure | verdict | why no more |"
    yield "| --- | --- | --- | --- |"
    for client, row, cell in found:
        if cell.verdict != "explained":
            verdict = said(cell.verdict, cell.codes)
            yield f"| {client} | {ROWS[row]} | {verdict} | {cell.reason} |"


def said(verdict, codes):
    """A verdict, with the codes that belong to it."""
    written = " or ".join(f"`{each}`" for each in codes)
    return f"{verdict} {written}".rstrip()


def file_name(client):
    return client.replace(" ", "-").replace(".", "-") + ".md"


def heading(row, verdict, code):
    """That of a cell, with the code that was seen or `None`."""
    return f"## {ROWS[row]}: {said(verdict, [code] if code else [])}"


def client_page(client):
    """The text of the page of one client, which meets every failure."""
    cells = []
    for row, (_, noted) in seen.look(client).items():
        assert seen.is_as_expected(client, row, noted), (client, row, noted)
        cells.append(
            f"{heading(row, *seen.verdict_of(noted))}\n\n"
            f"```text\n{seen.last_lines(noted)}\n```"
        )
    script = COLUMNS / f"{CLIENTS[client].file}.py"
    return _CLIENT.format(
        client=client,
        versions=_versions(client),
        # Without its docstring.
        code=script.read_text().partition('"""\n\n')[2].strip(),
        cells="\n\n".join(cells),
    )


def _versions(client):
    names = DISTRIBUTIONS.get(client, (client,))
    versions = [f"{name} {metadata.version(name)}" for name in names]
    return ", ".join([*versions, f"Python {platform.python_version()}"])


def main(*words):
    (DOCS / "reach.md").write_text(table())
    if not words:
        return
    (DOCS / "reach").mkdir(exist_ok=True)
    for client in words[1:] or CLIENTS:
        page = DOCS / "reach" / file_name(client)
        page.write_text(client_page(client))


if __name__ == "__main__":
    main(*sys.argv[1:])
