"""``python -m benchmarks.drift_files [COUNT] [--seed N]``: damaged drift files by the thousand.

Each is read as the drift monitor reads it, and held against an oracle. It prints what became of
them and exits with 1 when one crashed the reader, was believed without reason, or was passed over.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.drift.damage import damaged
from tests.drift.fuzzing import try_all
from tests.drift.parquet_files import damaged_parquet

SHOWN = 5
PARQUET = 200  # each of them is a process


def main() -> int:
    """Read so many damaged files; 0 when none was taken for what it is not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drift_files")
    parser.add_argument("count", type=int, nargs="?", default=100_000, metavar="COUNT")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="drift-"))
    began = time.perf_counter()
    try:
        tally = try_all(damaged(given.seed, given.count), folder)
        parquet = try_all(damaged_parquet(given.seed, min(PARQUET, given.count)), folder)
    finally:
        shutil.rmtree(folder)
    for name, one in (("text", tally), ("parquet", parquet)):
        print(
            f"{name}: {one.files} files, {one.believed} with a report that the oracle reads too, "
            f"{one.refused} refused with a reason, {one.bare} bare, {len(one.wrong)} wrong"
        )
    print(f"seed {given.seed}, {time.perf_counter() - began:.0f} s")
    wrong = [*tally.wrong, *parquet.wrong]
    for file, got in wrong[:SHOWN]:
        print(f"{file.suffix} {file.how}: {file.data[:200]!r}\n  gave {got}"[:1000])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
