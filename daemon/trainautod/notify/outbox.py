"""When a message that did not arrive is tried again, and when it is given up."""

from dataclasses import dataclass

#: Messages that no event is behind: many in one, and one that only asks whether messages arrive.
DIGEST, TEST = "digest", "test"

FIRST_S = 2.0  # before the second try; then twice as long each time
LONGEST_S = 900.0  # between two tries
PATIENCE_MS = 24 * 3600 * 1000  # after which a message is given up; it was news yesterday
ASIDE = 5  # tries in vain after which others may go before a message; half a minute


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits in the outbox.

    Attributes:
        kind: what it tells, ``digest`` for one that stands for many.
        tries: how often it was sent in vain.
        due_ms: when it may be sent, Unix milliseconds.
        at_ms: when it was written, Unix milliseconds.
    """

    id: int
    kind: str
    tries: int
    due_ms: int
    at_ms: int

    @property
    def is_fresh(self) -> bool:
        """Whether it was never sent, nor stands for others that are gone."""
        return not self.tries and self.kind != DIGEST

    @property
    def is_aside(self) -> bool:
        """Whether others may go before it."""
        return self.tries >= ASIDE

    def opens_ms(self, now_ms: int) -> int:
        """Return from when on it may be sent, Unix milliseconds.

        No pause is so long as a clock that is set back makes it.
        """
        return self.due_ms if now_ms < self.due_ms <= now_ms + LONGEST_S * 1000 else now_ms


def pause_s(tries: int, noise: float) -> float:
    """Return how long to wait after a number of tries in vain, in seconds.

    Args:
        tries: 1 after the first.
        noise: in [0, 1); spreads the tries of many over the upper half of the pause.
    """
    whole = min(FIRST_S * 2.0 ** min(tries - 1, 30), LONGEST_S)
    return whole * (1 + noise) / 2


def next_try_ms(message: Waiting, now_ms: int, noise: float) -> int | None:
    """Return when to send again what has just not arrived, Unix ms; None to give it up."""
    if now_ms - message.at_ms >= PATIENCE_MS:
        return None
    return now_ms + round(pause_s(message.tries + 1, noise) * 1000)
