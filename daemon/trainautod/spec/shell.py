"""Where in a shell command a value is put, and how it is quoted there.

One quoting does not fit every place: `'a b'` in single quotes is right between words, but inside
double quotes the same quotes are literal and ``$(…)`` in the value would run. So the command is
scanned once for the context of each place. Where a context cannot be told for certain (here
documents, comments, backticks, ``${…}``, ``$'…'``), only values that need no quoting are let in.
"""

import re
import shlex
from enum import Enum

from trainautod.spec.errors import ExpressionError

#: Stands for a substituted value while a command is scanned; a command never contains it.
MARK = "\0"


class Context(Enum):
    """The kind of place that a value is substituted into."""

    BARE = "bare"
    DOUBLE = "double"
    SINGLE = "single"
    OPAQUE = "opaque"


_DOUBLE_SPECIAL = re.compile(r'[\\"$`]')
_CASE = re.compile(r"(?<![\w-])case\b")

#: Characters between which a word of a command stands.
WORD_ENDS = frozenset(" \t\n;&|()<>")


def contexts(command: str) -> tuple[Context, ...]:
    """The context of each `MARK` in `command`, in order."""
    scan = _Scan(command)
    while scan.at < len(command):
        scan.advance()
    return tuple(scan.found)


def quoted(value: str, context: Context) -> str:
    """`value` as text that the shell reads as exactly `value` in that context.

    Raises:
        ExpressionError: The context is opaque and the value has characters that need quoting.
    """
    if context is Context.DOUBLE:
        return _DOUBLE_SPECIAL.sub(r"\\\g<0>", value)
    if context is Context.SINGLE:
        return value.replace("'", "'\"'\"'")
    if context is Context.BARE:
        return shlex.quote(value)
    if value and shlex.quote(value) != value:
        raise ExpressionError(
            f"the value {value[:60]!r} cannot be quoted safely here",
            "pass it as an argument, outside of here-documents, comments, backticks and ${…}",
        )
    return value


class _Scan:
    """A walk over a command that remembers which quotes and substitutions are open."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.at = 0
        self.found: list[Context] = []
        #: Open constructs: `"`, `$(`, and the opaque `${`, `$((` and a backtick.
        self.open: list[str] = []
        #: Unclosed plain parentheses or braces within each open construct.
        self.depths: list[int] = [0]
        #: Set where the scan can no longer tell; everything after is opaque.
        self.lost = False

    @property
    def frame(self) -> str:
        return self.open[-1] if self.open else ""

    def advance(self) -> None:
        """Move past one character or one token of shell syntax."""
        char = self.command[self.at]
        if char == MARK:
            self._mark()
        elif self.lost:
            self.at += 1
        elif char == "\\":
            self._escape()
        elif self.frame in ("${", "$((", "`"):
            self._opaque(char)
        elif self.frame == '"':
            self._double(char)
        else:
            self._bare(char)

    def _mark(self) -> None:
        if self.lost or self.frame in ("${", "$((", "`") or self._follows_dollar():
            self.found.append(Context.OPAQUE)
        else:
            self.found.append(Context.DOUBLE if self.frame == '"' else Context.BARE)
        self.at += 1

    def _follows_dollar(self) -> bool:
        return self.at > 0 and self.command[self.at - 1] == "$"

    def _escape(self) -> None:
        if self.command[self.at + 1 : self.at + 2] == MARK:
            self.found.append(Context.OPAQUE)
        self.at += 2

    def _double(self, char: str) -> None:
        if char == '"':
            self._pop()
        elif not self._substitution(char):
            self.at += 1

    def _bare(self, char: str) -> None:
        if char == "'":
            self._single()
        elif char == '"':
            self._push('"', 1)
        elif char == "#" and self._starts_word():
            self._until("\n", Context.OPAQUE)
        elif char == "<" and self.command.startswith("<<", self.at):
            self._redirection()
        elif char in "()":
            self._parenthesis(char)
        elif self.frame == "$(" and _CASE.match(self.command, self.at):
            self.lost = True
        elif not self._substitution(char):
            self.at += 1

    def _redirection(self) -> None:
        here_string = self.command.startswith("<<<", self.at)
        self.lost = not here_string
        self.at += 3 if here_string else 2

    def _single(self) -> None:
        if self._follows_dollar():
            self.lost = True
            self.at += 1
            return
        self.at += 1
        self._until("'", Context.SINGLE)

    def _until(self, end: str, context: Context) -> None:
        stop = self.command.find(end, self.at)
        stop = len(self.command) if stop < 0 else stop
        self.found += [context] * self.command.count(MARK, self.at, stop)
        self.at = stop + 1

    def _starts_word(self) -> bool:
        return self.at == 0 or self.command[self.at - 1] in WORD_ENDS

    def _parenthesis(self, char: str) -> None:
        self.depths[-1] += 1 if char == "(" else -1
        if self.frame == "$(" and self.depths[-1] < 0:
            self._pop()
        else:
            self.at += 1

    def _substitution(self, char: str) -> bool:
        """Enter ``$((``, ``$(``, ``${`` or a backtick, if one begins here."""
        for opener in ("$((", "$(", "${", "`"):
            if self.command.startswith(opener, self.at):
                self._push(opener, len(opener))
                return True
        return False

    def _opaque(self, char: str) -> None:
        opener, closer = {"${": ("{", "}"), "$((": ("(", ")"), "`": ("", "`")}[self.frame]
        if char in "\"'":
            self.lost = True
        elif char == opener:
            self.depths[-1] += 1
        elif char == closer and self.depths[-1] > 0:
            self.depths[-1] -= 1
        elif char == closer:
            self._pop()
            return
        self.at += 1

    def _push(self, frame: str, width: int) -> None:
        self.open.append(frame)
        self.depths.append(1 if frame == "$((" else 0)
        self.at += width

    def _pop(self) -> None:
        self.open.pop()
        self.depths.pop()
        self.at += 1
