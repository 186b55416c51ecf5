"""A scenario's figures as rows to read: ours, the physical limit, peers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from benchmarks.measure import Measure


class Kind(StrEnum):
    """Whose figure it is."""

    OURS = "ours"
    LIMIT = "limit"
    PEER = "peer"


@dataclass(frozen=True, slots=True)
class Row:
    """One subject.

    Attributes:
        subject: what was measured.
        kind: whose it is.
        measures: by the column's name; a missing one is shown as a dash.
        goals: by the column's name, the most that the figure may be, in the column's unit.
        note: what a reader must know to compare, or why there are no figures.
    """

    subject: str
    kind: Kind
    measures: Mapping[str, Measure] = field(default_factory=dict)
    goals: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    def missed(self) -> list[str]:
        """Return the columns whose median is above its goal."""
        known = [column for column in self.goals if column in self.measures]
        return [column for column in known if self.measures[column].median > self.goals[column]]


@dataclass(frozen=True, slots=True)
class Table:
    """One scenario's figures.

    Attributes:
        title: what is compared.
        columns: in order; each name ends with its unit, as ``chain (ms/step)``.
        rows: in the order in which they are shown.
        remarks: sentences below the table.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    remarks: Sequence[str] = ()

    def markdown(self) -> str:
        """Return the table as Markdown that is aligned for a terminal too."""
        lines = [["", *self.columns, "note"]]
        lines += [
            [_label(row), *(_cell(row, c) for c in self.columns), row.note] for row in self.rows
        ]
        widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
        rule = ["-" * width for width in widths]
        body = [_line(line, widths) for line in [lines[0], rule, *lines[1:]]]
        return "\n".join([f"### {self.title}", "", *body, *_paragraphs(self.remarks)])

    def to_json(self) -> dict[str, Any]:
        """Return everything measured, every sample included."""
        return {
            "title": self.title,
            "columns": list(self.columns),
            "rows": [_row_json(row) for row in self.rows],
            "remarks": list(self.remarks),
        }


def number(value: float) -> str:
    """Return a figure with three significant digits, as far as they carry meaning."""
    if value == 0:
        return "0"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f}"


def _label(row: Row) -> str:
    return f"**{row.subject}**" if row.kind is Kind.OURS else f"{row.kind}: {row.subject}"


def _cell(row: Row, column: str) -> str:
    measure = row.measures.get(column)
    if measure is None:
        return "–"
    goal = row.goals.get(column)
    if goal is None:
        return number(measure.median)
    verdict = "missed" if column in row.missed() else "met"
    return f"{number(measure.median)} (≤ {goal:g}: {verdict})"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"


def _paragraphs(remarks: Iterable[str]) -> list[str]:
    return [line for remark in remarks for line in ("", remark)]


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "subject": row.subject,
        "kind": row.kind.value,
        "medians": {column: measure.median for column, measure in row.measures.items()},
        "samples": {column: list(measure.samples) for column, measure in row.measures.items()},
        "goals": dict(row.goals),
        "missed": row.missed(),
        "note": row.note,
    }
