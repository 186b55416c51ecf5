"""Every IANA zone over two years of changes of its clocks: each slot exactly once.

Here each change that any zone has is kept by some of the schedules; ``python -m
tests.support.zones`` keeps all of them in each zone through all of both years.
"""

from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.support.zones import AROUND, CRONS, END, START, changes, distinct, expected, kept

PARTS = 4  # so that several processes can share the work
SAMPLE = 3  # schedules for each change, others for the next; the command below keeps all of them


@pytest.mark.parametrize("part", range(PARTS))
def test_each_slot_around_each_change_of_any_zone_fires_exactly_once(part: int) -> None:
    for number, (change, names) in list(enumerate(distinct().items()))[part::PARTS]:
        start, end = change.at - AROUND, change.at + AROUND
        sample = [CRONS[(number * SAMPLE + each) % len(CRONS)] for each in range(SAMPLE)]
        slots = expected(sample, ZoneInfo(names[0]), start, end)
        for text, fired in kept(sample, names[0], start, end).items():
            told = f"{text} in {names[0]} around {change.at}"
            assert len(fired) == len(set(fired)), f"{told}: fired twice"
            assert set(fired) == slots[text], told


def test_all_zones_are_looked_at() -> None:
    """Zones differ near a change only by the change; without one they are an offset to UTC."""
    moving = {name for names in distinct().values() for name in names}
    still = available_timezones() - moving
    assert len(moving) > 150
    assert {"Europe/Berlin", "America/New_York", "Africa/Casablanca"} <= moving
    for name in still:
        zone = ZoneInfo(name)
        assert START.astimezone(zone).utcoffset() == END.astimezone(zone).utcoffset()


def test_changes_of_one_zone_are_far_enough_apart_to_be_looked_at_one_by_one() -> None:
    for names in distinct().values():
        times = [change.at for change in changes(names[0])]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert min(gaps, default=timedelta(days=365)) > 2 * AROUND
