"""The Markdown pages of the repository and what is in them."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
#: Folders that hold what tools made, where there is no git to ask.
MADE = {".git", ".venv", ".demo", "__pycache__", "build", "dist", ".hypothesis"}

_FENCE = re.compile(r"^ *```(?P<info>[^\n`]*)\n(?P<text>.*?)^ *```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its place, the words after the fence, its text, and what precedes it."""

    page: Path
    line: int
    info: tuple[str, ...]
    text: str
    before: str

    @property
    def language(self) -> str:
        """The first word after the fence."""
        return self.info[0] if self.info else ""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def files() -> list[Path]:
    """Every file that is part of the repository, or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0 and listed.stdout:
        found = [ROOT / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not MADE.intersection(path.parts)]
    return sorted(path for path in found if path.is_file())


def pages() -> list[Path]:
    """Every Markdown page."""
    return [path for path in files() if path.suffix == ".md"]


def blocks(page: Path, language: str | None = None) -> list[Block]:
    """The fenced blocks of a page, in one language or in all."""
    text = page.read_text("utf-8")
    found = []
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        info = tuple(match["info"].split())
        found.append(Block(page, line, info, match["text"], text[: match.start()]))
    return [one for one in found if language is None or one.language == language]


def all_blocks(language: str) -> list[Block]:
    """The blocks of every page in one language."""
    return [block for page in pages() for block in blocks(page, language)]


def prose(page: Path) -> str:
    """A page's text without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def commands(text: str) -> Iterator[list[str]]:
    """The words of every simple command of a shell text, those in ``$(…)`` included."""
    for inner in re.findall(r"\$\(([^()]*)\)", text):
        yield from commands(inner)
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="();|&")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set("();|&"):
                yield from [words] if words else []
                words = []
            else:
                words.append(word)


def anchors(page: Path) -> set[str]:
    """What a link into a page can name, made from its headings as GitHub does."""
    seen: dict[str, int] = {}
    found = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *$", prose(page), re.MULTILINE):
        kept = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = seen.get(kept, 0)
        seen[kept] = count + 1
        found.add(f"{kept}-{count}" if count else kept)
    return found
