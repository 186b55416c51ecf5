"""Learn the encoder of one feature, from its own column, and write it as JSON.

Reads two columns and needs no pandas: it starts in a third of a second, and there is one per
feature.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import trainauto
from encoders import learn, training_days
from numpy.typing import NDArray


def values_of(table: pa.Table, name: str) -> NDArray[np.generic]:
    """Return a column as an array: floats with NaN where a value is missing, or texts."""
    column = table[name]
    is_text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    return np.array(column.to_pylist(), dtype=object if is_text else np.float64)


def main() -> None:
    """Run the step."""
    parser = argparse.ArgumentParser(description="Learn the encoder of one feature.")
    parser.add_argument("--feature", required=True)
    parser.add_argument("--holdout", type=int, required=True, help="newest days to leave unseen")
    parser.add_argument("--data", type=Path, default=Path("data/features.parquet"))
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    try:
        # read_table and to_numpy import pandas, which takes longer than all that is done here.
        table = pq.ParquetFile(given.data).read(columns=["day", "late", given.feature])
    except (OSError, pa.ArrowInvalid) as error:
        sys.exit(f"{given.data}: {error}")
    of_row = table["day"].to_pylist()
    days = training_days(of_row, given.holdout)
    rows = np.isin(of_row, days)
    late = np.array(table["late"].to_pylist(), dtype=bool)[rows]
    if not 0 < late.sum() < len(late):
        sys.exit(f"{given.data}: to learn from, there must be late and punctual flights")
    encoder = learn(values_of(table, given.feature)[rows], late)
    described = {"feature": given.feature, "days": [days[0], days[-1]], "rows": int(rows.sum())}
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(described | encoder, indent=1) + "\n", encoding="utf-8")
    spread = max(encoder["log_odds"]) - min(encoder["log_odds"])
    trainauto.log_metric("spread", spread)
    print(f"{given.feature}: {len(encoder['log_odds'])} parts, log-odds spread {spread:.2f}")


if __name__ == "__main__":
    main()
