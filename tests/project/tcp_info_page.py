"""docs/tcp_info.md: every field of TCP_INFO, from `tcp/fields.py`.

PYTHONPATH=tests python -m project.tcp_info_page
"""

from pathlib import Path

from pysock import TcpInfo
from pysock.tcp.fields import Field

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tcp_info.md"

HEAD = """\
<!-- Made by tests/project/tcp_info_page.py (`make docs`). -->

# TCP_INFO, field by field

`sock.tcp_info()`, `pysock.tcp_info(sock_or_fd)` and `error.tcp_info` give
these. The names are the kernel's without `tcpi_`; of a time the unit is in
the name. "Since" is the kernel release that added the field.

A field is `None` where the kernel did not say: the kernel is older than the
field, it has not measured yet, or the field means nothing in this state. A 0
is the kernel's own.

| field | unit | since | what it says |
| --- | --- | --- | --- |
"""


def fields():
    """Give the fields in the kernel's order."""
    found = {
        name: field
        for kind in reversed(TcpInfo.__mro__)
        for name, field in vars(kind).items()
        if isinstance(field, Field)
    }
    return sorted(found.items(), key=lambda item: item[1].offset)


def page():
    """Give the whole page."""
    lines = []
    for name, field in fields():
        said = " ".join((field.__doc__ or "").split()).replace("|", "\\|")
        lines.append(f"| `{name}` | {field.unit} | {field.since} | {said} |\n")
    return HEAD + "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
