"""What the flight steps agree on: the feature table, its encoding, how files are written."""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

CATEGORIES = ("carrier", "origin", "dest")
FEATURES = (
    "dep_delay",
    "sched_minute",
    "sched_elapsed",
    "day_of_week",
    "distance",
    "origin_load",
    "origin_delay_3h",
    "carrier_delay_3h",
    *CATEGORIES,
)
LABEL = "late"


def log(message: str) -> None:
    """Write one line to the step's log, at once."""
    print(message, flush=True)


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write ``frame`` so that equal frames give equal bytes: no index, no metadata, no clock."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")


def read_parquet(path: Path) -> pd.DataFrame:
    """Read a table of an earlier step; exits with one line when there is none to read."""
    try:
        frame: pd.DataFrame = pq.read_table(path).to_pandas()
    except FileNotFoundError:
        sys.exit(f"{path} is not there: run the step that writes it first")
    except pa.ArrowInvalid as error:
        sys.exit(f"{path} is not a readable parquet file: {error}")
    return frame


def read_features(path: Path) -> pd.DataFrame:
    """Read the feature table; exits with one line when it lacks what the model needs."""
    frame = read_parquet(path)
    missing = [name for name in ("day", LABEL, *FEATURES) if name not in frame.columns]
    if missing:
        sys.exit(f"{path} has no column {', '.join(missing)}: run features.py again")
    return frame


def write_json(values: Mapping[str, Any], path: Path) -> None:
    """Write ``values`` as readable JSON, keys sorted; NaN is refused."""
    text = json.dumps(values, indent=2, sort_keys=True, allow_nan=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object that an earlier step wrote; exits with one line when it cannot."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        sys.exit(f"{path} is not there: run the step that writes it first")
    except ValueError as error:
        sys.exit(f"{path} is not readable JSON: {error}")
    if not isinstance(values, dict):
        sys.exit(f"{path} holds no JSON object")
    return values


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal text."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def categories_of(frame: pd.DataFrame) -> dict[str, list[str]]:
    """Return the known values of each categorical feature, sorted."""
    return {name: sorted(map(str, frame[name].unique())) for name in CATEGORIES}


def matrix(frame: pd.DataFrame, categories: Mapping[str, Sequence[str]]) -> NDArray[np.float64]:
    """Encode a feature table for the model.

    Args:
        frame: One row per flight, with the columns of ``FEATURES``.
        categories: The values known to the model; any other counts as missing.

    Returns:
        Array of shape (rows, ``len(FEATURES)``); a category is its position among the known
        values, a missing value is NaN.
    """
    encoded = np.empty((len(frame), len(FEATURES)))
    for column, name in enumerate(FEATURES):
        if name in CATEGORIES:
            codes = pd.Index(list(categories[name])).get_indexer(pd.Index(frame[name]))
            encoded[:, column] = np.where(codes < 0, np.nan, codes)
        else:
            encoded[:, column] = frame[name].to_numpy(np.float64)
    return encoded
