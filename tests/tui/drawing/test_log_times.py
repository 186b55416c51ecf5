from datetime import UTC

import pytest

from trainauto_tui.drawing.log_times import of_day, since, time_at

NOON_MS = 1_373_457_600_000  # 2013-07-10T12:00:00Z
NOON = NOON_MS / 1000


def test_a_byte_came_when_the_last_entry_before_it_says() -> None:
    times = [[0, 100], [50, 200], [80, 300]]
    assert [time_at(times, offset) for offset in (0, 49, 50, 81)] == [100, 100, 200, 300]
    assert time_at([], 5) is None


def test_the_date_is_told_unless_it_is_today() -> None:
    assert of_day(NOON_MS + 1500, NOON, UTC) == "12:00:01"
    assert of_day(NOON_MS - 86_400_000, NOON, UTC) == "07-09 12:00:00"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "+0:00"), (161, "+2:41"), (3761, "+1:02:41"), (273_900, "+3d 04:05"), (-5, "+0:00")],
)
def test_the_time_since_the_start(seconds: int, text: str) -> None:
    assert since(NOON_MS + seconds * 1000, NOON_MS) == text
