"""How often somebody is told: what is too much for an hour goes into one message, a digest."""

from collections.abc import Sequence
from dataclasses import dataclass

from trainautod.notify.outbox import Waiting

HOUR_MS = 3600 * 1000
MOST = 20  # messages to a target in an hour, unless config.toml says otherwise
MINUTE_MS = 60 * 1000
LONGEST_PROBE_MS = 4 * HOUR_MS  # between two new messages to a target that refuses all


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
    """What a target was sent.

    Attributes:
        sent: when each message of the last hour went, Unix milliseconds.
        digest_ms: when the last digest of that hour went, None without one.
        newest: the highest number of a message that ever arrived.
    """

    sent: Sequence[int] = ()
    digest_ms: int | None = None
    newest: int = 0

    def recent(self, now_ms: int) -> list[int]:
        """Return when messages went in the hour before ``now_ms``."""
        return [at_ms for at_ms in self.sent if now_ms - HOUR_MS < at_ms <= now_ms]


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message, by its number."""

    number: int


@dataclass(frozen=True, slots=True)
class Merge:
    """Make one message of all that were never tried."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing before ``until_ms``, Unix milliseconds."""

    until_ms: int


Decision = Send | Merge | Wait


@dataclass(frozen=True, slots=True)
class Gate:
    """From when on a message may go, and what holds it until then.

    Attributes:
        open_ms: Unix milliseconds; past or present when nothing holds it.
    """

    open_ms: int
    reason: str


def decide(rate: Rate, traffic: Traffic, waiting: Sequence[Waiting], now_ms: int) -> Decision:
    """Return what to do for a target.

    A digest, and a message that was tried before, are sent as they are: they may have arrived.
    They go in order, before all others, until one has stepped aside. Others go one by one as long
    as there is room for all that wait, and into a digest otherwise; after a digest they gather for
    a while, and longer and longer while the target takes nothing.

    Args:
        rate: what the target may get.
        traffic: what it got.
        waiting: what waits for it, oldest first: at least one; of those that were never tried at
            most one more than singles.
        now_ms: Unix milliseconds.
    """
    fresh = [each for each in waiting if each.is_fresh]
    gates = [(again_gate(rate, traffic, each, now_ms), each) for each in _able(waiting)]
    for gate, each in gates:
        if gate.open_ms <= now_ms:
            return Send(each.id)
    opens = [gate.open_ms for gate, _ in gates]
    if fresh:
        opens.append(fresh_gate(rate, traffic, waiting, now_ms).open_ms)
    if min(opens) > now_ms:
        return Wait(min(opens))
    room = 1 if _refused(traffic, waiting) else rate.singles - len(traffic.recent(now_ms))
    return Send(fresh[0].id) if len(fresh) <= max(1, room) else Merge()


def again_gate(rate: Rate, traffic: Traffic, message: Waiting, now_ms: int) -> Gate:
    """Return when a digest, or a message that was tried, may go: its reason is in its error."""
    room, own_ms = _room(rate, traffic, now_ms), message.opens_ms(now_ms)
    return room if room.open_ms > own_ms else Gate(own_ms, "")


def fresh_gate(rate: Rate, traffic: Traffic, waiting: Sequence[Waiting], now_ms: int) -> Gate:
    """Return when messages that were never tried may go."""
    for each in _able(waiting):
        if not each.is_aside:
            first = again_gate(rate, traffic, each, now_ms)
            return Gate(first.open_ms, f"message {each.id} goes first")
    probe = Gate(
        _probe_ms(_refused(traffic, waiting), now_ms),
        "the messages before it did not arrive; goes with a digest, sooner once one arrives",
    )
    return max(_open(rate, traffic, now_ms), probe, key=lambda gate: gate.open_ms)


def _able(waiting: Sequence[Waiting]) -> list[Waiting]:
    """Return those of the tried that need not wait for another: all aside, and the first else."""
    tried = [each for each in waiting if not each.is_fresh]
    first = next((each for each in tried if not each.is_aside), None)
    return [each for each in tried if each.is_aside or each is first]


def _refused(traffic: Traffic, waiting: Sequence[Waiting]) -> list[Waiting]:
    """Return what stepped aside since the last message arrived: the target may take nothing."""
    return [each for each in waiting if each.is_aside and each.id > traffic.newest]


def _probe_ms(refused: Sequence[Waiting], now_ms: int) -> int:
    """Return when a target that refused some messages in a row is tried with another.

    A minute after the first was written, then eight times as long each time up to four hours.
    """
    if not refused or refused[-1].at_ms > now_ms:
        return 0
    pause_ms = MINUTE_MS << min(3 * (len(refused) - 1), 30)
    return refused[-1].at_ms + min(pause_ms, LONGEST_PROBE_MS)


def _open(rate: Rate, traffic: Traffic, now_ms: int) -> Gate:
    """Return when the next message may go: some time after a digest, so that others gather.

    What goes beyond the singles is spaced as digests are.
    """
    sent, digest_ms = traffic.recent(now_ms), traffic.digest_ms
    room = _room(rate, traffic, now_ms)
    after = [room.open_ms]
    if digest_ms is not None and digest_ms in sent:
        after.append(digest_ms + rate.spacing_ms)
    if rate.singles <= len(sent) < rate.most:
        after.append(max(sent) + rate.spacing_ms)
    return Gate(max(after), f"{room.reason}; goes with a digest")


def _room(rate: Rate, traffic: Traffic, now_ms: int) -> Gate:
    """Return when a target may get a message at all."""
    sent = traffic.recent(now_ms)
    what = "message" if rate.most == 1 else "messages"
    open_ms = min(sent) + HOUR_MS if len(sent) >= rate.most else 0
    return Gate(open_ms, f"{rate.most} {what} an hour at most (max_per_hour)")
