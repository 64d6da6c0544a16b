"""docs/failures.md, from the catalogue and the lab's scenarios.

    PYTHONPATH=tests python -m lab.document > docs/failures.md

Nothing is run for it: the scenarios say what must come out, and the lab's
tests fail where something else does.
"""

import os
from pathlib import Path

from lab import established, scenarios
from lab.elsewhere import MADE
from pysock.errors import CATALOGUE
from pysock.errors.errno_names import errno_name

HEAD = """\
<!-- Made by tests/lab/document.py; a test compares. Edit that. -->

# Every failure, made for real

One section for each row of the catalogue (`pysock errors` has it too). The lab
in `tests/lab` makes each failure in a network namespace: a program behind a
TUN device answers packets as the scenario says, a route refuses, a queue is
full.
This machine is 192.0.2.1 (2001:db8:1::1), the router 192.0.2.254
(2001:db8:1::fe), far hosts are in 198.51.100.0/24 (2001:db8:2::/64).

Run one with `pytest -v -k row_6a`; the run ends with a table of what was seen.
The tables of established connections say what recv, recv again and send give,
in this order; the tests have send first too.
"""


def document():
    """Give the whole page."""
    parts = [HEAD]
    for number, rows in _by_number().items():
        parts.append(_section(number, rows))
    differences = Path(__file__).with_name("differences.md")
    parts.append(differences.read_text())
    return "\n".join(parts)


def _by_number():
    groups = {}
    for row in CATALOGUE:
        groups.setdefault(row.number, []).append(row)
    return groups


def _section(number, rows):
    lines = [f"## {number}. {rows[0].situation}", ""]
    for row in rows:
        if row is not rows[0]:
            lines += [f"### {row.situation}", ""]
        names = ", ".join(f"`{name}`" for name in row.also)
        lines += [
            f"`{row.error.__name__}`"
            + (f", also {names}" if names else "")
            + f" ({', '.join(row.errno_names) or 'no errno'}).",
            "",
            *(f"- `{c.code}`: {c.meaning}{_advice(c)}." for c in row.causes),
            "",
        ]
    connects = scenarios.CONNECT + scenarios.DEADLINE
    tables = (
        _table(connects, number, _connect, rows[0].error),
        _table(established.ESTABLISHED, number, _established, rows[0].error),
    )
    for table in tables:
        lines += table
    if number in MADE:
        how, test = MADE[number]
        also = "Also made" if any(tables) else "Made"
        lines += [f"{also} by: {how} (`tests/{test}`).", ""]
    return "\n".join(lines)


def _advice(cause):
    if cause.look is None:
        return ""
    return ". Try: " + cause.look.format(
        host="HOST", port="PORT", address="HOST:PORT"
    )


def _table(all_of_them, number, describe, usual):
    made = []
    for scenario in all_of_them:
        if scenario.row == number:
            cells = [describe(scenario, v, usual) for v in (4, 6)]
            merged = [_both(*pair) for pair in zip(*cells, strict=True)]
            made.append(f"| {scenario.made} | {' | '.join(merged)} |")
    if not made:
        return []
    heads = "how it is made | the kernel says | pysock says"
    return [f"| {heads} |", "| --- | --- | --- |", *made, ""]


def _connect(scenario, version, usual):
    number = scenario.of(version, "number")
    origin = scenario.of(version, "origin")
    name = errno_name(number)
    if origin.kind == "deadline":
        said, text = "nothing yet", "timed out"
    else:
        said = f"{name}, {'at once' if scenario.at_once else 'in SO_ERROR'}"
        text = f"[Errno {number}] {os.strerror(number)}"
    if origin.kind == "icmp":
        said += f"; error queue: {origin.icmp_type}/{origin.icmp_code}"
    ours = f"origin {origin}: `{text}: connect ...`"
    kind = scenario.of(version, "error")
    return said, ours if kind is usual else f"`{kind.__name__}`, {ours}"


def _established(scenario, version, usual):
    said, ours = [], []
    calls = ("recv", "recv", "send")
    outcomes = scenario.of(version, "reading")
    for call, outcome in zip(calls, outcomes, strict=True):
        if outcome.error is None:
            said.append(f"{call}: `{outcome.value!r}`")
            ours.append("the same")
        else:
            said.append(f"{call}: {errno_name(outcome.number)}")
            kind = outcome.error.__name__
            ours.append(f"`{kind}`, origin {outcome.origin}")
    if scenario.row == "20":
        ours.append("from `recv_exactly` `PeerClosedError`, origin peer")
    return ", ".join(said), "; ".join(ours)


def _both(four, six):
    return four if four == six else f"IPv4: {four}<br>IPv6: {six}"


if __name__ == "__main__":
    print(document(), end="")
