"""How often somebody is told: what is too much for an hour goes into one message, a digest."""

from collections.abc import Sequence
from dataclasses import dataclass

from trainautod.notify.outbox import DIGEST, Waiting

HOUR_MS = 3600 * 1000
MOST = 20  # messages to a target in an hour, unless config.toml says otherwise


@dataclass(frozen=True, slots=True)
class Rate:
    """How many messages one target gets in any hour.

    Attributes:
        most: of all kinds.
    """

    most: int = MOST

    @property
    def singles(self) -> int:
        """How many of them may come each by itself; the others are kept for digests."""
        return max(1, self.most * 3 // 4)

    @property
    def spacing_ms(self) -> int:
        """Between digests, so that those that are kept last for an hour."""
        return HOUR_MS // max(1, self.most - self.singles)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a target was sent in the last hour.

    Attributes:
        sent: when each message went, Unix milliseconds.
        digest_ms: when the last digest went, None without one.
    """

    sent: Sequence[int] = ()
    digest_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Send the first message that waits."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Make one message of all that wait."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing before ``until_ms``, Unix milliseconds."""

    until_ms: int


Decision = Send | Merge | Wait


def decide(rate: Rate, traffic: Traffic, waiting: Sequence[Waiting], now_ms: int) -> Decision:
    """Return what to do for a target.

    A digest, and a message that was tried before, are sent as they are: they may have arrived.
    Others go one by one as long as there is room for all that wait, and into a digest otherwise;
    after a digest they gather for a while.

    Args:
        rate: what the target may get.
        traffic: what it got.
        waiting: what waits for it, oldest first: at least one, at most one more than singles.
        now_ms: Unix milliseconds.
    """
    first = waiting[0]
    if first.tries or first.kind == DIGEST:
        return Send() if first.is_due(now_ms) else Wait(first.due_ms)
    sent = [at_ms for at_ms in traffic.sent if now_ms - HOUR_MS < at_ms <= now_ms]
    open_ms = _open_ms(rate, sent, traffic.digest_ms)
    if open_ms > now_ms:
        return Wait(open_ms)
    if len(waiting) == 1 or len(waiting) <= rate.singles - len(sent):
        return Send()
    return Merge()


def _open_ms(rate: Rate, sent: Sequence[int], digest_ms: int | None) -> int:
    """Return when the next message may go: some time after a digest, so that others gather.

    What goes beyond the singles is spaced as digests are.
    """
    after = [digest_ms + rate.spacing_ms] if digest_ms in sent and digest_ms is not None else []
    if len(sent) >= rate.most:
        after.append(min(sent) + HOUR_MS)
    elif len(sent) >= rate.singles:
        after.append(max(sent) + rate.spacing_ms)
    return max(after, default=0)
