"""People are told of everything they asked for, once, whoever dies on the way."""

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.daemon.conftest import Write
from tests.lineage.rows import add_runs
from tests.support.daemons import LiveDaemon
from tests.support.receivers import HttpSink, MailSink, free_port, receiving
from tests.support.waiting import PATIENCE_S, wait_until
from trainautod.lineage import events, outbox
from trainautod.lineage.outbox import Entry
from trainautod.lineage.schema import prepare
from trainautod.notify.message import Message, Place
from trainautod.notify.outbox import ASIDE, PATIENCE_MS
from trainautod.notify.rates import HOUR_MS, Rate
from trainautod.runtime.clock import SystemClock
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.machine import Config, Telling
from trainautod.runtime.slots import Capacity

FAILING = """
name: nightly
notify: {on: [run_failed, run_succeeded], to: [HOOK_URL, MAIL_URL]}
steps: [{id: train, run: 'echo "the password is $PASSWORD"; echo last words; exit 3', cache: false}]
env: {secrets: [PASSWORD]}
"""
PASSWORD = "c0rrect-horse"


@pytest.fixture
def sinks() -> Iterator[tuple[HttpSink, MailSink]]:
    with receiving() as found:
        yield found


@pytest.fixture
def live(dormant: LiveDaemon, sinks: tuple[HttpSink, MailSink]) -> LiveDaemon:
    """A daemon that is not started yet, and knows where the sinks are."""
    hook, mail = sinks
    dormant.home.mkdir(mode=0o700)
    secrets = dormant.home / "secrets.env"
    secrets.write_text(f"HOOK_URL={hook.url}\nMAIL_URL={mail.url}\nPASSWORD={PASSWORD}\n")
    secrets.chmod(0o600)
    return dormant


def messages(live: LiveDaemon, state: str | None = None) -> list[Any]:
    found: list[Any] = live.client.notifications(state, limit=1000)
    return found


def wait_for_all(live: LiveDaemon, count: int) -> None:
    def all_sent() -> bool:
        return [m["state"] for m in messages(live)] == ["sent"] * count

    wait_until(all_sent, f"{count} messages to be sent\n{live.log()}")


def as_mails(keys: list[str]) -> set[str]:
    """Return keys as they are in the Message-ID of mails, without the machine's name."""
    return {f"<{key}" for key in keys}


@pytest.mark.slow
def test_a_failed_run_is_told_by_mail_and_http_without_any_secret(
    live: LiveDaemon, write: Write, sinks: tuple[HttpSink, MailSink]
) -> None:
    hook, mail = sinks
    run_id = live.start().run(write(FAILING))["run_id"]
    wait_for_all(live, 2)

    (post,), (taken,) = hook.posts, mail.mails
    assert post.title.startswith("nightly failed in train [")
    assert post.key.startswith("run_failed-")
    assert post.key.endswith(run_id)
    assert taken.key.startswith(f"<{post.key}@")
    for text in (post.text, taken.text):
        assert "error     exited with 3\n" in text
        assert "  the password is <PASSWORD>\n  last words\n" in text
        assert f"--run {run_id}" in text
    live.stop()
    kept = [live.log().encode(), *(f.read_bytes() for f in live.home.glob("store.db*"))]
    for secret in (hook.url, mail.url, "s3cret-token", "ops@example.org", PASSWORD):
        assert not any(secret.encode() in each for each in kept), f"{secret} is kept"


@pytest.mark.slow
def test_each_message_arrives_once_while_receivers_die_and_come_back(
    live: LiveDaemon, write: Write, sinks: tuple[HttpSink, MailSink]
) -> None:
    hook, mail = sinks
    live.start()
    pipeline = write(FAILING)
    for dead in (hook, mail):
        dead.stop()
        for _ in range(2):
            live.run(pipeline)
        told = f"a message to be tried in vain\n{live.log()}"
        wait_until(lambda: any(m["tries"] for m in messages(live, "pending")), told)
        dead.start()
        patience_s = 2 * PATIENCE_S  # for pauses that grew while it was dead
        wait_until(lambda: not messages(live, "pending"), "all to be sent", patience_s)

    assert [m["state"] for m in messages(live)] == ["sent"] * 8
    assert len(hook.keys) == len(set(hook.keys)) == 4
    assert len(mail.keys) == len(set(mail.keys)) == 4
    assert {key.rpartition("@")[0] for key in mail.keys} == as_mails(hook.keys)


@pytest.mark.slow
def test_nothing_is_lost_when_the_daemon_is_killed_at_any_moment(
    live: LiveDaemon, write: Write, sinks: tuple[HttpSink, MailSink]
) -> None:
    hook, mail = sinks
    rng = random.Random()
    pipeline, runs = write(FAILING), []
    for _ in range(6):
        live.start()
        runs.append(live.submit(pipeline))
        moment = rng.random() * 0.4
        with suppress(AssertionError):
            wait_until(lambda: False, "a moment to pass", moment)
        live.kill()
    live.start()
    for run_id in runs:
        live.finish(run_id)
    wait_for_all(live, 2 * len(runs))

    assert Counter(key.rpartition("-")[2] for key in set(hook.keys)) == Counter(runs)
    assert {key.rpartition("@")[0] for key in mail.keys} == as_mails(hook.keys)
    assert {m["run_id"] for m in messages(live)} == set(runs)


@pytest.mark.slow
def test_what_was_on_its_way_at_a_kill_is_sent_again_under_the_same_key(
    live: LiveDaemon, write: Write, sinks: tuple[HttpSink, MailSink]
) -> None:
    hook, _ = sinks
    let_go = Event()
    hook.hold = lambda: let_go.wait(PATIENCE_S)
    live.start()
    live.run(write(FAILING.replace(", MAIL_URL", "")))
    wait_until(lambda: hook.posts, "the message to come")
    live.kill()
    hook.hold = None
    let_go.set()
    live.start()
    wait_for_all(live, 1)

    assert len(hook.keys) == 2
    assert len(set(hook.keys)) == 1


@pytest.mark.slow
def test_a_restart_tells_nothing_again_and_what_was_before_is_no_news(
    live: LiveDaemon, write: Write, sinks: tuple[HttpSink, MailSink]
) -> None:
    hook, _ = sinks
    config = live.home / "config.toml"
    live.start()
    quiet = write("name: quiet\nsteps: [{id: a, run: exit 1}]")
    live.run(quiet)
    live.stop()
    config.write_text('[notify]\non = "run_failed"\nto = ["HOOK_URL"]\nhost = "ssh://me@box"\n')
    with closing(sqlite3.connect(live.home / "store.db")) as store, store:
        store.execute("DELETE FROM cursors")
    live.start()
    last = live.run(quiet)["run_id"]
    wait_for_all(live, 1)
    live.kill()
    live.start()
    (told,) = live.client.test_notifications()

    assert (told["state"], told["target"], told["kind"]) == ("sent", "HOOK_URL", "test")
    assert [m["run_id"] for m in messages(live)] == [None, last]
    assert [key.partition("-")[0] for key in hook.keys] == ["run_failed", "test"]
    assert hook.posts[0].text.endswith(f"trainauto-tui --host ssh://me@box --run {last}")


@pytest.mark.slow
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_who_asks_to_be_told_is_not_told_of_what_was_before(
    live: LiveDaemon, write: Write, end: str
) -> None:
    def passed() -> bool:
        failures = "SELECT max(seq) FROM events WHERE json_extract(changes, '$.run') = 'failed'"
        statement = f"SELECT ({failures}) <= seq FROM cursors WHERE name = 'notify'"
        with closing(sqlite3.connect(live.home / "store.db")) as store:
            return bool(store.execute(statement).fetchone()[0])

    quiet = write("name: quiet\nsteps: [{id: a, run: exit 1}]")
    live.start()
    live.run(quiet)
    live.run(quiet)
    wait_until(passed, "the last failure to be passed")
    getattr(live, end)()
    (live.home / "config.toml").write_text('[notify]\nto = ["HOOK_URL"]\n')
    live.start()
    last = live.run(quiet)["run_id"]
    wait_until(lambda: messages(live, "sent"), "a message")

    assert [m["run_id"] for m in messages(live)] == [last]


class Office:
    """A home in this process that only tells people."""

    def __init__(self, home: Path, url: str, rate: Rate) -> None:
        (home / "objects").mkdir(parents=True)
        secrets = home / "secrets.env"
        secrets.write_text(f"HOOK_URL={url}\n")
        secrets.chmod(0o600)
        prepare(home / "store.db")
        telling = Telling(("run_failed",), ("HOOK_URL",), rate, Place("box"))
        config = Config(Capacity(cpus=1, memory_bytes=1 << 30), telling=telling)
        clock = SystemClock()
        self.daemon = Daemon(home, config, clock, clock.now_ms())
        self._running: asyncio.Task[None]

    def start(self) -> None:
        """Begin to tell."""
        self._running = asyncio.create_task(self.daemon.notifier.run())

    async def stop(self) -> None:
        """End it."""
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running

    async def restart(self) -> None:
        """Begin anew, as after the death of the task."""
        await self.stop()
        self.start()

    async def fail(self, count: int) -> None:
        """Have runs fail."""

        def work(connection: sqlite3.Connection) -> list[dict[str, Any]]:
            return [
                events.append(
                    connection,
                    kind="attempt_finished",
                    at_ms=1_373_400_000_000 + n,
                    run_id=f"run{n:04}",
                    pipeline=f"p{n % 3}",
                    changes={"run": "failed", "steps": {}},
                )
                for n in range(count)
            ]

        for document in await self.daemon.store.write(work):
            self.daemon.hub.publish(document)

    async def listens(self) -> bool:
        """Tell whether what happens from now on is told."""
        statement = "SELECT * FROM cursors WHERE name = 'notify'"
        return bool(await self.daemon.store.read(lambda c: c.execute(statement).fetchall()))

    async def states(self) -> Counter[str]:
        """Return how many messages are in which state."""
        statement = "SELECT state, count(*) FROM outbox GROUP BY state"
        return Counter(
            dict(await self.daemon.store.read(lambda c: c.execute(statement).fetchall()))
        )


@asynccontextmanager
async def telling(home: Path, url: str, rate: Rate) -> AsyncIterator[Office]:
    """Tell people in this process for the length of a block."""
    office = Office(home, url, rate)
    office.start()
    try:
        async with asyncio.timeout(4 * PATIENCE_S):  # a storm takes some seconds of a free core
            while not await office.listens():
                await asyncio.sleep(0)
            yield office
    finally:
        await office.stop()
        office.daemon.store.close()


def test_what_is_under_way_when_the_task_is_restarted_is_not_sent_again(
    tmp_path: Path, sinks: tuple[HttpSink, MailSink]
) -> None:
    hook, _ = sinks
    let_go = Event()
    hook.hold = lambda: let_go.wait(PATIENCE_S)

    async def story() -> None:
        async with telling(tmp_path / "home", hook.url, Rate(20)) as office:
            await office.fail(1)
            while not hook.posts:
                await asyncio.sleep(0.01)
            await office.restart()
            let_go.set()
            while not (await office.states())["sent"]:
                await asyncio.sleep(0.01)

    asyncio.run(story())

    assert len(hook.posts) == 1


def test_what_does_not_arrive_for_a_day_is_given_up_and_told(tmp_path: Path) -> None:
    async def story() -> tuple[Counter[str], list[Any]]:
        nobody = f"json://127.0.0.1:{free_port()}/s3cret-token"
        async with telling(tmp_path / "home", nobody, Rate(20)) as office:
            yesterday = office.daemon.clock.now_ms() - PATIENCE_MS
            message = Message("title", "body").to_json()
            entry = Entry("run_failed-1-x", "HOOK_URL", "run_failed", message, yesterday, "p", "x")
            await office.daemon.store.write(lambda c: outbox.add(c, [entry]))
            with office.daemon.hub.listen() as heard:
                office.daemon.notifier.delivery.news.set()
                told = [await heard.get()]
            return await office.states(), told

    states, (event,) = asyncio.run(story())

    assert states == {"failed": 1}
    assert event is not None
    assert (event["kind"], event["pipeline"], event["run_id"]) == ("notification_failed", "p", "x")
    assert (event["data"]["target"], event["data"]["kind"]) == ("HOOK_URL", "run_failed")
    assert "refused" in event["data"]["error"]
    assert "s3cret" not in event["data"]["error"]


def test_what_a_service_refuses_steps_aside_and_what_waits_says_why(
    tmp_path: Path, sinks: tuple[HttpSink, MailSink]
) -> None:
    hook, _ = sinks
    hook.status = 404

    async def story() -> tuple[list[Any], list[Any]]:
        async with telling(tmp_path / "home", hook.url, Rate(1)) as office:
            delivery = office.daemon.notifier.delivery
            earlier = office.daemon.clock.now_ms() - HOUR_MS
            message = Message("title", "body").to_json()
            entry = Entry("refused", "HOOK_URL", "run_failed", message, earlier, "p", "x")

            def tried_before(connection: sqlite3.Connection) -> None:
                outbox.add(connection, [entry])
                connection.execute("UPDATE outbox SET tries = ?", (ASIDE - 1,))

            await office.daemon.store.write(tried_before)
            delivery.news.set()
            while (await delivery.page(None, 1))[0]["tries"] < ASIDE:
                await asyncio.sleep(0.01)
            hook.status = 200
            await office.fail(1)
            while not (await office.states())["sent"]:
                await asyncio.sleep(0.01)
            await office.fail(1)
            while (await office.states()).total() < 3:
                await asyncio.sleep(0.01)
            await office.daemon.notifier.test(["NO_URL"])
            return await delivery.page(None, 10), await delivery.undelivered()

    (_, held, sent, refused), (undelivered,) = asyncio.run(story())

    assert [each["state"] for each in (held, sent, refused)] == ["pending", "sent", "pending"]
    assert refused["tries"] == ASIDE
    assert "404" in refused["error"]
    assert held["reason"] == "1 message an hour at most (max_per_hour); goes with a digest"
    assert held["due_at"] > held["created_at"]
    assert (undelivered["target"], undelivered["count"]) == ("HOOK_URL", 2)
    assert "404" in undelivered["reason"]


def test_what_cannot_be_told_well_is_told_all_the_same(
    tmp_path: Path, sinks: tuple[HttpSink, MailSink]
) -> None:
    """An event of a run that is not in the store, as one that was cleaned up."""
    hook, _ = sinks

    async def story() -> None:
        async with telling(tmp_path / "home", hook.url, Rate(20)) as office:
            await office.fail(1)
            while not (await office.states())["sent"]:
                await asyncio.sleep(0.01)

    asyncio.run(story())

    (post,) = hook.posts
    assert post.title == "p0 failed [box]"
    assert "run       run0000" in post.text


def test_an_event_whose_run_is_damaged_keeps_no_other_from_being_told(
    tmp_path: Path, sinks: tuple[HttpSink, MailSink]
) -> None:
    hook, _ = sinks

    async def story() -> None:
        async with telling(tmp_path / "home", hook.url, Rate(20)) as office:
            path = tmp_path / "home" / "store.db"
            with closing(sqlite3.connect(path, isolation_level=None)) as store:
                add_runs(store, ["run0000"])
                store.execute("UPDATE runs SET trigger = '{'")
            await office.fail(2)
            while (await office.states())["sent"] < 2:
                await asyncio.sleep(0.01)

    asyncio.run(story())

    assert [post.title for post in hook.posts] == ["p0 failed [box]", "p1 failed [box]"]


def test_a_thousand_failing_runs_make_a_handful_of_messages(
    tmp_path: Path, sinks: tuple[HttpSink, MailSink]
) -> None:
    hook, _ = sinks

    async def story() -> Counter[str]:
        async with telling(tmp_path / "home", hook.url, Rate(20)) as office:
            await office.fail(1000)
            while (await office.states()).total() < 1000 or not hook.posts:
                await asyncio.sleep(0.01)
            return await office.states()

    states = asyncio.run(story())

    assert states.total() - 1000 in (0, 1)
    assert len(hook.posts) <= 5
    assert states["failed"] == 0
    text = hook.posts[0].text
    assert "run_failed" in text
    assert "p0" in text
