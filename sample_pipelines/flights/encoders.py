"""Encoders: what a value of one feature says of a flight's lateness, learned from it alone.

An encoder turns a value into log-odds: how much likelier than the average flight one with this
value is late. It is a JSON object; nothing here needs more than numpy.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PARTS = 24  # of a numeric feature, equally many flights each
PRIOR = 40.0  # flights that lean each part towards the average: a few say little
DIGITS = 6

Late = NDArray[np.bool_]


def training_days(days: Iterable[str], holdout: int) -> list[str]:
    """Return the days to learn from: all but the newest ``holdout``."""
    return sorted(set(days))[:-holdout]


def learn(values: NDArray[Any], late: Late) -> dict[str, Any]:
    """Learn an encoder.

    Args:
        values: One feature of each flight: numbers, NaN where missing, or texts.
        late: Whether each was late.
    """
    base = float(late.mean())
    if values.dtype.kind != "f":
        known = sorted(set(values.tolist()))
        odds = [_log_odds(late[values == value], base) for value in known]
        return {"kind": "text", "values": known, "log_odds": odds}
    missing = np.isnan(values)
    present = values[~missing]
    cuts = np.quantile(present, np.arange(1, PARTS) / PARTS, method="inverted_cdf")
    edges = np.unique(cuts)
    part = np.searchsorted(edges, present, side="left")
    late_there = late[~missing]
    odds = [_log_odds(late_there[part == index], base) for index in range(len(edges) + 1)]
    return {
        "kind": "number",
        "edges": edges.tolist(),
        "log_odds": odds,
        "missing": _log_odds(late[missing], base),
    }


def encode(encoder: Mapping[str, Any], values: NDArray[Any]) -> NDArray[np.float64]:
    """Return the log-odds of each value; those of a text never seen are 0, the average's."""
    odds = np.asarray(encoder["log_odds"], dtype=np.float64)
    if encoder["kind"] == "text":
        by_text = dict(zip(encoder["values"], encoder["log_odds"], strict=True))
        return np.array([by_text.get(value, 0.0) for value in values.tolist()])
    found = odds[np.searchsorted(encoder["edges"], values, side="left").clip(0, len(odds) - 1)]
    return np.where(np.isnan(values), encoder["missing"], found)


def encoded(
    encoders: Mapping[str, Mapping[str, Any]], columns: Mapping[str, NDArray[Any]]
) -> NDArray[np.float64]:
    """Return an array of shape (flights, encoders), in the encoders' order."""
    parts: Sequence[NDArray[np.float64]] = [
        encode(encoder, columns[name]) for name, encoder in encoders.items()
    ]
    return np.column_stack(parts)


def _log_odds(late: Late, base: float) -> float:
    share = (late.sum() + PRIOR * base) / (len(late) + PRIOR)
    return round(float(np.log(share / (1 - share)) - np.log(base / (1 - base))), DIGITS)
