"""Show what a client says, plain and under `pysock run`.

    PYTHONPATH=tests python -m clients.reach.look CLIENT [ROW,ROW]

For whoever mends a cell: the exceptions of both runs, and what a user sees.
"""

import sys

from clients.reach import seen
from clients.reach.failures import ROWS
from clients.reach.verdicts import expected


def main(client, rows=None):
    rows = rows.split(",") if rows else ROWS
    runs = seen.look(client, tuple(rows))
    for row, plain, noted in ((row, *pair) for row, pair in runs.items()):
        cell = seen.verdict_of(noted)
        same = "same" if seen.same(client, row, plain, noted) else "DIFFERENT"
        print(f"--- {row}: {' '.join(map(str, cell))}; exceptions: {same}")
        for each in noted["raised"] or ():
            print("   ", *each[:2])
        print(seen.last_lines(noted))
        if not seen.is_as_expected(client, row, noted):
            print("!!! expected:", *expected(client, row))


if __name__ == "__main__":
    main(*sys.argv[1:])
