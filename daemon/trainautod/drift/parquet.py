"""``python -m trainautod.drift.parquet < FILE``: print a parquet file's rows as JSON, and end.

The first line is the list of columns, each further one the list of a row's cells; what is neither
number nor text is told as text. A process of its own: the library costs some 50 MB and a damaged
file may cost more. Exit codes: 0 printed, 2 the file cannot be read, for the reason on stderr.
"""

import json
import os
import resource
import sys
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

MOST_ROWS = 20_000
MOST_COLUMNS = 10_000
MOST_CELLS = 1_000_000  # the daemon holds them all: 50 scores in each of the most rows
LARGEST = 32 << 20  # bytes that are printed, for the same reason
MEMORY = 4 << 30  # bytes of address space: the library reserves much of it, and uses little


def main(file: BinaryIO) -> int:
    """Print a file's rows; return the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        text = "\n".join(json.dumps(line) for line in _lines(file))
        if len(text) > LARGEST:
            raise ValueError(f"its rows are more than {LARGEST >> 20} MiB of text")
    except Exception as error:  # noqa: BLE001 - whatever the library raises, the file is damaged
        told = str(error).strip().splitlines() or [type(error).__name__]
        print(told[0], file=sys.stderr, flush=True)
        return 2
    print(text, flush=True)
    return 0


def _lines(source: BinaryIO) -> list[list[Any]]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(source, page_checksum_verification=True, pre_buffer=False)
    rows, columns = file.metadata.num_rows, file.schema_arrow.names
    wide, long = len(columns) > MOST_COLUMNS, rows > MOST_ROWS
    if wide or long or rows * len(columns) > MOST_CELLS:
        raise ValueError(f"{rows} rows of {len(columns)} columns are no table of reports")
    table = file.read(use_threads=False)
    cells = [[_scalar(value) for value in column.to_pylist()] for column in table.columns]
    return [list(columns), *(list(row) for row in zip(*cells, strict=True))]


def _scalar(value: object) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


if __name__ == "__main__":
    # Threads of the library that are still starting abort an interpreter that tears itself down.
    os._exit(main(sys.stdin.buffer))
