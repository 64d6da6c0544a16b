"""A socket as JSON that people and `jq` read: words, and no nulls."""

from __future__ import annotations

from socket import AF_INET, AF_INET6

from pysock.cli.reading import LEFT_OUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from typing import Any

_FAMILIES = {AF_INET: "IPv4", AF_INET6: "IPv6"}


def add_all_argument(parser: ArgumentParser) -> None:
    """Add `--all`, in the same words to every command with such JSON."""
    parser.add_argument(
        "--all",
        action="store_true",
        help="with --json or --jsonl: also what is null, and numbers that "
        "another field has in words",
    )


def slim(values: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    """What `Entry.as_dict` gives, with the family as a word.

    Args:
        values: the dictionary, also with more in it; not changed.
        whole: whether to keep what the kernel did not tell, as `None`, and
            the bits that another field of TCP_INFO has in words.
    """
    said = values if whole else _told(values)
    return said | {"family": _FAMILIES[said["family"]]}


def _told(values: dict[str, Any]) -> dict[str, Any]:
    said = {
        name: _told(value) if type(value) is dict else value
        for name, value in values.items()
        if value is not None
    }
    for name in LEFT_OUT:
        said.pop(name, None)
    return said
