"""When a message that did not arrive is sent again."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainautod.notify.outbox import (
    FIRST_S,
    LONGEST_S,
    PATIENCE_MS,
    Waiting,
    next_try_ms,
    pause_s,
)

AT = 1_373_400_000_000
NOISE = st.floats(0, 1, exclude_max=True)


def waiting(tries: int, at_ms: int = AT) -> Waiting:
    return Waiting(1, "run_failed", tries, at_ms, at_ms)


def test_pauses_double_up_to_a_quarter_of_an_hour() -> None:
    pauses = [pause_s(tries, noise=1.0) for tries in range(1, 12)]

    assert pauses[:4] == [FIRST_S, 4.0, 8.0, 16.0]
    assert pauses[-1] == LONGEST_S == 900.0
    assert all(later == min(2 * sooner, LONGEST_S) for sooner, later in pairwise(pauses))


@given(tries=st.integers(1, 10_000), noise=NOISE)
def test_noise_spreads_tries_over_the_upper_half_of_the_pause(tries: int, noise: float) -> None:
    whole = pause_s(tries, 1.0)
    assert whole / 2 <= pause_s(tries, noise) <= whole <= LONGEST_S


@given(tries=st.integers(0, 200), noise=NOISE, passed=st.integers(0, 2 * PATIENCE_MS))
def test_a_message_is_tried_for_a_day(tries: int, noise: float, passed: int) -> None:
    due_ms = next_try_ms(waiting(tries), AT + passed, noise)

    if passed >= PATIENCE_MS:
        assert due_ms is None
    else:
        assert due_ms is not None
        assert 1.0 <= (due_ms - AT - passed) / 1000 <= LONGEST_S


@pytest.mark.parametrize("noise", [0.0, 0.999])
def test_a_dead_target_gets_about_a_hundred_tries(noise: float) -> None:
    tries, now_ms = 0, AT
    while (due_ms := next_try_ms(waiting(tries), now_ms, noise)) is not None:
        tries, now_ms = tries + 1, due_ms

    assert 96 <= tries <= 220
    assert PATIENCE_MS <= now_ms - AT <= PATIENCE_MS + LONGEST_S * 1000
