"""Messages to people that have not arrived."""

from collections.abc import Sequence

from trainauto_tui.documents import Notification
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.spans import Role, Span

Line = tuple[Span, ...]

NEWS_S = 86400.0  # a message that was given up longer ago is no news


def undelivered(
    put_off: Sequence[Notification], failed: Sequence[Notification], now: float
) -> list[Line]:
    """Return, a line per target, whom messages do not reach, and whom they did not of late.

    Args:
        put_off: Messages that are to be sent again, newest first.
        failed: Messages that were given up, newest first.
        now: Unix time in seconds.
    """
    lost = [one for one in failed if now - (amounts.seconds_of(one["ended_at"]) or now) < NEWS_S]
    waits = [_line(one, f"wait{_again(one, now)}", "warn") for one in _by_target(put_off)]
    return waits + [_line(one, "were given up", "bad") for one in _by_target(lost)]


def _by_target(messages: Sequence[Notification]) -> list[Notification]:
    """Return the newest message to each target."""
    return list({one["target"]: one for one in reversed(messages)}.values())


def _again(message: Notification, now: float) -> str:
    due = amounts.seconds_of(message["due_at"])
    return f", next try {amounts.until(due - now)}" if due is not None and due > now else ""


def _line(message: Notification, what: str, role: Role) -> Line:
    error = (message["error"] or "").strip().split("\n", 1)[0]
    return (Span(f"messages to {message['target']} {what}: ", role), Span(error))
