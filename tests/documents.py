"""What the tests of README.md and docs/ read."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]

README = ROOT / "README.md"

PAGES = sorted((ROOT / "docs").rglob("*.md"))


def name(document: Path) -> str:
    """Return a document's name in the repository."""
    return document.relative_to(ROOT).as_posix()


def blocks(text: str, language: str = "bash") -> list[str]:
    """Return the blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def commands(document: Path) -> list[str]:
    """Return the shell commands of a document, in order, without what joins them."""
    lines = "\n".join(blocks(document.read_text())).replace("\\\n", "").splitlines()
    return [command.strip() for line in lines for command in line.split(" && ") if line.strip()]
