"""Text with ``{{ expression }}`` in it: commands, paths and variables of a step."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from trainautod.spec.day import Day
from trainautod.spec.errors import ExpressionError
from trainautod.spec.expressions import Expression, Value
from trainautod.spec.shell import MARK, WORD_ENDS, Context, contexts, quoted

_HOLE = re.compile(r"""\{\{(?:'[^'\n]*'|"[^"\n]*"|(?!\}\})[^'"])*\}\}""")
_LISTS = "a list goes into a command as a word of its own, outside of quotes, or is all of an input"
_LITERAL_HINT = "literal braces are written {{ '{{' }}"


@dataclass(frozen=True, slots=True)
class Template:
    """Text with places for values.

    Attributes:
        text: What was written.
        parts: Literal text and expressions, in order.
        names: The dotted names that all expressions together read.
    """

    text: str
    parts: tuple[str | Expression, ...]
    names: frozenset[str]
    contexts: tuple[Context, ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Read the expressions in `text`; braces of any other kind are plain text.

        Raises:
            ExpressionError: An expression cannot be read, or a ``{{`` is not closed.
        """
        parts: list[str | Expression] = []
        position = 0
        for start, end in holes(text):
            parts += [text[position:start], _expression(text, start, end)]
            position = end
        parts.append(text[position:])
        expressions = [part for part in parts if isinstance(part, Expression)]
        scanned = "".join(part if isinstance(part, str) else MARK for part in parts)
        return cls(
            text=text,
            parts=tuple(parts),
            names=frozenset[str]().union(*(each.names for each in expressions)),
            contexts=contexts(scanned) if expressions else (),
        )

    def render(self, namespace: Mapping[str, object], quote: bool = True) -> str:
        """The text with its values.

        With `quote`, the text is a shell command and each value is exactly its own characters
        there, inside quotes or out of them; a list is one word for each member, where it stands
        for itself. Without, values are put in as they are, and none may be a list.

        Raises:
            ExpressionError: A value is unknown, null, or cannot be put in safely.
        """
        parts = []
        places = iter(self.contexts)
        for index, part in enumerate(self.parts):
            if isinstance(part, str):
                parts.append(part)
                continue
            place = next(places)
            found = part.value(namespace)
            if isinstance(found, tuple):
                parts.append(self._words(part, found, place, index, quote))
                continue
            value = plain(part, found)
            parts.append(self._put(value, place, index) if quote else value)
        return "".join(parts)

    def each(self, namespace: Mapping[str, object]) -> tuple[str, ...]:
        """The texts that this stands for: one for each member where it is nothing but a list.

        Raises:
            ExpressionError: As `render` without `quote`.
        """
        if len(self.parts) == 3 and not self.parts[0] and not self.parts[2]:
            (part,) = (part for part in self.parts if isinstance(part, Expression))
            found = part.value(namespace)
            if isinstance(found, tuple):
                return tuple(_member(part, value) for value in found)
        return (self.render(namespace, quote=False),)

    def _words(
        self,
        part: Expression,
        values: tuple[Value, ...],
        place: Context,
        index: int,
        quote: bool,
    ) -> str:
        if not quote or place is not Context.BARE or not self._is_word(index):
            raise ExpressionError(f"'{part.text}' is a list, which cannot be put in here", _LISTS)
        return " ".join(quoted(_member(part, value), place) for value in values)

    def _is_word(self, index: int) -> bool:
        """Whether the hole at `index` of the command is a word, and no redirection's."""
        before, after = (str(self.parts[i]) for i in (index - 1, index + 1))
        starts = before[-1:] in WORD_ENDS if before else index == 1
        ends = after[:1] in WORD_ENDS if after else index == len(self.parts) - 2
        redirects = before.rstrip().endswith(("<", ">")) or after.startswith(("<", ">"))
        return starts and ends and not redirects

    def _put(self, value: str, place: Context, index: int) -> str:
        rest = self.parts[index + 1]
        if place is Context.BARE and isinstance(rest, str) and rest[:1] in ("<", ">"):
            return f"'{value}'" if value.isdigit() else quoted(value, place)  # 2>f is a descriptor
        return quoted(value, place)


def plain(expression: Expression, value: Value) -> str:
    """A value as text: numbers plainly, ``true``/``false``, days as ISO 8601.

    Raises:
        ExpressionError: The value is null, or text that no command or path can hold.
    """
    if value is None:
        raise ExpressionError(f"'{expression.text}' is null, which cannot be put into text")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Day):
        return str(value)
    if MARK in value:
        raise ExpressionError(f"'{expression.text}' has a NUL byte in it")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ExpressionError(f"'{expression.text}' is not valid Unicode text") from None
    return value


def _member(expression: Expression, value: Value) -> str:
    if isinstance(value, list | tuple):
        raise ExpressionError(f"'{expression.text}' is a list of lists", _LISTS)
    return plain(expression, value)


def holes(text: str) -> tuple[tuple[int, int], ...]:
    """Where each ``{{ … }}`` starts and ends in `text`.

    Raises:
        ExpressionError: A ``{{`` is not closed.
    """
    found = []
    start = text.find("{{")
    while start >= 0:
        match = _HOLE.match(text, start)
        if match is None:
            message = f"the '{{{{' at character {start + 1} is not closed"
            raise ExpressionError(message, _LITERAL_HINT, start)
        found.append(match.span())
        start = text.find("{{", match.end())
    return tuple(found)


def _expression(text: str, start: int, end: int) -> Expression:
    inner = text[start + 2 : end - 2]
    try:
        return Expression.parse(inner)
    except ExpressionError as error:
        position = start + 2 + (error.position or 0)
        message = f"in the template '{text[start:end][:60]}': {error.message}"
        hint = error.hint or (_LITERAL_HINT if set(inner) & set("{:;$") else "")
        raise ExpressionError(message, hint, position) from None
