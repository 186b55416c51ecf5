"""The words of a shell command, found without running it and without failing on any text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# Operators end a command; `<` and `>` only end a word. Redirections name what follows them.
_LEXEME = re.compile(
    r"""
    (?P<blank>[ \t\r]+|\\\n)
  | (?P<comment>(?<![^\s;&|()])\#[^\n]*)
  | (?P<output>\d*(?:>>|>\||>&|>)|&>>?)
  | (?P<input>\d*<[<&>]?-?)
  | (?P<end>;;|&&|\|\||[;&|\n(){}](?=\s|[();&|]|\Z)|[;&|\n()`])
  | (?P<single>'[^']*(?:'|\Z))
  | (?P<double>"(?:[^"\\]|\\.)*+(?:"|\\?\Z))
  | (?P<escaped>\\.)
  | (?P<plain>[^\s;&|()<>'"`\\]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_HEREDOC = re.compile(
    r"(?<!<)<<(?P<dash>-?)[ \t]*(?P<quote>['\"\\]?)(?P<mark>\w+)['\"]?(?P<rest>[^\n]*)\n"
    r"(?P<body>.*?)(?:^(?(dash)\t*)(?P=mark)[ \t]*$|\Z)",
    re.DOTALL | re.MULTILINE,
)
_WORD_PARTS = ("single", "double", "escaped", "plain")


@dataclass(frozen=True, slots=True)
class Command:
    """The words of one simple command, without quotes; or the here-documents of a whole text.

    A word that an output redirection names is not among them: it is written, not read.
    """

    words: tuple[str, ...]
    documents: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reader:
    words: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    writing: bool = False

    def end_word(self) -> None:
        if self.parts and not self.writing:
            self.words.append("".join(self.parts))
        if self.parts:
            self.writing = False
        self.parts.clear()

    def end_command(self) -> tuple[str, ...]:
        self.end_word()
        self.writing = False
        words = tuple(self.words)
        self.words.clear()
        return words


def commands(text: str) -> Iterator[Command]:
    """The simple commands of a script in order, and last, if there are any, its here-documents.

    No text is an error: unbalanced quotes and here-documents run to its end.
    """
    documents: list[str] = []
    while match := _HEREDOC.search(text):
        documents.append(match["body"])
        text = f"{text[: match.start()]}{match['rest']}\n{text[match.end() :]}"
    for words in _simple_commands(text):
        yield Command(words)
    if documents:
        yield Command((), tuple(documents))


def _simple_commands(text: str) -> Iterator[tuple[str, ...]]:
    reader = _Reader()
    for lexeme in _LEXEME.finditer(text):
        kind = lexeme.lastgroup
        if kind in _WORD_PARTS:
            reader.parts.append(_unquoted(kind, lexeme[0]))
            continue
        if kind == "end":
            if words := reader.end_command():
                yield words
            continue
        reader.end_word()
        if kind == "output":
            reader.writing = True
    if words := reader.end_command():
        yield words


def _unquoted(kind: str | None, text: str) -> str:
    if kind == "single":
        return text[1:].removesuffix("'")
    if kind == "double":
        return re.sub(r"\\([\"\\$`\n])", r"\1", text[1:].removesuffix('"'))
    return text[1:] if kind == "escaped" else text
