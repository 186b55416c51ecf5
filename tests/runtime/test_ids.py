"""Run ids: short, unique, and sorted by time."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from trainautod.runtime.ids import RunIds

FORM = re.compile(r"[0-9a-z]{16}")
FAR_MS = 36**9 - 10_000  # the year 5188


@given(st.lists(st.integers(0, FAR_MS), min_size=1, max_size=50))
def test_ids_sort_in_the_order_in_which_they_were_made(times: list[int]) -> None:
    ids = RunIds()
    made = [ids.make(now_ms) for now_ms in times]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(FORM.fullmatch(run_id) for run_id in made)


@given(st.integers(1, FAR_MS - 1))
def test_a_later_daemon_makes_later_ids(now_ms: int) -> None:
    assert RunIds().make(now_ms) < RunIds().make(now_ms + 1)


def test_two_daemons_in_one_millisecond_make_different_ids() -> None:
    now_ms = time.time_ns() // 1_000_000
    assert len({RunIds().make(now_ms) for _ in range(1000)}) == 1000


def test_ids_of_one_moment_differ_in_their_time_digits() -> None:
    ids = RunIds()
    first, second = ids.make(5), ids.make(5)
    assert first[:9] == "000000005"
    assert second[:9] == "000000006"
