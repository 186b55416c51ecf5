"""The drift file: what a comparison found, as the monitor reads it and policies ask for it."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from trainautod.artifacts.transfer import sync_directory, sync_file, write_all
from trainautod.drift.bins import Bins, from_json
from trainautod.drift.compare import Comparison, Distances, Feature, Method
from trainautod.drift.errors import BinsUnusable, DriftError

DIGITS = 6  # after the point; what lies beyond is noise of the sample


def document(
    found: Comparison,
    method: Method,
    *,
    reference: str,
    current: str,
    at: str,
    skipped: Mapping[str, str],
) -> dict[str, Any]:
    """The report of a comparison.

    Args:
        found: The comparison.
        method: How it was made.
        reference: Where the reference rows are from.
        current: Where the current rows are from.
        at: When, ISO 8601.
        skipped: Columns that were not compared, and why.
    """
    bins = {name: one.bins.to_json() for name, one in found.features.items() if one.bins}
    return {
        "drift_score": round(found.drift_score, DIGITS),
        "features": {name: _feature(one, method) for name, one in found.features.items()},
        "measure": method.measure,
        "combined": method.score,
        "judged": found.judged,
        "min_rows": method.needed,
        "reference": reference,
        "current": current,
        "at": at,
        "skipped": dict(skipped),
        "bins": bins,
    }


def stored_bins(path: Path) -> dict[str, Bins]:
    """The bins by feature in a drift file, or in a file that holds nothing else.

    Raises:
        BinsUnusable: There is no such file, or no bins are in it.
    """
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BinsUnusable(
            f"no bins can be read from {path}: {error}", "name a report of drift compute"
        ) from error
    bins = read.get("bins", read) if isinstance(read, dict) else None
    if not isinstance(bins, dict) or not bins:
        raise BinsUnusable(f"{path} holds no bins", "name a report of drift compute")
    made = {}
    for name, one in bins.items():
        try:
            made[name] = from_json(one)
        except BinsUnusable as error:
            raise BinsUnusable(f"{path}: bins of {name}: {error.message}", error.hint) from error
    return made


def write(report: Mapping[str, Any], path: Path) -> None:
    """Write a report so that whoever watches the folder sees all of it, or what was there before.

    A folder that is missing is made.

    Raises:
        DriftError: It cannot be written; the file is as it was.
    """
    data = (json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
    fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            write_all(handle, data)
            sync_file(handle)
        finally:
            os.close(handle)
        fresh.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        with suppress(OSError):  # where a file is in the folder's place, nothing can be removed
            fresh.unlink()
        raise DriftError(
            f"{path} cannot be written: {error.strerror}", "name a file that can be"
        ) from error


def _feature(one: Feature, method: Method) -> dict[str, Any]:
    values, presence = one.values, one.presence
    score = None if one.score is None else round(one.score, DIGITS)
    return {
        "score": score,
        "verdict": one.verdict,
        **_distances(values),
        "p_adjusted": _rounded(one.p_adjusted[0]),
        "n_reference": one.sizes[0],
        "n_current": one.sizes[1],
        "missing_reference": _missing(one, 0),
        "missing_current": _missing(one, 1),
        "missing_score": _rounded(presence.of(method.measure)) if presence else None,
        "missing_p_adjusted": _rounded(one.p_adjusted[1]),
        "notes": list(one.notes),
    }


def _distances(values: Distances | None) -> dict[str, float | None]:
    names = ("psi", "ks", "js", "wasserstein", "chi2", "expected_psi")
    tests = ("ks_p_value", "chi2_p_value", "p_value")
    return {name: _rounded(getattr(values, name, None)) for name in (*names, *tests)}


def _missing(one: Feature, side: int) -> float | None:
    rows = one.rows[side]
    return round(1 - one.sizes[side] / rows, DIGITS) if rows else None


def _rounded(value: float | None) -> float | None:
    """A number to ``DIGITS`` digits after the point; a p-value keeps its size below that."""
    if value is None:
        return None
    return round(value, DIGITS) if value >= 10**-DIGITS else float(f"{value:.3g}")
