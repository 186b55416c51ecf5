"""Lines by number: the same as one would count by reading the log, wherever blocks end."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainautod.execution import log_lines
from trainautod.execution.log import LogReader
from trainautod.execution.log_lines import LineStart, find_line


def write(directory: Path, *parts: tuple[int, bytes]) -> LogReader:
    """Make a log of segments; what no segment holds is gone."""
    for old in directory.glob("*.seg"):
        old.unlink()
    for offset, data in parts:
        (directory / f"{offset:020d}.seg").write_bytes(data)
    return LogReader(directory)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from([b"\n", b"a", b"bb"]), max_size=40).map(b"".join))
def test_each_line_is_found_by_its_number(tmp_path: Path, log: bytes) -> None:
    reader, start = write(tmp_path, (0, log)), 0
    lines = log.splitlines(keepends=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_lines, "BLOCK", 7)
        for number, line in enumerate(lines, 1):
            assert find_line(reader, number) == LineStart(number, start, len(log))
            start += len(line)
        if lines:
            assert find_line(reader, len(lines) + 5).number == len(lines)


def test_a_log_that_is_not_there_has_its_first_line_at_its_start(tmp_path: Path) -> None:
    assert find_line(LogReader(tmp_path / "none"), 3) == LineStart(1, 0, 0)


def test_a_part_that_is_gone_ends_a_line_and_is_none(tmp_path: Path) -> None:
    reader = write(tmp_path, (0, b"one\ntw"), (100, b"o\nthree\n"))

    starts = [find_line(reader, number).start for number in range(1, 6)]

    assert starts == [0, 4, 100, 102, 102]
