"""``python -m trainautod.drift``: compare two tables in a process of its own, and end.

It prints the report as JSON, or why there is none. Exit codes: 0 a report, 1 nothing can be
judged, 2 a file or an argument is not valid, 4 no such file.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trainautod.drift.compare import MEASURES, SCORES, Method, compare
from trainautod.drift.document import document, stored_bins, write
from trainautod.drift.errors import DriftError, NothingToJudge, TableMissing
from trainautod.drift.tables import common, known, read

INVALID, NOT_FOUND, INTERRUPTED = 2, 4, 130


def main(words: Sequence[str] | None = None) -> int:
    """Compare, print and write; return the exit code."""
    given = parser().parse_args(words)
    try:
        report = computed(given)
        if given.output is not None:
            write(report, given.output)
    except DriftError as error:
        print(error.message, error.hint, sep="\n" if error.hint else "", file=sys.stderr)
        return _code(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    json.dump(report, sys.stdout, indent=1, ensure_ascii=False, allow_nan=False)
    print()
    return 0


def parser() -> argparse.ArgumentParser:
    """The parser of the command line; ``trainauto drift compute`` passes its words on."""
    made = argparse.ArgumentParser(prog="python -m trainautod.drift", allow_abbrev=False)
    made.add_argument("reference", type=Path)
    made.add_argument("current", type=Path)
    made.add_argument("--output", type=Path)
    made.add_argument("--columns", default="")
    made.add_argument("--exclude", default="")
    made.add_argument("--measure", choices=MEASURES, default="psi")
    made.add_argument("--score", choices=SCORES, default="max")
    made.add_argument("--min-rows", type=int)
    made.add_argument("--bins", type=Path)
    return made


def computed(given: argparse.Namespace) -> dict[str, Any]:
    """The report that the arguments ask for.

    Raises:
        DriftError: A file cannot be used, or nothing can be judged.
    """
    bins = stored_bins(given.bins) if given.bins is not None else {}
    wanted, excluded = _names(given.columns), _names(given.exclude)
    method = Method(given.measure, given.score, given.min_rows, bins)
    reference, current = (read(path, wanted, excluded) for path in (given.reference, given.current))
    known(excluded, reference, current)
    found = compare(reference.columns, current.columns, method)
    return document(
        found,
        method,
        reference=str(given.reference),
        current=str(given.current),
        at=datetime.now(UTC).astimezone().isoformat(timespec="milliseconds"),
        skipped=common(reference, current),
    )


def _names(listed: str) -> list[str]:
    return [name for name in (each.strip() for each in listed.split(",")) if name]


def _code(error: DriftError) -> int:
    if isinstance(error, NothingToJudge):
        return 1
    return NOT_FOUND if isinstance(error, TableMissing) else INVALID


if __name__ == "__main__":
    sys.exit(main())
