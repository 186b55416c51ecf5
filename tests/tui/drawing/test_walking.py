import pytest

from tests.tui.drawing.shapes import NIGHTLY
from trainauto_tui.drawing.boxes import draw
from trainauto_tui.drawing.walking import neighbour

BOXES = draw(NIGHTLY, {step: len(step) for step in NIGHTLY}).boxes


@pytest.mark.parametrize(
    ("step", "way", "expected"),
    [
        ("ingest", "down", "validate"),
        ("split", "up", "featurize"),
        ("train_mlp", "up", "split"),
        ("train_lr", "down", "evaluate"),
        ("drift_check", "down", "compare"),
        ("train_xgb", "left", "train_lr"),
        ("train_xgb", "right", "train_mlp"),
        ("canary", "down", "canary"),
        ("ingest", "up", "ingest"),
        ("drift_check", "right", "drift_check"),
    ],
)
def test_the_cursor_follows_the_lines(step: str, way: str, expected: str) -> None:
    assert neighbour(BOXES, NIGHTLY, step, way) == expected


def test_far_ways_end_at_the_first_and_the_last_layer() -> None:
    assert neighbour(BOXES, NIGHTLY, "train_lr", "above", 1000) == "ingest"
    assert neighbour(BOXES, NIGHTLY, "train_lr", "below", 1000) == "canary"
    assert neighbour(BOXES, NIGHTLY, "train_lr", "below", 5) == "evaluate"


def test_between_parts_that_are_not_connected_it_goes_to_the_next_box() -> None:
    needs: dict[str, list[str]] = {"a": [], "b": ["a"], "c": [], "d": ["c"]}
    boxes = draw(needs, dict.fromkeys(needs, 5)).boxes
    assert neighbour(boxes, needs, "a", "right") == "c"
    assert neighbour(boxes, needs, "d", "left") == "b"


def test_every_step_can_be_reached() -> None:
    reached, ways = ["ingest"], ("down", "up", "left", "right")
    for step in reached:
        reached += [
            other for way in ways if (other := neighbour(BOXES, NIGHTLY, step, way)) not in reached
        ]
    assert set(reached) == set(NIGHTLY)
