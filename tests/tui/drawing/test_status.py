import pytest

from trainauto_tui.drawing.status import look, strip

STATUSES = ["queued", "pending", "running", "succeeded", "failed", "skipped", "cancelled"]


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_is_glyph_and_word_and_role(status: str) -> None:
    shown = look(status)
    assert shown.word == status
    assert len(shown.glyph) == len(shown.ascii) == 1
    assert shown.ascii.isascii()


@pytest.mark.parametrize("plain", [False, True])
def test_no_two_statuses_share_a_mark(plain: bool) -> None:
    assert len({look(status).mark(plain) for status in STATUSES}) == len(STATUSES)


def test_a_reused_success_says_so() -> None:
    assert look("succeeded", cached=True).word == "reused"
    assert look("failed", cached=True).word == "failed"


def test_a_status_of_a_newer_daemon_is_shown_by_its_own_word() -> None:
    assert look("paused").word == "paused"


def test_a_strip_has_one_mark_per_run() -> None:
    marks = strip(["failed", "succeeded", "running"], plain=True)
    assert "".join(mark.text for mark in marks) == "x*>"
