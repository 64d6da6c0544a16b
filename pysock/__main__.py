"""`python -m pysock`: the command line."""

import sys

from pysock.cli import main

if __name__ == "__main__":
    sys.exit(main())
