"""Messages to people that have not arrived, in words for the screen and the command line."""

from trainauto_tui.documents import Undelivered
from trainauto_tui.drawing import amounts


def fate(message: Undelivered, now: float) -> str:
    """Return what became of messages: ``3 to HOOK_URL wait, next try in 4m: ``, without why."""
    one = message["count"] == 1
    if message["state"] == "failed":
        what = "was given up" if one else "were given up"
    else:
        what = f"{'waits' if one else 'wait'}{_again(message['due_at'], now)}"
    return f"{message['count']} to {message['target']} {what}: "


def reason(message: Undelivered) -> str:
    """Return why they did not arrive, in one line."""
    return message["reason"].strip().split("\n", 1)[0]


def _again(due_at: str | None, now: float) -> str:
    due = amounts.seconds_of(due_at)
    return f", next try {amounts.until(due - now)}" if due is not None and due > now else ""
