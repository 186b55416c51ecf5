"""The nearest known word, and silence when nothing is near."""

import pytest

from trainautod.spec.suggestion import did_you_mean, nearest

KEYS = ("needs", "outputs", "run", "when", "retry")


@pytest.mark.parametrize(
    ("word", "meant"),
    [("need", "needs"), ("ouputs", "outputs"), ("Run", "run"), ("wehn", "when")],
)
def test_a_slip_finds_the_word(word: str, meant: str) -> None:
    assert nearest(word, KEYS) == meant
    assert did_you_mean(word, KEYS) == f"did you mean '{meant}'?"


@pytest.mark.parametrize("word", ["", "zzz", "x" * 10_000], ids=len)
def test_a_word_like_no_other_finds_none(word: str) -> None:
    assert nearest(word, KEYS) is None
    assert did_you_mean(word, KEYS) == ""


def test_the_order_of_the_known_words_does_not_matter() -> None:
    assert nearest("trian", ["train", "Train"]) == nearest("trian", ["Train", "train"])
