"""What a step reported through the SDK, or with ``echo``: JSON lines in its records file."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from trainautod.lineage.projection import Metric

MAX_RECORDS = 1_000_000  # a step that reports more is told where reading stopped
MAX_LINE = 1 << 20  # bytes
_PROBLEMS_KEPT = 20
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step says it is; ``total`` is 0 where there is nothing to do."""

    done: float
    total: float
    unit: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {"done": self.done, "total": self.total, "unit": self.unit}


@dataclass(slots=True)
class Records:
    """Everything one attempt reported; ``problems`` names each line that was not understood.

    Of progress only the last word counts.
    """

    metrics: list[Metric] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    registrations: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[str] = field(default_factory=list)
    progress: Progress | None = None
    problems: list[str] = field(default_factory=list)


def read_records(path: Path) -> Records:
    """Read a records file; a file that does not exist is one without records."""
    records = Records()
    with suppress(FileNotFoundError), path.open("rb") as file:
        for number, line in enumerate(_lines(file), start=1):
            if number > MAX_RECORDS:
                records.problems.append(f"records: only the first {MAX_RECORDS:,} lines were read")
                break
            if line.strip():
                take_line(records, number, line)
    return records


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield each line; of one that is too long only as much as shows that it is."""
    while line := file.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE + 1)


def take_line(records: Records, number: int, line: bytes) -> None:
    """Add what one line says; of one that is not understood, what is wrong with it."""
    try:
        _READERS[(record := _parse(line))["type"]](records, record)
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        if len(records.problems) < _PROBLEMS_KEPT:
            records.problems.append(f"records line {number}: {_told(error)}")


def _parse(line: bytes) -> Any:
    if len(line) > MAX_LINE:
        raise ValueError(f"longer than {MAX_LINE} bytes")
    try:
        record = _DECODER.decode(line.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(record, dict):
        raise TypeError("not a JSON object")
    if _SURROGATE.search(line):
        json.dumps(record, ensure_ascii=False).encode()  # half a character cannot be stored
    return record


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


def _told(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"unknown or missing {error}"
    return str(error)


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


def _metric(records: Records, record: Mapping[str, Any]) -> None:
    name, value, at_step = record["name"], record["value"], record.get("step")
    if not isinstance(name, str):
        raise TypeError(f"metric name {name!r} is not a string")
    for number in (value, at_step):
        if number is not None and (isinstance(number, bool) or not isinstance(number, int | float)):
            raise TypeError(f"metric {name}: {number!r} is not a number")
    finite = value is not None and math.isfinite(value)
    kept = float(value) if finite else None
    records.metrics.append(Metric(name, kept, None if at_step is None else float(at_step)))


def _params(records: Records, record: Mapping[str, Any]) -> None:
    records.params.update({str(name): value for name, value in record["values"].items()})


def _registration(records: Records, record: Mapping[str, Any]) -> None:
    if not isinstance(record["path"], str) or not isinstance(record["name"], str):
        raise TypeError("register_model needs a path and a name")
    records.registrations.append(dict(record))


def _progress(records: Records, record: Mapping[str, Any]) -> None:
    done, total, unit = record["done"], record["total"], record.get("unit", "")
    for number in (done, total):
        if isinstance(number, bool) or not isinstance(number, int | float) or number < 0:
            raise TypeError(f"progress: {number!r} is not a number of 0 or more")
        float(number)  # a whole number may be larger than any float, which nobody can draw
    if not isinstance(unit, str):
        raise TypeError(f"progress: unit {unit!r} is not a string")
    records.progress = Progress(done, total, unit)


def _artifact(records: Records, record: Mapping[str, Any]) -> None:
    if not isinstance(record["path"], str):
        raise TypeError("artifact needs a path")
    records.artifacts.append(record["path"])


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_READERS = {
    "metric": _metric,
    "progress": _progress,
    "params": _params,
    "register_model": _registration,
    "artifact": _artifact,
}
