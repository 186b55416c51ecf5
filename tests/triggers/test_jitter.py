"""The delay of a slot."""

from hypothesis import given
from hypothesis import strategies as st

from trainautod.triggers.jitter import delay_ms

MIDNIGHT_MS = 1_373_414_400_000


@given(st.text(), st.integers(0, 1 << 42), st.integers(1, 10_000))
def test_it_is_always_the_same_and_below_the_most(name: str, slot_ms: int, most_s: int) -> None:
    found = delay_ms(name, slot_ms, most_s)
    assert 0 <= found < most_s * 1000
    assert found == delay_ms(name, slot_ms, most_s)


def test_it_is_the_same_in_the_next_process() -> None:
    assert delay_ms("nightly", MIDNIGHT_MS, 600) == 17_268


def test_none_is_none() -> None:
    assert delay_ms("nightly", MIDNIGHT_MS, 0) == 0


def test_slots_and_pipelines_are_spread_out() -> None:
    nights = {delay_ms("nightly", MIDNIGHT_MS + n * 86_400_000, 600) for n in range(100)}
    pipelines = {delay_ms(f"p{n}", MIDNIGHT_MS, 600) // 60_000 for n in range(200)}
    assert len(nights) == 100
    assert pipelines == set(range(10))
