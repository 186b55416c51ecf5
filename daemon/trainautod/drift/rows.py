"""Reports in tables: a wide one has a report in each row, a long one has a feature in each row."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from trainautod.drift.errors import ReportRefused
from trainautod.drift.reports import (
    MOST_FEATURES,
    OVERALL,
    Report,
    Scalar,
    check_name,
    kind,
    named_scores,
    overall,
    scalars,
    score,
    shown,
    text_of,
)

T = TypeVar("T")

FEATURE, SCORE = "feature", "score"  # columns of a long table
_NO_FEATURES = frozenset({OVERALL, "", "__index_level_0__"})  # pandas counts rows in the others

# A plain decimal number; what else Python reads as one, such as 1_000, is a slip of somebody.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_A_NUMBER = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_NOTHING = frozenset({"", "null", "none", "na", "n/a"})
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a table of reports.

    Attributes:
        names: As they stand.
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, names: Sequence[str]) -> "Header":
        """Check the names of columns.

        Raises:
            ReportRefused: There is no score among them, or one comes twice.
        """
        if len(names) > MOST_FEATURES:
            raise ReportRefused(f"there are more than {MOST_FEATURES} columns")
        for name in names:
            check_name(name)
        twice = [name for at, name in enumerate(names) if name in names[:at]]
        if twice:
            raise ReportRefused(f"column '{shown(twice[0])}' comes twice")
        if OVERALL not in names and not {FEATURE, SCORE} <= {*names}:
            raise ReportRefused(f"there is no column {OVERALL}, nor {FEATURE} and {SCORE}")
        return cls(tuple(names))

    @property
    def is_long(self) -> bool:
        """Whether the table is one report, with a feature in each row."""
        return OVERALL not in self.names

    def report(self, cells: Sequence[Scalar]) -> Report:
        """Return the report in a row of a wide table.

        Raises:
            ReportRefused: It is not valid.
        """
        found = self._by_name(cells)
        score_ = overall(found)
        rest = {name: value for name, value in found.items() if name not in _NO_FEATURES}
        numbers = {n: v for n, v in rest.items() if kind(v) == "a number"}
        others = {n: v for n, v in rest.items() if n not in numbers}
        return Report(score_, named_scores(numbers.items()), scalars(others))

    def whole(self, rows: Iterable[Sequence[Scalar]]) -> Report:
        """Return the report that a long table is; its row ``drift_score`` has the overall score.

        Raises:
            ReportRefused: It is not valid.
        """
        found = [self._by_name(cells) for cells in rows]
        pairs = [(row[FEATURE], row[SCORE]) for row in found]
        total = [value for name, value in pairs if name == OVERALL]
        if not total:
            raise ReportRefused(f"there is no row {OVERALL} with the overall score")
        if len(total) > 1:
            raise ReportRefused(f"the row {OVERALL} comes twice")
        rest = ((name, value) for name, value in pairs if name != OVERALL)
        return Report(score(total[0], OVERALL), named_scores(rest))

    def fitted(self, cells: Sequence[T]) -> Sequence[T]:
        """Return the cells of a row of this table.

        Raises:
            ReportRefused: There are too few or too many.
        """
        if len(cells) != len(self.names):
            told = f"it has {len(cells)} cells, and the header has {len(self.names)}"
            raise ReportRefused(told)
        return cells

    def _by_name(self, cells: Sequence[Scalar]) -> dict[str, Scalar]:
        return dict(zip(self.names, self.fitted(cells), strict=True))


def csv_header(line: bytes) -> Header:
    """Read the first line of a CSV file.

    Raises:
        ReportRefused: It names no column of scores.
    """
    return Header.of([name.strip() for name in _split(line)])


def csv_cells(line: bytes) -> list[Scalar]:
    """Read a line of a CSV file: numbers, texts, and None for an empty cell.

    Raises:
        ReportRefused: It is damaged, or a cell is NaN or infinite.
    """
    return [_value(cell.strip()) for cell in _split(line)]


def csv_whole(header: Header, lines: Iterable[tuple[int, bytes]]) -> Report:
    """Return the report that a long CSV file is.

    Args:
        header: Its first line.
        lines: The others with their numbers.

    Raises:
        ReportRefused: It is not valid.
    """
    rows: list[Sequence[Scalar]] = []
    for number, line in lines:
        try:
            texts = [text.strip() for text in header.fitted(_split(line))]
            named = zip(header.names, texts, strict=True)
            rows.append([text if name == FEATURE else _value(text) for name, text in named])
        except ReportRefused as error:
            raise ReportRefused(f"line {number}: {error.message}") from None
    return header.whole(rows)


def _split(line: bytes) -> list[str]:
    text = text_of(line)
    if (control := _CONTROLS.search(text)) is not None:
        raise ReportRefused(f"it has a control character, 0x{ord(control[0]):02x}")
    try:
        (cells,) = csv.reader([text], strict=True)
    except (csv.Error, ValueError) as error:
        raise ReportRefused(f"it is no line of CSV: {error}") from None
    return cells


def _value(cell: str) -> Scalar:
    if cell.lower() in _NOTHING:
        return None
    if _NOT_A_NUMBER.fullmatch(cell):
        raise ReportRefused(f"a cell is {shown(cell)}, which is no score")
    if not _NUMBER.fullmatch(cell):
        return cell
    number = float(cell)
    if number in (float("inf"), float("-inf")):
        raise ReportRefused(f"the number {shown(cell)} is too large")
    return number
