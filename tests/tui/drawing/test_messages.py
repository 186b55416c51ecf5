from typing import Any, cast

from tests.tui.documents import daemon
from tests.tui.stage import NOW
from trainauto_tui.documents import Notification
from trainauto_tui.drawing import messages


def message(**more: Any) -> Notification:
    return cast("Notification", daemon.message(**more))


def told(put_off: list[Notification], failed: list[Notification]) -> list[str]:
    lines = messages.undelivered(put_off, failed, NOW)
    return ["".join(span.text for span in line) for line in lines]


def test_of_each_target_the_newest_message_says_why_they_wait() -> None:
    assert told([], []) == []
    older = message(id=1, error="timed out")
    other = message(id=0, target="MAIL_URL", due_at="2013-07-10T06:11:00.000+00:00")
    assert told([message(), older, other], []) == [
        "messages to MAIL_URL wait: connection refused",
        "messages to HOOK_URL wait, next try in 3m: connection refused",
    ]


def test_a_message_that_was_given_up_is_news_for_a_day() -> None:
    lost = message(state="failed", due_at=None, ended_at="2013-07-09T06:12:00.000+00:00")
    assert told([], [lost]) == ["messages to HOOK_URL were given up: connection refused"]
    old = message(state="failed", due_at=None, ended_at="2013-07-09T06:11:00.000+00:00")
    assert told([], [old]) == []
