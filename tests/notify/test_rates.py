"""How often somebody is told, over simulated days of storms, silence and targets that are down."""

from collections import Counter
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.notify.outbox import ASIDE, DIGEST, Waiting, next_try_ms
from trainautod.notify.rates import (
    HOUR_MS,
    MINUTE_MS,
    Merge,
    Rate,
    Send,
    Traffic,
    Wait,
    again_gate,
    decide,
    fresh_gate,
)

START = 1_373_400_000_000


@dataclass
class Target:
    """An outbox for one target, and the target, on a virtual clock.

    Attributes:
        downs: when it takes nothing, as (begin, end) in Unix milliseconds.
        sent: kind, number and time of each message that arrived.
        merged: number of the digest, by the number of the message that went into it.
        poison: numbers of messages that it never takes.
        aside: numbers of messages that have stepped aside.
    """

    rate: Rate
    downs: list[tuple[int, int]] = field(default_factory=list)
    now_ms: int = START
    outbox: list[Waiting] = field(default_factory=list)
    sent: list[tuple[str, int, int]] = field(default_factory=list)
    merged: dict[int, int] = field(default_factory=dict)
    failed: list[int] = field(default_factory=list)
    poison: set[int] = field(default_factory=set)
    aside: set[int] = field(default_factory=set)
    rounds: int = 0
    _numbers: int = 0

    def write(self, kind: str = "run_failed") -> int:
        """Put a message in the outbox."""
        self._numbers += 1
        self.outbox.append(Waiting(self._numbers, kind, 0, self.now_ms, self.now_ms))
        return self._numbers

    def run(self, until_ms: int, noise: float = 0.5) -> None:
        """Do all that is to be done until a time comes."""
        while self.outbox and (due_ms := self._act(noise)) <= until_ms:
            self.rounds += 1
            assert self.rounds < 50_000, "it goes in circles"
            self.now_ms = max(self.now_ms, due_ms)
        self.now_ms = until_ms

    def _act(self, noise: float) -> int:
        """Do one thing; return when the next is to be done."""
        recent = [(k, at) for k, _, at in self.sent if at > self.now_ms - HOUR_MS]
        digests = [at for kind, at in recent if kind == DIGEST]
        newest = max((number for _, number, _ in self.sent), default=0)
        traffic = Traffic([at for _, at in recent], max(digests, default=None), newest)
        seen = [each for each in self.outbox if not each.is_fresh]
        seen += [each for each in self.outbox if each.is_fresh][: self.rate.singles + 1]
        match decide(self.rate, traffic, seen, self.now_ms):
            case Send(number):
                self._send(next(each for each in self.outbox if each.id == number), noise)
            case Merge():
                fresh = [each for each in self.outbox if each.is_fresh]
                self.outbox = [each for each in self.outbox if each not in fresh]
                number = self.write(DIGEST)
                self.merged |= dict.fromkeys((each.id for each in fresh), number)
            case Wait(until_ms):
                assert until_ms > self.now_ms, "it waits for what is past"
                return until_ms
        return self.now_ms

    def _send(self, message: Waiting, noise: float) -> None:
        down = any(begin <= self.now_ms < end for begin, end in self.downs)
        if not down and message.id not in self.poison:
            self.outbox.remove(message)
            self.sent.append((message.kind, message.id, self.now_ms))
            return
        due_ms = next_try_ms(message, self.now_ms, noise)
        if due_ms is None:
            self.outbox.remove(message)
            self.failed.append(message.id)
        else:
            tried = replace(message, tries=message.tries + 1, due_ms=due_ms)
            self.outbox[self.outbox.index(message)] = tried
            self.aside |= {tried.id} if tried.is_aside else set()


def most_in_an_hour(times: list[int]) -> int:
    return max((sum(t <= at < t + HOUR_MS for at in times) for t in times), default=0)


@given(
    most=st.integers(1, 40),
    bursts=st.lists(st.tuples(st.integers(0, 90 * MINUTE_MS), st.integers(1, 120)), max_size=12),
    downs=st.lists(
        st.tuples(st.integers(0, 600 * MINUTE_MS), st.integers(0, 300 * MINUTE_MS)), max_size=3
    ),
    noise=st.floats(0, 1, exclude_max=True),
)
@settings(max_examples=60)
def test_nothing_is_lost_told_twice_or_too_often(
    most: int, bursts: list[tuple[int, int]], downs: list[tuple[int, int]], noise: float
) -> None:
    target = Target(Rate(most), [(START + begin, START + begin + last) for begin, last in downs])
    written: list[int] = []
    for pause, count in bursts:
        target.run(target.now_ms + pause, noise)
        written += [target.write() for _ in range(count)]
    target.run(target.now_ms + 48 * HOUR_MS, noise)

    in_order = [number for _, number, _ in target.sent if number not in target.aside]
    singles = [n for kind, n, _ in target.sent if kind != DIGEST]
    assert not target.outbox
    assert not target.failed
    assert sorted([*singles, *target.merged]) == sorted(written)
    assert set(target.merged.values()) == {n for kind, n, _ in target.sent if kind == DIGEST}
    assert in_order == sorted(in_order), "each target is told in order"
    assert most_in_an_hour([at for _, _, at in target.sent]) <= most


@pytest.mark.parametrize("most", [1, 2, 4, 20])
@pytest.mark.parametrize("pause_ms", [0, 1000, MINUTE_MS])
def test_a_storm_of_a_thousand_is_a_handful(most: int, pause_ms: int) -> None:
    target = Target(Rate(most))
    for _ in range(1000):
        target.write()
        target.run(target.now_ms + pause_ms)
    target.run(target.now_ms + 3 * HOUR_MS)

    hours = 2 + pause_ms * 1000 // HOUR_MS
    singles = target.rate.singles
    assert len(target.sent) <= singles + hours * max(1, most - singles)
    assert len(target.sent) + len(target.merged) == 1000 + len(set(target.merged.values()))


def test_a_few_messages_go_at_once_each_by_itself() -> None:
    target = Target(Rate(20))
    for _ in range(5):
        target.write()
    target.run(START)

    assert [kind for kind, _, _ in target.sent] == ["run_failed"] * 5


def test_many_at_once_are_one_digest_at_once() -> None:
    target = Target(Rate(20))
    for _ in range(1000):
        target.write()
    target.run(START)

    assert [kind for kind, _, _ in target.sent] == [DIGEST]
    assert Counter(target.merged.values()) == {1001: 1000}


def test_a_target_that_was_down_for_hours_gets_what_was_tried_and_a_digest() -> None:
    target = Target(Rate(20), [(START, START + 5 * HOUR_MS)])
    for _ in range(60):
        target.write()
        target.run(target.now_ms + 4 * MINUTE_MS)
    target.run(START + 7 * HOUR_MS)

    assert not target.outbox
    assert 2 <= len(target.sent) <= 5


@pytest.mark.parametrize("most", [1, 20])
def test_a_target_that_is_down_for_good_is_given_up(most: int) -> None:
    target = Target(Rate(most), [(START, START + 1000 * HOUR_MS)])
    for _ in range(100):
        target.write()
        target.run(target.now_ms + 15 * MINUTE_MS)
    target.run(START + 100 * HOUR_MS)

    assert not target.sent
    assert len(target.failed) <= 15
    assert sorted({*target.failed, *target.merged}) == list(range(1, target.write()))


def test_a_message_that_is_refused_for_good_holds_up_no_other() -> None:
    target = Target(Rate(20), poison={1, 4})
    for _ in range(6):
        target.write()
        target.run(target.now_ms + 10 * MINUTE_MS)

    assert [number for _, number, _ in target.sent] == [2, 3, 5, 6]
    target.run(START + 30 * HOUR_MS)
    assert target.failed == [1, 4]


def test_what_waited_behind_a_message_that_is_refused_goes_within_a_minute() -> None:
    target = Target(Rate(20), poison={1})
    for _ in range(4):
        target.write()
    target.run(START + MINUTE_MS)

    assert [kind for kind, _, _ in target.sent] == [DIGEST]
    assert set(target.merged) == {2, 3, 4}


@given(poison=st.sets(st.integers(1, 40)), most=st.integers(1, 40))
@settings(max_examples=30)
def test_messages_that_are_refused_cost_the_others_no_message_and_no_rate(
    poison: set[int], most: int
) -> None:
    target = Target(Rate(most), poison=poison)
    for _ in range(30):
        target.write()
        target.run(target.now_ms + 3 * MINUTE_MS)
    target.run(target.now_ms + 60 * HOUR_MS)

    arrived = {number for _, number, _ in target.sent}
    assert not target.outbox
    assert not arrived & poison
    assert len(target.sent) == len(arrived)
    assert most_in_an_hour([at for _, _, at in target.sent]) <= most
    ended = arrived | set(target.failed) | set(target.merged)
    assert ended == set(range(1, target.write()))


def test_a_clock_that_was_set_back_holds_nothing_up() -> None:
    traffic = Traffic([START + 10 * HOUR_MS] * 20, START + 10 * HOUR_MS)
    waiting = [Waiting(1, "run_failed", 0, START, START)]

    assert decide(Rate(20), traffic, waiting, START) == Send(1)


@pytest.mark.parametrize("kind", ["run_failed", DIGEST])
def test_a_message_that_is_to_be_sent_again_waits_for_no_clock_that_was_set_back(
    kind: str,
) -> None:
    later = START + 3 * HOUR_MS
    waiting = [Waiting(1, kind, 3, later, START)]

    assert decide(Rate(20), Traffic(), waiting, START) == Send(1)
    assert decide(Rate(20), Traffic(), waiting, later - MINUTE_MS) == Wait(later)


def test_what_holds_a_message_is_said() -> None:
    rate = Rate(4)
    fresh = [Waiting(9, "run_failed", 0, START, START)]
    full = Traffic([START - 10 * MINUTE_MS] * 4)
    told = fresh_gate(rate, full, fresh, START)
    assert told.reason == "4 messages an hour at most (max_per_hour); goes with a digest"
    assert told.open_ms == START + 50 * MINUTE_MS

    head = Waiting(7, "run_failed", 2, START + 4000, START)
    told = fresh_gate(rate, Traffic(), [head, *fresh], START)
    assert (told.open_ms, told.reason) == (head.due_ms, "message 7 goes first")
    assert again_gate(rate, Traffic(), head, START).open_ms == head.due_ms
    assert again_gate(rate, full, head, START).reason == "4 messages an hour at most (max_per_hour)"

    aside = replace(head, tries=ASIDE)
    told = fresh_gate(rate, Traffic(), [aside, *fresh], START)
    assert told.open_ms == START + MINUTE_MS
    assert told.reason.startswith("the messages before it did not arrive")
    assert fresh_gate(rate, Traffic(newest=8), [aside, *fresh], START).open_ms <= START
