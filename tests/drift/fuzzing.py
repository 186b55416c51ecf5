"""What becomes of damaged drift files, held against the oracle."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.drift.damage import Damaged
from tests.drift.oracle import oracle
from trainautod.lineage.drift import DriftSource
from trainautod.runtime.drift_files import Reading, read


@dataclass
class Tally:
    """What became of damaged files.

    Attributes:
        files: how many.
        believed: how many gave a report, for they are still whole in a part.
        refused: how many gave none, and a reason.
        bare: how many gave none, and had none in them: nothing but blank lines and a header.
        wrong: those that gave other reports than the oracle, or neither report nor reason.
    """

    files: int = 0
    believed: int = 0
    refused: int = 0
    bare: int = 0
    wrong: list[tuple[Damaged, object]] = field(default_factory=list)

    def count(self, file: Damaged, reading: Reading) -> None:
        """Take in one file, read as one that stood still."""
        said = [
            (line.report.score, dict(line.report.features)) for line in reading.lines if line.report
        ]
        unsaid = reading.trouble is not None or any(line.reason for line in reading.lines)
        self.files += 1
        if said != oracle(file.suffix, file.data) or not (said or unsaid or _is_bare(file)):
            self.wrong.append((file, (said, reading)))
        elif said:
            self.believed += 1
        elif unsaid:
            self.refused += 1
        else:
            self.bare += 1


def try_all(files: Iterable[Damaged], folder: Path) -> Tally:
    """Write each file into a folder and read it as the monitor does."""
    tally = Tally()
    for file in files:
        path = folder / f"report{file.suffix}"
        path.write_bytes(file.data)
        tally.count(file, read(DriftSource(str(path)), still=True))
    return tally


def _is_bare(file: Damaged) -> bool:
    lines = [line for line in file.data.split(b"\n") if line.strip()]
    return len(lines) <= (1 if file.suffix == ".csv" else 0)
