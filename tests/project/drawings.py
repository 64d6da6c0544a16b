"""The drawings of docs/: a life as the tour sees it, the wings as they are.

    PYTHONPATH=tests python -m project.drawings

SVG without colours of its own: what a page includes takes the page's, light
or dark.
"""

import json
import re
import subprocess
import sys
from html import escape
from itertools import groupby
from pathlib import Path

import pysock

PICTURES = Path(__file__).resolve().parent.parent.parent / "docs" / "pictures"
STEP, TOP, WIDTH = 44, 34, 760
LEFT, RIGHT, BAR = 8, 608, 144
TEXT_LEFT, TEXT_WIDTH = 168, 68


def seen():
    """The moments of a life, as `pysock tour --life --json` prints them."""
    done = subprocess.run(
        [sys.executable, "-m", "pysock", "tour", "--life", "--json"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def life(moments):
    """Both ends' states as bars, from top to bottom, and what happens."""
    height = TOP + STEP * len(moments) + 8
    parts = [
        _text(LEFT + BAR / 2, 20, "client", anchor="middle", bold=True),
        _text(RIGHT + BAR / 2, 20, "server", anchor="middle", bold=True),
    ]
    for end, left in (("client", LEFT), ("server", RIGHT)):
        parts += _bars([moment[end] for moment in moments], left)
    for number, moment in enumerate(moments):
        lines = _wrapped(moment["what"])
        y = TOP + STEP * number + STEP / 2 + 4 - 7 * (len(lines) - 1)
        parts += [
            _text(TEXT_LEFT, y + 14 * line, words)
            for line, words in enumerate(lines)
        ]
    return _svg(height, parts, "The life of three connections, state by state")


def wings():
    """The wings from top to bottom, and what each is."""
    described = re.findall(
        r"^    (\w+) {3,}(.*)$", pysock.__doc__, re.MULTILINE
    )
    parts = []
    for number, (wing, what) in enumerate(described):
        y = 8 + 38 * number
        parts += [
            f'<rect x="8" y="{y}" width="744" height="30" rx="6" '
            'fill="currentColor" fill-opacity="0.08" stroke="currentColor"/>',
            _text(20, y + 20, wing, bold=True),
            _text(130, y + 20, what),
        ]
    return _svg(38 * len(described) + 8, parts, "The wings of pysock")


def _bars(states, left):
    parts, at = [], 0
    for state, run in groupby(states):
        count = len(list(run))
        if state is not None:
            y, height = TOP + STEP * at, STEP * count
            parts.append(
                f'<rect x="{left}" y="{y + 2}" width="{BAR}" '
                f'height="{height - 4}" rx="6" fill="currentColor" '
                'fill-opacity="0.08" stroke="currentColor"/>'
            )
            parts.append(
                _text(left + BAR / 2, y + height / 2 + 5, state,
                      anchor="middle", bold=True)
            )  # fmt: skip
        at += count
    return parts


def _wrapped(words):
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) > TEXT_WIDTH:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


def _text(x, y, words, *, anchor="start", bold=False):
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{weight}>'
        f"{escape(words)}</text>"
    )


def _svg(height, parts, title):
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} '
        f'{height}" role="img" aria-label="{escape(title)}" width="100%" '
        'font-family="sans-serif" font-size="12" fill="currentColor">\n'
        f"{body}\n</svg>\n"
    )


if __name__ == "__main__":
    for name, drawn in (("life", life(seen())), ("wings", wings())):
        (PICTURES / f"{name}.svg").write_text(drawn, encoding="utf-8")
