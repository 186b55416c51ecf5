"""An oracle that says what may be read from a drift file.

It has another JSON parser than the product, decimal numbers, and plain splitting.
"""

import csv
import io
import json
import math
import sys
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pydantic_core

Said = tuple[float, dict[str, float]]
"""What a report says: the overall score, and the score of each feature."""

LARGEST = sys.float_info.max
LONGEST_NAME = 500  # characters that a name may have


def oracle(suffix: str, data: bytes) -> list[Said]:
    """Return what may be read from a file, report by report."""
    if suffix == ".parquet":
        return _parquet_said(data)
    if suffix == ".json":
        return [said for said in [json_said(data)] if said is not None]
    *lines, _unended = data.split(b"\n")
    if suffix != ".csv":
        found = [json_said(line) for line in lines if line.strip()]
        return [said for said in found if said is not None]
    return _csv_said(lines, _unended)


def json_said(data: bytes) -> Said | None:
    """Return what one JSON object says; None when it may not be believed."""
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
        read = pydantic_core.from_json(text.encode(), allow_inf_nan=False)
        pairs = json.loads(text, object_pairs_hook=list, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict) or _has_twins(pairs) or not _all_finite(read):
        return None
    if any(len(name) > LONGEST_NAME for name in read):
        return None
    overall = read.get("drift_score")
    features = _json_features(read.get("features"))
    if features is None or not _is_score(overall):
        return None
    return float(overall or 0), features


def _json_features(found: Any) -> dict[str, float] | None:
    if isinstance(found, list):
        entries = [e for e in found if isinstance(e, dict) and "score" in e]
        names = [e["feature"] if "feature" in e else e.get("name") for e in entries]
        if len(entries) < len(found) or len(set(map(repr, names))) < len(names):
            return None
        found = [(name, e["score"]) for name, e in zip(names, entries, strict=True)]
    elif isinstance(found, dict):
        if any(isinstance(v, dict) and "score" not in v for v in found.values()):
            return None
        found = [(n, v["score"] if isinstance(v, dict) else v) for n, v in found.items()]
    elif found is not None:
        return None
    return _features(found or [])


def _features(pairs: list[tuple[Any, Any]]) -> dict[str, float] | None:
    if not all(isinstance(name, str) and name.strip() for name, _ in pairs):
        return None
    if any(len(name) > LONGEST_NAME for name, _ in pairs):
        return None
    told = [(name, value) for name, value in pairs if value is not None]
    return {n: float(v) for n, v in told} if all(_is_score(v) for _, v in told) else None


def _is_score(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= LARGEST


def _has_twins(pairs: Any) -> bool:
    if not isinstance(pairs, list):
        return False
    keys = [one[0] for one in pairs if isinstance(one, tuple)]
    inner = (one[1] if isinstance(one, tuple) else one for one in pairs)
    return len(set(keys)) < len(keys) or any(_has_twins(one) for one in inner)


def _all_finite(read: Any) -> bool:
    if isinstance(read, dict | list):
        return all(_all_finite(one) for one in (read.values() if isinstance(read, dict) else read))
    return not isinstance(read, int | float) or abs(read) <= LARGEST


def _csv_said(lines: list[bytes], unended: bytes) -> list[Said]:
    rows = [_cells(line) for line in lines]
    header = [name.strip() for name in rows[0] or []] if rows else []
    if len(set(header)) < len(header) or any(len(name) > LONGEST_NAME for name in header):
        return []
    body = [r for r, line in zip(rows[1:], lines[1:], strict=True) if line.strip()]
    if "drift_score" in header:
        found = [_wide(header, row) for row in body]
        return [said for said in found if said is not None]
    if not {"feature", "score"} <= set(header) or unended.strip():
        return []
    said = _long(header, body)
    return [] if said is None else [said]


def _cells(line: bytes) -> list[str] | None:
    try:
        text = line.decode("utf-8").removeprefix("\ufeff").rstrip("\r")
    except UnicodeDecodeError:
        return None
    if any(ord(mark) < 32 and mark != "\t" for mark in text) or "\x7f" in text:
        return None
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        return None


def _wide(header: list[str], row: list[str] | None) -> Said | None:
    if row is None or len(row) != len(header):
        return None
    cells = dict(zip(header, map(_cell, row), strict=True))
    overall = cells.pop("drift_score")
    numbers = [(name, value) for name, value in cells.items() if name and isinstance(value, float)]
    features = _features(numbers)
    fine = _is_score(overall) and features is not None
    return (float(overall), features) if fine and features is not None else None


def _long(header: list[str], body: list[list[str] | None]) -> Said | None:
    pairs: list[tuple[str, Any]] = []
    for row in body:
        if row is None or len(row) != len(header):
            return None
        cells = dict(zip(header, row, strict=True))
        others = [_cell(text) for name, text in cells.items() if name != "feature"]
        if math.inf in others:
            return None
        pairs.append((cells["feature"].strip(), _cell(cells["score"])))
    names = [name for name, _ in pairs]
    overall = [value for name, value in pairs if name == "drift_score"]
    features = _features([pair for pair in pairs if pair[0] != "drift_score"])
    if len(set(names)) < len(names) or len(overall) != 1 or not _is_score(overall[0]):
        return None
    return None if features is None else (float(overall[0]), features)


def _cell(text: str) -> Any:
    """Return a number, None for an empty cell, or the text; what is not finite is infinite."""
    text = text.strip()
    if text.lower() in ("", "null", "none", "na", "n/a"):
        return None
    if not text.isascii() or "_" in text:
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return float(number) if number.is_finite() and abs(number) <= LARGEST else math.inf


def _parquet_said(data: bytes) -> list[Said]:
    """What the library reads from a file of scores, in this process."""
    try:
        rows = pq.read_table(io.BytesIO(data), page_checksum_verification=True).to_pylist()
    except (OSError, ValueError, pa.ArrowException):
        return []
    found = []
    for row in rows:
        overall = row.pop("drift_score", None)
        features = _features([(n, v) for n, v in row.items() if isinstance(v, int | float)])
        if _is_score(overall) and features is not None:
            found.append((float(overall), features))
    return found
