"""What the title of a log tells."""

from trainauto_tui.drawing.spans import Span
from trainauto_tui.widgets.log_view.reader import Reader

TIMES = {"absolute": "time of day", "relative": "time since start"}
LONGEST = 24  # characters of a text that is shown whole


def spans(reader: Reader) -> tuple[Span, ...]:
    """Return what is out of the ordinary: filter, search, folding, times, and the last note."""
    told: list[Span] = []
    if kept := reader.kept:
        more = "" if kept.lines.lo == 0 and (kept.at_end or reader.follows) else "+"
        told.append(Span(f"&{_short(kept.pattern.written)}", "accent"))
        told.append(Span(f" {len(kept.lines):,}{more}", "plain"))
    if reader.pattern:
        told += [_gap(told), Span(f"/{_short(reader.pattern.text)}", "accent")]
    if note := "searching …" if reader.searching else reader.note:
        told += [_gap(told), Span(note, "warn")]
    if reader.wrap:
        told += [_gap(told), Span("wrap", "muted")]
    if mode := TIMES.get(reader.stamps.mode):
        told += [_gap(told), Span(mode, "muted")]
    return tuple(span for span in told if span.text)


def _gap(told: list[Span]) -> Span:
    return Span("  " if told else "")


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
