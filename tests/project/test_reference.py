"""The reference: whatever is public is on a page of it."""

import re
import socket as standard
from pathlib import Path
from types import ModuleType

import pytest

import pysock
from pysock import errors, raw, sock_diag, testing

PAGES = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"
DIRECTIVE = re.compile(r"^\.\. auto(?:class|function):: (\S+)$", re.MULTILINE)
MODULES = (errors, raw, sock_diag, testing)


def page(module):
    name = module.__name__.removeprefix("pysock.")
    return (PAGES / f"{name}.md").read_text("utf-8")


def test_what_pysock_adds_is_described():
    ours = set(pysock.__all__) - set(standard.__all__)
    ours = {
        f"pysock.{name}"
        for name in ours
        if not isinstance(getattr(pysock, name), ModuleType)
    }
    assert len(ours) > 15
    assert ours <= set(DIRECTIVE.findall(page(pysock)))


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_a_module_is_described_whole(module):
    text = page(module)
    assert f".. automodule:: {module.__name__}\n   :members:\n" in text
    for name in module.__all__:
        thing = getattr(module, name)
        if isinstance(thing, type) or callable(thing):
            # Sphinx takes what has a docstring.
            assert thing.__doc__, name
        else:
            assert f"{name}`" in text, name
