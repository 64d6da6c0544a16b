"""The pictures of README: a terminal, with what was printed in it.

    PYTHONPATH=tests python -m project.terminal_pictures

A failing program, plain and under `pysock run`, and `pysock doctor` where the
server of the tutorial is stuck. The text is what a run printed.
"""

from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from project import sessions

PICTURES = Path(__file__).resolve().parent.parent.parent / "docs" / "pictures"
# Rich's own asks a server of fonts each time that somebody looks.
FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""  # noqa: E501
COLOURS = {
    "why ": "bold", "seen ": "", "try ": "cyan", "code ": "dim",
    "wrong ": "bold red", "$ ": "bold green",
}  # fmt: skip


def picture(said, title):
    """A terminal's window around the text."""
    console = Console(record=True, width=112, file=StringIO())
    for line in said.splitlines():
        style = next(
            (colour for start, colour in COLOURS.items()
             if line.strip().startswith(start)),
            "",
        )  # fmt: skip
        console.print(Text(line, style=style), soft_wrap=False)
    name = title.split()[-1]
    return console.export_svg(title=title, code_format=FRAME, unique_id=name)


def traceback():
    """The same failure, plain and with its note."""
    return sessions.printed(
        "$ python client.py 2>&1 | tail -n 1\n"
        "$ python -m pysock run client.py 2>&1 | tail -n 4\n"
    )


def doctor():
    """A server that is stuck and leaks, as the tutorial has it."""
    said = sessions.printed(
        "$ python server.py & sleep 2\n"
        "$ python client.py 30\n"
        "$ python silent.py & sleep 2\n"
        "$ pysock doctor\n"
    )
    return said[said.index("$ pysock doctor") :]


if __name__ == "__main__":
    for name, title, said in (
        ("traceback", "without and with pysock", traceback()),
        ("doctor", "pysock doctor", doctor()),
    ):
        (PICTURES / f"{name}.svg").write_text(
            picture(said, title), encoding="utf-8"
        )
