"""Keys by name, as terminals send them."""

import pytest

from pysock.cli.keys import named


@pytest.mark.parametrize(
    ("pressed", "keys"),
    [
        ("q", ["q"]),
        ("\x1b", ["escape"]),
        ("\x1b[A\x1bOB", ["up", "down"]),
        ("j\x1b[6~k", ["j", "page down", "k"]),
        ("/a b\r", ["/", "a", " ", "b", "enter"]),
        # Unknown ones mean nothing, and are no text.
        ("\x1b[15~\x1b[1;5C", ["", ""]),
        ("\x7f\x04", ["backspace", "end of input"]),
        ("\x1b\x1b[H", ["escape", "home"]),
    ],
)
def test_keys(pressed, keys):
    assert named(pressed) == keys
