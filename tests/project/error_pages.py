"""docs/errors/: a page for each code, and the texts that lead to them.

    PYTHONPATH=tests python -m project.error_pages

Made from the catalogue, the lab's causes and `testing/searched.py`; nothing
is run for it, the tests of those are what makes the pages true.
"""

import os
import re
from pathlib import Path

from lab.causes.every import CANNOT_TELL, EVERY, ONLY_TYPED
from lab.causes.evidence import EVIDENCE
from project import kept_connections
from project.wires import drawn
from pysock import errors
from pysock.errors import CATALOGUE
from pysock.errors.errno_names import errno_name
from testing.searched import SEARCHED

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "errors"
# Rows of a timeout that the caller set, and the text of them all.
LATE, TIMED_OUT = ("deadline",), "timed out"
# What getaddrinfo says, in glibc's words (the last two: musl's), and the codes
# that it can get.
RESOLVER = {
    "[Errno -2] Name or service not known": ("name-not-found",),
    "[Errno -3] Temporary failure in name resolution": (
        "name-no-answer",
        "name-server-failed",
    ),
    "[Errno -4] Non-recoverable failure in name resolution": (
        "name-server-failed",
    ),
    "[Errno -5] No address associated with hostname": ("name-not-found",),
    "[Errno -8] Servname not supported for ai_socktype": ("name-invalid",),
    "[Errno -2] Name does not resolve": ("name-not-found",),
    "[Errno -8] Unrecognized service": ("name-invalid",),
}
MADE = "<!-- Made by tests/project/error_pages.py (`make docs`). -->"


# Rows that can have a code of another row's, by the origin (errors/codes.py).
ALSO_IN = {"connect-no-route": "5", "connect-invalid": "6"}


def causes():
    """Give each code's cause, and the rows that have it."""
    found = {}
    for row in CATALOGUE:
        for cause in row.causes:
            found.setdefault(cause.code, (cause, []))[1].append(row)
    for code, number in ALSO_IN.items():
        found[code][1].extend(r for r in CATALOGUE if r.number == number)
    return found


def errnos(row, code):
    """Those errnos of a row that a code has; none for a caller's timeout."""
    if row.origins == LATE:
        return ()
    if row.error is errors.UnixConnectError:
        made = ((n, row.error(n, os.strerror(n)).code) for n in row.errnos)
        return tuple(number for number, given in made if given == code)
    return row.errnos


def pages():
    """Give the text of every page, by file name."""
    every = causes()
    made = {f"{code}.md": page(code, every) for code in every}
    return {**made, "index.md": index(every), "tree.md": tree()}


def page(code, every):
    cause, rows = every[code]
    parts = [
        MADE, f"# {code}", sentence(cause.meaning),
        *seen(code, rows), *libraries(code), *on_the_wire(code),
        "## What to do", advice(cause), *kept_connections.section(code),
        "## How pysock tells", sentence(EVIDENCE[code]),
        *unsure(code), *look_alikes(code, every),
        *make_it_happen(code),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def sentence(text):
    return f"{text[0].upper()}{text[1:]}."


def seen(code, rows):
    yield "## What you see"
    kinds = {row.error.__name__: row for row in rows}
    for name, row in kinds.items():
        also = ", ".join(f"`{also}`" for also in row.also)
        calls = ", ".join(f"`{call}`" for call in row.calls)
        yield (
            f"`{name}`"
            + (f", which is a {also} as well" if also else "")
            + f". From: {calls if row.calls != ('any',) else 'any call'}."
        )
    texts = [TIMED_OUT for row in rows if row.origins == LATE]
    texts += [errno_text(n) for row in rows for n in errnos(row, code)]
    texts += [text for text, codes in RESOLVER.items() if code in codes]
    if texts:
        yield "\n".join(f"    {text}" for text in dict.fromkeys(texts))
    links = dict.fromkeys(f"[row {r.number}]({anchor(r)})" for r in rows)
    yield f"In [the catalogue](../failures.md): {', '.join(links)}."


def errno_text(number):
    return f"[Errno {number}] {os.strerror(number)} ({errno_name(number)})"


def anchor(row):
    """Where failures.md has a row; its heading is the first of its number."""
    first = next(r for r in CATALOGUE if r.number == row.number)
    title = f"{row.number}. {first.situation}".lower()
    return "../failures.md#" + re.sub(r"[^\w\- ]", "", title).replace(" ", "-")


def libraries(code):
    rows = [row for row in SEARCHED if code in row.codes]
    if rows:
        yield "In the words of libraries:"
        yield "\n".join(
            ["| library | text |", "| --- | --- |"]
            + [f"| {row.library} | `{row.text}` |" for row in rows]
        )


def on_the_wire(code):
    drawing = drawn(code)
    if drawing is not None:
        yield "## On the wire"
        yield f"```text\n{drawing}\n```"


def advice(cause):
    if cause.look is None:
        return "There is no advice that holds in every case."
    return sentence(
        cause.look.format(host="HOST", port="PORT", address="HOST:PORT")
    )


def unsure(code):
    if code in CANNOT_TELL:
        others = ", ".join(link(other) for other in CANNOT_TELL[code])
        yield f"The evidence does not decide. It may be {others}."


def link(code):
    return f"[{code}]({code}.md)"


def look_alikes(code, every):
    """Codes that a program could see with the same errno in the same call."""
    _, rows = every[code]
    others = {
        other: cause
        for other, (cause, others) in every.items()
        if other != code
        and any(
            alike(texts_of(row, code), texts_of(near, other))
            for row in rows
            for near in others
        )
    }
    if others:
        yield "## Look-alikes"
        yield "\n".join(
            ["| code | what it means | what tells it |", "| --- | --- | --- |"]
            + [
                f"| {link(other)} | {cause.meaning} | {EVIDENCE[other]} |"
                for other, cause in others.items()
            ]
        )


def texts_of(row, code):
    """What a program sees of a row: the calls, and the text of each failure.

    Without either, the class stands for the text.
    """
    seen = {errno_text(number) for number in errnos(row, code)}
    if row.origins == LATE:
        seen.add(TIMED_OUT)
    return set(row.calls), seen or {row.error.__name__}


def alike(one, other):
    return all(mine & yours for mine, yours in zip(one, other, strict=True))


def make_it_happen(code):
    yield "## Make it happen"
    names = [c.name for c in (*EVERY, *ONLY_TYPED) if code in codes_of(c)]
    managers = dict.fromkeys(r.manager for r in SEARCHED if code in r.codes)
    if managers:
        yield "In a test of yours, with [pysock.testing](../testing.md):"
        yield "\n".join(f"    {called(manager)}" for manager in managers)
    if names:
        yield (
            "The lab of the source makes it, as root, by: "
            + "; ".join(dict.fromkeys(names))
            + ". `pytest tests/lab/test_causes.py` runs all of them."
        )
    yield f"`pysock errors {code}` says offline what it means."


def codes_of(cause):
    for version in cause.versions:
        code = cause.of(version, "code")
        yield from (code,) if isinstance(code, str) else code


def called(manager):
    name, *arguments = manager
    if name == "tls":
        return f"tls({', '.join(f'{each}=True' for each in arguments)})"
    return f"{name}({', '.join(map(repr, arguments))})"


def index(every):
    texts = {}
    for row in SEARCHED:
        found = texts.setdefault((row.text, row.library), {})
        found.update(dict.fromkeys(row.codes))
    kernels = {}
    for code, (_, rows) in every.items():
        for row in rows:
            for number in errnos(row, code):
                kernels.setdefault(number, {})[code] = None
    late = [
        code
        for code, (_, rows) in every.items()
        if any(row.origins == LATE for row in rows)
    ]
    parts = [
        MADE,
        "# What does this error mean?",
        "Find the text that you have. One text can have several causes: "
        "pysock says which one it is, as the `code` in its note. [The "
        "exceptions as a tree](tree.md).",
        "## In the words of libraries",
        "Each was made for real, by a cause that is named here. The text "
        "alone does not say that it is the only one.",
        "\n".join(
            ["| text | library | page |", "| --- | --- | --- |"]
            + [
                f"| `{text}` | {library} | {', '.join(map(link, codes))} |"
                for (text, library), codes in texts.items()
            ]
        ),
        "## In the words of the kernel, and of the standard module",
        "\n".join(
            ["| text | page |", "| --- | --- |"]
            + [
                f"| `{errno_text(n)}` | {', '.join(map(link, codes))} |"
                for n, codes in sorted(kernels.items())
            ]
            + [f"| `{TIMED_OUT}` | {', '.join(map(link, late))} |"]
            + [
                f"| `{text}` | {', '.join(map(link, codes))} |"
                for text, codes in RESOLVER.items()
            ]
        ),
        "## Every code",
        "\n".join(
            ["| code | what it means |", "| --- | --- |"]
            + [f"| {link(c)} | {every[c][0].meaning} |" for c in every]
        ),
        "```{toctree}\n:hidden:\n\n" + "\n".join(["tree", *every]) + "\n```",
    ]
    return "\n\n".join(parts) + "\n"


def tree():
    lines = list(branch(errors.SocketError, ""))
    return (
        f"{MADE}\n\n# The exceptions as a tree\n\nEach is an `OSError`, and "
        "the builtin behind its name.\n\n```text\n" + "\n".join(lines) + "\n"
        "```\n"
    )


def branch(kind, indent):
    builtins = [
        base.__name__
        for base in kind.__bases__
        if base.__module__ == "builtins" and base is not OSError
    ]
    yield f"{indent}{kind.__name__}" + (
        f" ({', '.join(builtins)})" if builtins else ""
    )
    below = [each for each in kind.__subclasses__() if is_public(each)]
    for each in sorted(below, key=lambda each: each.__name__):
        yield from branch(each, indent + "    ")


def is_public(kind):
    return getattr(errors, kind.__name__, None) is kind


def write():
    FOLDER.mkdir(exist_ok=True)
    made = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
