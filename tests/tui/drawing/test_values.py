import pytest

from trainauto_tui.drawing.values import pairs, written


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        (False, "false"),
        (None, "null"),
        ("True", "True"),
        (0.1, "0.1"),
        (7, "7"),
        (["a", None], '["a", null]'),
        ({"é": True}, '{"é": true}'),
    ],
)
def test_a_value_is_written_as_expressions_write_it(value: object, shown: str) -> None:
    assert written(value) == shown


def test_values_stand_in_one_line_with_their_names() -> None:
    assert pairs({"fail": True, "day": "2013-07-01"}) == "fail=true  day=2013-07-01"
    assert pairs({"a": 1, "b": 2}, " ") == "a=1 b=2"
    assert pairs({}) == ""
