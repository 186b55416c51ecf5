"""The states of the link to the daemon, and what the header says in each.

connecting → live ⇄ stale, and from any of them → reconnecting → live. There is no state in
which the UI gives up: the reader decides when to leave.
"""

from dataclasses import dataclass

from trainauto_tui.drawing.amounts import duration_whole
from trainauto_tui.drawing.spans import Role, Span

SILENCE_S = 11.0  # two pings of the stream, five seconds apart, did not come
FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 30.0


@dataclass(frozen=True, slots=True)
class Connecting:
    """No answer yet, and nothing to show; ``starting`` while a daemon is being started."""

    starting: bool = False


@dataclass(frozen=True, slots=True)
class Live:
    """The stream is open; ``latency_ms`` is how long the daemon took for a small answer."""

    latency_ms: int


@dataclass(frozen=True, slots=True)
class Stale:
    """The stream is open but silent since ``heard_at``, unix seconds."""

    heard_at: float


@dataclass(frozen=True, slots=True)
class Reconnecting:
    """The link broke; the next try is at ``retry_at``, unix seconds."""

    retry_at: float
    reason: str


LinkState = Connecting | Live | Stale | Reconnecting


def delay(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: 1, 2, 4, … 30."""
    return min(FIRST_DELAY_S * 2.0 ** min(failures - 1, 10), LONGEST_DELAY_S)


def spans(state: LinkState, now: float, plain: bool) -> tuple[Span, ...]:
    """Return the link as glyph and words, such as ``● live 12ms`` or ``◌ reconnecting 3s``."""
    mark, text, role = _said(state, now)
    return (Span(f"{'*' if plain else mark} {text}", role),)


def _said(state: LinkState, now: float) -> tuple[str, str, Role]:
    match state:
        case Connecting(starting):
            return "◌", "starting the daemon" if starting else "connecting", "muted"
        case Live(latency_ms):
            return "●", f"live {latency_ms or '<1'}ms", "good"
        case Stale(heard_at):
            return "◐", f"stale {duration_whole(now - heard_at)}", "warn"
        case Reconnecting(retry_at):
            left = retry_at - now
            return (
                "✘",
                f"reconnecting {duration_whole(left)}" if left > 0 else "reconnecting",
                "bad",
            )


def steady(shown: int, measured: int) -> int:
    """Return the latency to show, in ms: a new one only when it moved, so that the header rests.

    It moved when it is another by more than half, and by more than a millisecond.
    """
    near = abs(measured - shown) <= 1 or shown / 1.5 <= measured <= shown * 1.5
    return shown if near else measured
