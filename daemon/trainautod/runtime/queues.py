"""What waits for each target: until when, why, and what of it did not arrive."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from trainautod.lineage import outbox
from trainautod.lineage.times import iso_from_ms
from trainautod.notify.outbox import DIGEST, TEST, Waiting
from trainautod.notify.rates import HOUR_MS, Gate, Rate, Traffic, again_gate, fresh_gate

NEWS_MS = 24 * HOUR_MS  # a message that was given up longer ago is no news


class Queue(NamedTuple):
    """What a target got, and what waits for it: of what was never tried, the oldest."""

    traffic: Traffic
    waiting: Sequence[Waiting]


def queue_of(connection: sqlite3.Connection, target: str, rate: Rate, now_ms: int) -> Queue:
    """Return what waits for a target, as ``rates.decide`` wants it."""
    sent = outbox.sent_since(connection, target, now_ms - HOUR_MS)
    digest_ms = max((at_ms for kind, at_ms in sent if kind == DIGEST), default=None)
    newest = outbox.newest_sent(connection, target)
    traffic = Traffic([at_ms for _, at_ms in sent], digest_ms, newest)
    return Queue(traffic, list(_oldest(outbox.waiting(connection, target), rate.singles + 1)))


def explained(
    connection: sqlite3.Connection, rate: Rate, page: Sequence[dict[str, Any]], now_ms: int
) -> list[dict[str, Any]]:
    """Return documents of messages with when each goes at the earliest, and what holds it."""
    held = [each for each in page if each["state"] == "pending" and each["kind"] != TEST]
    targets = {each["target"] for each in held}
    queues = {target: queue_of(connection, target, rate, now_ms) for target in targets}
    gates = {each["id"]: _gate(rate, queues[each["target"]], each, now_ms) for each in held}
    return [each | _words(gates.get(each["id"]), each["due_at"], now_ms) for each in page]


def undelivered(connection: sqlite3.Connection, rate: Rate, now_ms: int) -> list[dict[str, Any]]:
    """Return whom messages do not reach now, then whom some never reached in the last day."""
    found = [
        _waits(connection, target, count, rate, now_ms)
        for target, count in outbox.targets(connection).items()
    ]
    lost = [
        {"target": row["target"], "state": "failed", "count": row["count"]}
        | {"due_at": None, "reason": row["error"]}
        for row in outbox.given_up(connection, now_ms - NEWS_MS)
    ]
    return [each for each in found if each["reason"]] + lost


def _waits(
    connection: sqlite3.Connection, target: str, count: int, rate: Rate, now_ms: int
) -> dict[str, Any]:
    """Return why messages to a target wait; without a reason when they are under way."""
    traffic, waiting = queue_of(connection, target, rate, now_ms)
    gates = [again_gate(rate, traffic, each, now_ms) for each in waiting if not each.is_fresh]
    if waiting[-1].is_fresh:
        gates.append(fresh_gate(rate, traffic, waiting, now_ms))
    held = gates[-1].reason if gates[-1].open_ms > now_ms else None
    return {
        "target": target,
        "state": "pending",
        "count": count,
        "due_at": iso_from_ms(max(now_ms, min(gate.open_ms for gate in gates))),
        "reason": outbox.newest_error(connection, target) or held,
    }


def _gate(rate: Rate, queue: Queue, document: Mapping[str, Any], now_ms: int) -> Gate:
    for each in queue.waiting:
        if each.id == document["id"] and not each.is_fresh:
            return again_gate(rate, queue.traffic, each, now_ms)
    return fresh_gate(rate, queue.traffic, queue.waiting, now_ms)


def _words(gate: Gate | None, due_at: str | None, now_ms: int) -> dict[str, Any]:
    if gate is None or gate.open_ms <= now_ms:
        return {"reason": None, "due_at": due_at}
    return {"reason": gate.reason or None, "due_at": iso_from_ms(gate.open_ms)}


def _oldest(rows: Iterator[sqlite3.Row], most: int) -> Iterator[Waiting]:
    """Yield what was tried, and after it at most so many that were not."""
    messages = (Waiting(*row) for row in rows)
    for each in messages:
        yield each
        if each.is_fresh:
            yield from islice(messages, most - 1)
            return
