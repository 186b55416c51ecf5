"""Damaged parquet files, and what the library itself reads from one."""

import io
import math
import random
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.drift.damage import Damaged

TABLE: dict[str, list[Any]] = {
    "day": ["2013-07-01", "2013-07-02", "2013-07-03"],
    "drift_score": [0.05, 0.27, math.nan],
    "dep_delay": [0.1, 0.31, 0.2],
    "distance": [0.02, None, 0.01],
}


def parquet(table: dict[str, list[Any]]) -> bytes:
    """Return a table as the bytes of a parquet file, with checksums of its pages."""
    sink = io.BytesIO()
    pq.write_table(pa.table(table), sink, write_page_checksum=True)
    return sink.getvalue()


def damaged_parquet(seed: int, count: int) -> Iterator[Damaged]:
    """Yield so many damaged parquet files."""
    chance, whole = random.Random(seed), parquet(TABLE)
    for _ in range(count):
        data = bytearray(whole)
        how = chance.choice(("cut", "flip", "flip", "hole", "drop"))
        at = chance.randrange(len(data))
        match how:
            case "cut":
                del data[at:]
            case "flip":
                data[at] ^= 1 << chance.randrange(8)
            case "hole":
                data[at : at + 40] = bytes(len(data[at : at + 40]))
            case _:
                del data[at : at + chance.randint(1, 30)]
        yield Damaged(".parquet", bytes(data), f"{how} at {at}")
