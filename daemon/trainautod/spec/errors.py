"""What can be wrong with a spec, and how it is told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file.

    Attributes:
        file: The name that the file was loaded under.
        line: Line, counted from 1.
        column: Column, counted from 1.
        key: Where in the document, such as ``steps[2].retry``; empty at the top level.
        message: What is wrong.
        hint: What to do about it; may be empty.
    """

    file: str
    line: int
    column: int
    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f" at {self.key}" if self.key else ""
        hint = f": {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}: {self.message}{where}{hint}"


class SpecInvalid(Exception):
    """The file is not a valid spec: correct the lines that are named and load it again."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)) or str(type(self).__doc__))


class ValueRefused(ValueError):
    """The value cannot be used here: write it in the form that the message names.

    Attributes:
        message: What is wrong with the value.
        hint: What to write instead; may be empty.
        position: Offset of the fault in the value's text, where one is known.
    """

    def __init__(self, message: str = "", hint: str = "", position: int | None = None) -> None:
        self.message = message or str(type(self).__doc__)
        self.hint = hint
        self.position = position
        super().__init__(f"{self.message}: {hint}" if hint else self.message)


class ExpressionError(ValueRefused):
    """The expression cannot be read or has no answer: correct the part that is named."""


class CronInvalid(ValueRefused):
    """The cron text is not five fields of minutes, hours, days, months and weekdays."""
