"""What makes others' text safe to print; exceptions need it too."""

from __future__ import annotations

from pysock.errors.escape import printable

__all__ = ["printable"]
