"""Sending what waits in the outbox: several targets at once, each target's messages in order."""

import asyncio
import logging
import random
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from trainautod.lineage import Store, events, outbox
from trainautod.notify.message import Merged, Message, digest
from trainautod.notify.outbox import DIGEST, TEST, Waiting, next_try_ms
from trainautod.notify.rates import HOUR_MS, Decision, Merge, Send, Wait, decide
from trainautod.runtime.clock import Clock, pause
from trainautod.runtime.errors import StepRefused
from trainautod.runtime.hub import EventHub
from trainautod.runtime.machine import Telling
from trainautod.runtime.queues import explained, queue_of, undelivered
from trainautod.runtime.secrets import read_secrets

if TYPE_CHECKING:
    from trainautod.notify.sending import Carrier

log = logging.getLogger(__name__)
T = TypeVar("T")

HEARTBEAT_S = 30.0  # longest sleep: a suspended machine or a set clock is noticed this soon
SEND_S = 30.0  # for one message; what takes longer counts as not arrived, and may arrive later


class Delivery:
    """Sends messages until each has arrived, has gone into a digest, or is given up."""

    def __init__(
        self, home: Path, store: Store, hub: EventHub, clock: Clock, telling: Telling
    ) -> None:
        self.news = asyncio.Event()
        self._home = home
        self._store = store
        self._hub = hub
        self._clock = clock
        self._telling = telling
        self._busy: set[str | int] = set()  # targets, and numbers of tests
        self._under_way: dict[int, asyncio.Future[str | None]] = {}
        self._noted = asyncio.Event()  # another one after each message
        self._carrier: Carrier | None = None
        self._carrier_made = threading.Lock()

    async def run(self) -> None:
        """Send what waits, and what comes, until cancelled."""
        self._busy.clear()
        async with asyncio.TaskGroup() as sending:
            while True:
                self.news.clear()
                idle_s = await self._round(sending)
                await pause(self._clock, idle_s, self.news.wait())

    async def ended(self, numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Wait for the end of test messages that were just written; return their documents."""
        self.news.set()
        while True:
            noted = self._noted
            found = await self._store.read(lambda c: outbox.numbered(c, numbers))
            if all(each["state"] != "pending" for each in found):
                return found
            await noted.wait()

    async def page(self, state: str | None, limit: int) -> list[dict[str, Any]]:
        """Return documents of messages, newest first, with when those that wait go, and why.

        Raises:
            UnknownWord: there is no such state.
        """
        rate, now_ms = self._telling.rate, self._clock.now_ms()
        return await self._store.read(
            lambda c: explained(c, rate, outbox.page(c, state, limit), now_ms)
        )

    async def undelivered(self) -> list[dict[str, Any]]:
        """Return, by target, messages that wait for longer, and those given up of late."""
        rate, now_ms = self._telling.rate, self._clock.now_ms()
        return await self._store.read(lambda c: undelivered(c, rate, now_ms))

    async def _round(self, sending: asyncio.TaskGroup) -> float:
        """Begin all that is due; return how long there is nothing more to do, in seconds."""
        for number in await self._store.read(outbox.tests):
            if number not in self._busy:
                self._busy.add(number)
                sending.create_task(self._send(number, number), name=f"send test {number}")
        targets = [t for t in await self._store.read(outbox.targets) if t not in self._busy]
        return min([HEARTBEAT_S, *[await self._turn(target, sending) for target in targets]])

    async def _turn(self, target: str, sending: asyncio.TaskGroup) -> float:
        """Do what a target's messages want now; return how long that is all, in seconds."""
        now_ms = self._clock.now_ms()
        decision = await self._store.read(lambda c: self._decide(c, target, now_ms))
        match decision:
            case Send(number):
                self._busy.add(target)
                sending.create_task(self._send(target, number), name=f"send to {target}")
            case Merge():
                await self._store.write(lambda c: self._merge(c, target, now_ms))
                return 0.0
            case Wait(until_ms):
                return max(0.0, (until_ms - now_ms) / 1000)
        return HEARTBEAT_S

    def _decide(self, connection: sqlite3.Connection, target: str, now_ms: int) -> Decision:
        rate = self._telling.rate
        traffic, waiting = queue_of(connection, target, rate, now_ms)
        if not waiting:
            return Wait(now_ms + HOUR_MS)
        return decide(rate, traffic, waiting, now_ms)

    def _merge(self, connection: sqlite3.Connection, target: str, now_ms: int) -> None:
        rows = outbox.mergeable(connection, target)
        merged = [
            Merged(row["kind"], row["pipeline"], row["run_id"], _message(row).title) for row in rows
        ]
        text = digest(merged, self._telling.place).to_json()
        key = f"{DIGEST}-{rows[0]['id']}-{rows[-1]['id']}-{now_ms}"
        outbox.merge(connection, outbox.Entry(key, target, DIGEST, text, now_ms))

    async def _send(self, holder: str | int, number: int) -> None:
        """Send a message, and note whether it arrived."""
        row = await self._store.read(lambda c: outbox.message(c, number))
        error = await self._try(row)
        await self._note(row, error)
        where = {"action": "message_sent" if error is None else "message_not_sent"}
        log.info("%s", error or "arrived", extra={**where, "target": row["target"], "id": number})
        self._busy.discard(holder)
        self.news.set()
        self._noted.set()
        self._noted = asyncio.Event()

    async def _try(self, row: sqlite3.Row) -> str | None:
        """Return why a message did not arrive; one that is still on its way is not sent again."""
        number = row["id"]
        if number not in self._under_way:
            self._under_way[number] = _in_thread(lambda: self._carry(row))
        sent = self._under_way[number]
        done, _ = await asyncio.wait({sent}, timeout=SEND_S)
        if not done:
            return f"no answer within {SEND_S:g} s"
        del self._under_way[number]
        error = sent.exception()
        if error is not None:  # its text may name the URL
            log.error("a message could not be sent", extra={"action": "send", "id": number})
            return f"it could not be sent: {type(error).__name__}"
        return sent.result()

    def _carry(self, row: sqlite3.Row) -> str | None:
        """Send a message, on a thread of its own."""
        from trainautod.notify.sending import Letter

        target = row["target"]
        try:
            url = read_secrets(self._home, [target])[target]
        except (StepRefused, OSError) as error:
            return str(error)
        letter = Letter(target, row["key"], self._telling.place.name, _message(row))
        return self._get_carrier().send(letter, url)

    def _get_carrier(self) -> "Carrier":
        from trainautod.notify.sending import Carrier

        with self._carrier_made:
            self._carrier = self._carrier or Carrier()
            return self._carrier

    async def _note(self, row: sqlite3.Row, error: str | None) -> None:
        number, now_ms = row["id"], self._clock.now_ms()
        if error is None:
            await self._store.write(lambda c: outbox.sent(c, number, now_ms))
            return
        reason = error
        message = Waiting(number, row["kind"], row["tries"], row["due_ms"], row["at_ms"])
        due_ms = next_try_ms(message, now_ms, random.random())
        if row["kind"] == TEST:
            await self._store.write(lambda c: outbox.failed(c, number, now_ms, reason))
        elif due_ms is not None:
            await self._store.write(lambda c: outbox.put_off(c, number, due_ms, reason))
        else:
            told = await self._store.write(lambda c: _give_up(c, row, now_ms, reason))
            self._hub.publish(told)


def _give_up(
    connection: sqlite3.Connection, row: sqlite3.Row, now_ms: int, reason: str
) -> dict[str, Any]:
    outbox.failed(connection, row["id"], now_ms, reason)
    return events.append(
        connection,
        kind="notification_failed",
        at_ms=now_ms,
        run_id=row["run_id"],
        pipeline=row["pipeline"],
        data={"target": row["target"], "kind": row["kind"], "error": reason},
    )


def _message(row: sqlite3.Row) -> Message:
    return Message.from_json(row["message"])


def _in_thread(work: Callable[[], T]) -> "asyncio.Future[T]":
    """Return what ``work`` answers on a thread that nobody waits for when the daemon ends."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def tell(value: T | None, error: BaseException | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(value)  # type: ignore[arg-type]

    def run() -> None:
        value, failure = None, None
        try:
            value = work()
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            failure = error
        with suppress(RuntimeError):  # the loop is closed: the daemon has ended
            loop.call_soon_threadsafe(tell, value, failure)

    threading.Thread(target=run, name="send", daemon=True).start()
    return answer
