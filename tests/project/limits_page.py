"""docs/limits.md: the two chapters of README, for those who read docs/.

PYTHONPATH=tests python -m project.limits_page
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "limits.md"
MADE = "<!-- Made by tests/project/limits_page.py (`make docs`): README. -->"
CHAPTERS = ("What it adds to a program", "Limits")


def page():
    """Give the text, with links that lead from docs/ where README's lead."""
    readme = (ROOT / "README.md").read_text("utf-8")
    chapters = {
        text.splitlines()[0]: f"## {text.strip()}"
        for text in readme.split("\n## ")
    }
    text = "\n\n".join(chapters[title] for title in CHAPTERS)
    text = text.replace("](docs/", "](")
    return f"{MADE}\n\n# What it adds, and its limits\n\n{text}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
