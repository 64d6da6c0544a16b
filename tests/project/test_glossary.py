"""docs/glossary.md explains each kind of origin that a failure can have."""

import re
from pathlib import Path

from pysock.errors.origin import KINDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "glossary.md"


def test_every_kind_of_origin_is_explained():
    chapter = PAGE.read_text("utf-8").split("## Kinds of origin\n")[1]
    explained = re.findall(r"^\| `(\w+)` \| (.*) \|$", chapter, re.MULTILINE)
    assert dict(explained) == KINDS
