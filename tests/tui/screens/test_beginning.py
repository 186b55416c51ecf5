import pytest

from trainauto_tui.screens.beginning import certain


@pytest.mark.parametrize(
    ("typed", "found"),
    [("", ""), ("tr", "train_"), ("train_l", "train_lr"), ("x", "x"), ("split", "split")],
)
def test_what_is_certain_is_completed_and_nothing_else(typed: str, found: str) -> None:
    assert certain(typed, ["train_lr", "train_xgb", "split"]) == found
