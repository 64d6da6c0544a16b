"""What each code rests on: read at the failure, so that it stays the same.

A line of `evidence.txt` for each. A test holds that no code of the catalogue
is missing there, and none is there that the catalogue has not.
"""

from pathlib import Path

_LINES = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")

EVIDENCE = dict(line.split(": ", 1) for line in _LINES.splitlines())
