from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.drawing.row_order import Value, ordered

Pair = tuple[str, Value]
PAIRS = st.dictionaries(
    st.text("abc", min_size=1, max_size=3),
    st.none() | st.floats(allow_nan=False) | st.text("aBc", max_size=2),
    max_size=8,
)


def by_value(pairs: list[Pair], down: bool = False) -> list[str]:
    rows = ordered(pairs, lambda pair: pair[1], lambda pair: pair[0], down)
    return [key for key, _ in rows]


def test_rows_stand_by_value_and_those_without_one_last() -> None:
    pairs: list[Pair] = [("a", 3.0), ("b", None), ("c", 1.0), ("d", 2.0)]
    assert by_value(pairs) == ["c", "d", "a", "b"]
    assert by_value(pairs, down=True) == ["a", "d", "c", "b"]


def test_equal_values_stand_by_key_in_either_direction() -> None:
    pairs: list[Pair] = [("c", 1.0), ("a", 1.0), ("b", 1.0)]
    assert by_value(pairs) == by_value(pairs, down=True) == ["a", "b", "c"]


def test_text_is_compared_without_case() -> None:
    assert by_value([("1", "beta"), ("2", "Alpha"), ("3", "alpha")]) == ["2", "3", "1"]


@given(PAIRS, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_is_the_same_from_wherever_the_rows_stood(
    pairs: dict[str, Value], down: bool, chance: object
) -> None:
    rows = list(pairs.items())
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert by_value(rows, down) == by_value(shuffled, down)
    assert sorted(by_value(rows, down)) == sorted(pairs)
