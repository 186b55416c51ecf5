from typing import Any, cast

from tests.tui.documents import daemon
from tests.tui.stage import NOW
from trainauto_tui.documents import Undelivered
from trainauto_tui.drawing import messages


def told(**more: Any) -> str:
    one = cast("Undelivered", daemon.undelivered(**more))
    return messages.fate(one, NOW) + messages.reason(one)


def test_messages_wait_until_their_next_try() -> None:
    assert told() == "3 to HOOK_URL wait, next try in 3m: connection refused"
    assert told(count=1, due_at=None) == "1 to HOOK_URL waits: connection refused"
    past = "2013-07-10T06:11:00.000+00:00"
    assert told(due_at=past) == "3 to HOOK_URL wait: connection refused"


def test_messages_were_given_up() -> None:
    lost = {"state": "failed", "due_at": None}
    assert told(**lost) == "3 to HOOK_URL were given up: connection refused"
    assert told(count=1, **lost) == "1 to HOOK_URL was given up: connection refused"
