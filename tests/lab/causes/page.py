"""docs/causes.md: how far the explanations can be trusted.

    PYTHONPATH=tests python -m lab.causes.page > docs/causes.md

Made of the causes and of `evidence.py`; tests/lab/test_causes.py makes each
cause in each way and fails where another code is said, so the page says what
is so as long as that test passes.
"""

from lab.causes.every import CANNOT_TELL, EVERY, NOT_NOTED, ONLY_TYPED
from lab.causes.evidence import EVIDENCE
from pysock.errors import CATALOGUE

HEAD = """\
<!-- Made by tests/lab/causes/page.py; a test compares. Edit that. -->

# How far the explanations can be trusted

The lab makes each cause below for real, in a network namespace of its own:
over IPv4 and IPv6, blocking, with a timeout and non-blocking, with the typed
face and with the noted one. A *way* is one of these. The tests fail if
anything but the code of its row is said in any way, or a word that is not so.

*Near misses* are made because they look like something else: same errno, same
call, another cause. What the evidence does not decide is said to be so.
"""

FACES = """\
## Where it cannot be told

| code | may be |
| --- | --- |
"""

NOTES = """
Nobody is named either where a write meets a connection that has ended and
somebody has taken its error (`broken-pipe` without an origin), and where a
blocking connect over IPv6 ends in EACCES under the noted face, which leaves
no trace of who said so.

The noted face leaves what is no failure alone:
"""


def page():
    """Give the whole page."""
    return "\n".join([HEAD, *_matrix(), "", *_evidence(), "", *_unsure()])


def _matrix():
    yield "## Made, and said"
    yield ""
    yield "| code, made and said | ways | of these near misses | made by |"
    yield "| --- | --- | --- | --- |"
    for code in EVIDENCE:
        made = [(cause, _ways(cause, code)) for cause in _all()]
        made = [(cause, ways) for cause, ways in made if ways]
        if not made:
            continue
        ways = sum(count for _, count in made)
        near = sum(count for cause, count in made if cause.near)
        names = "; ".join(
            f"*{cause.name}*" if cause.near else cause.name
            for cause, _ in made
        )
        yield f"| `{code}` | {ways} | {near} | {names} |"


def _evidence():
    yield "## What each code rests on"
    yield ""
    yield "| code | what it means | evidence |"
    yield "| --- | --- | --- |"
    meanings = {c.code: c.meaning for row in CATALOGUE for c in row.causes}
    for code, evidence in EVIDENCE.items():
        yield f"| `{code}` | {meanings[code]} | {evidence} |"


def _unsure():
    rows = [
        f"| `{code}` | {', '.join(f'`{other}`' for other in others)} |"
        for code, others in CANNOT_TELL.items()
    ]
    alone = ", ".join(f"`{code}`" for code in sorted(NOT_NOTED))
    yield FACES + "\n".join(rows)
    yield NOTES + f"{alone}.\n"


def _all():
    return (*EVERY, *ONLY_TYPED)


def _ways(cause, code):
    """In how many ways a cause has that code."""
    faces = 1 if cause in ONLY_TYPED or code in NOT_NOTED else 2
    return sum(
        faces * len(cause.modes)
        for version in cause.versions
        if code in _codes(cause.of(version, "code"))
    )


def _codes(code):
    return (code,) if isinstance(code, str) else code


if __name__ == "__main__":
    print(page(), end="")
