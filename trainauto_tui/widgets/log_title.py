"""What stands at the right end of a log's title."""

from trainauto_tui.drawing.spans import Span
from trainauto_tui.widgets.log_view import LogView


def log_title(log: LogView) -> tuple[Span, ...]:
    """Return what is out of the ordinary in ``log``, its size, and whether it follows the end."""
    size = log.size_text
    if not size:
        return ()
    parts = [log.title_spans(), (Span(size, "muted"),)]
    if not log.complete:
        parts.append((Span("FOLLOW", "live") if log.follows else Span("f follows", "muted"),))
    spans = [span for part in parts if part for span in (*part, Span("  "))]
    return tuple(spans[:-1])
