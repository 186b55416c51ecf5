"""Policies at work: each event is acted on once, whatever happens to daemon, files and clock."""

import asyncio
import contextlib
import json
import random
import shutil
import sqlite3
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.clocks import VirtualClock
from tests.support.daemons import LiveDaemon
from tests.support.plain_http import post
from tests.support.stores import expect_sound
from tests.support.waiting import wait_until
from trainauto_tui.errors import TrainautoError
from trainautod.failpoints import VARIABLE
from trainautod.home import socket_path
from trainautod.lineage import events
from trainautod.lineage.schema import prepare
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.machine import Config
from trainautod.runtime.policies import LAG, SPAN
from trainautod.runtime.slots import Capacity
from trainautod.spec.policy import EVENTS
from trainautod.triggers.policies import GENERATIONS

HOUR = timedelta(hours=1)
KILLS = 8
NEVER = "steps: [{id: a, when: 1 == 2, run: 'true'}]\n"
BAD = "on: bad\nif: score > 5\nthen: 'run pipeline: again'\n"


class Desk:
    """A home with policies, and its daemon in this process.

    The only step of its pipelines is never due, so that runs end by themselves.
    """

    def __init__(self, root: Path, clock: VirtualClock) -> None:
        self.root = root
        self.clock = clock
        self.home = root / "home"
        self.daemon: Daemon
        (self.home / "objects").mkdir(parents=True)

    async def start(self) -> None:
        """Start what policies need."""
        config = Config(Capacity(cpus=2, memory_bytes=1 << 30))
        self.daemon = Daemon(self.home, config, self.clock, self.clock.now_ms())
        await self.daemon.catalog.load()
        await self.daemon.runs.recover()

    async def stop(self) -> None:
        """Stop it."""
        await self.daemon.conductor.close()
        self.daemon.store.close()

    async def restart(self) -> None:
        """Have another daemon go on."""
        await self.stop()
        await self.start()

    async def add(self, name: str, text: str = NEVER) -> None:
        """Write the file of a pipeline or a policy, and register it."""
        path = self.root / f"{name}.yaml"
        path.write_text(text)
        await self.daemon.catalog.add(path)

    async def tell(self, kind: str, **data: Any) -> int:
        """Store an event; return its number."""
        at_ms = self.clock.now_ms()
        work = lambda c: events.append(c, kind=kind, at_ms=at_ms, data=data)  # noqa: E731
        return int((await self.daemon.store.write(work))["seq"])

    async def signal(self, name: str = "bad", **values: Any) -> int:
        """Send a signal; return its number."""
        return await self.tell("signal", name=name, values=values, key=None)

    async def report(self, path: Path, **data: Any) -> int:
        """Store a report of drift; return its number."""
        return await self.tell("drift_alert", path=str(path), **data)

    async def act(self) -> float:
        """Have the policies act on all that happened; return their pause."""
        return await self.daemon.policies.catch_up()

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Return the data of every event of a kind."""
        rows = self.rows("SELECT data FROM events WHERE kind = ? ORDER BY seq", kind)
        return [json.loads(data) for (data,) in rows]

    def triggers(self) -> list[dict[str, Any]]:
        """Return the trigger of every run, oldest first."""
        rows = self.rows("SELECT trigger FROM runs ORDER BY run_id")
        return [json.loads(found) for (found,) in rows]

    def seen(self, policy: str) -> int:
        """Return the last event that a policy has seen, as the store has it."""
        ((seq,),) = self.rows("SELECT seq FROM policy_states WHERE policy = ?", policy)
        return int(seq)

    def rows(self, query: str, *values: Any) -> list[Any]:
        """Ask the store from outside."""
        with contextlib.closing(sqlite3.connect(self.home / "store.db")) as store:
            return store.execute(query, values).fetchall()


Story = Callable[[Desk], Coroutine[Any, Any, None]]
Tell = Callable[[Story], Desk]


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that is migrated already."""
    path = tmp_path_factory.mktemp("empty") / "store.db"
    prepare(path)
    return path


@pytest.fixture
def tell(tmp_path: Path, empty_store: Path) -> Tell:
    """Tell a story about a desk; return the desk."""

    def told(story: Story) -> Desk:
        desk = Desk(tmp_path, VirtualClock(datetime(2013, 7, 1, tzinfo=UTC), sleepers=0))
        shutil.copy(empty_store, desk.home / "store.db")

        async def whole() -> None:
            async with opened(desk):
                await story(desk)

        asyncio.run(whole())
        return desk

    return told


@contextlib.asynccontextmanager
async def opened(desk: Desk) -> AsyncIterator[None]:
    await desk.start()
    try:
        yield
    finally:
        await desk.stop()


def test_an_event_starts_one_run_however_often_it_is_looked_at(tell: Tell) -> None:
    async def story(desk: Desk) -> None:
        await desk.signal(score=9)  # before there was a policy: it is none of its business
        await desk.add("again", "params: {days: 7, why: ''}\n" + NEVER)
        await desk.add("watch", BAD + "with: {days: '{{ score * 2 }}', why: 'score {{ score }}'}\n")
        seq.append(await desk.signal(score=9, host="a", kind="x"))
        for _ in range(3):
            await desk.act()
            await desk.restart()

    seq: list[int] = []
    desk = tell(story)

    cause = "score 9 > 5 in the signal bad"
    about = {"policy": "watch", "event": "bad", "seq": seq[0], "cause": cause}
    ((run_id, params),) = desk.rows("SELECT run_id, params FROM runs")
    assert desk.triggers() == [
        {"kind": "policy", **about, "generation": 1, "score": 9, "host": "a"}
    ]
    assert json.loads(params) == {"days": 18, "why": "score 9"}
    assert desk.told("policy_fired") == [{**about, "run_id": run_id}]
    assert desk.rows("SELECT run_id, pipeline FROM events WHERE kind = 'policy_fired'") == [
        (run_id, "again")
    ]


def test_reports_of_drift_concern_those_that_watch_their_files(tell: Tell) -> None:
    async def story(desk: Desk) -> None:
        await desk.add("drift_policy", drift_policy())
        own = "on: [{drift: {path: own/*.json, if: drift_score > 0.2, cooldown: 1h, top: 1}}]\n"
        await desk.add("retrain_partial", own + NEVER)
        affected = ["dep_delay", "distance"]
        score = {"drift_score": 0.27, "features": {"dep_delay": 0.4}, "affected": affected}
        await desk.report(desk.root / "monitoring" / "2013-07-01.json", **score)
        await desk.report(desk.root / "elsewhere" / "2013-07-01.json", **score)
        await desk.report(desk.root / "own" / "a.json", **score)
        await desk.report(desk.root / "own" / "b.json", **score)
        await desk.act()

    desk = tell(story)

    first, second = desk.triggers()
    assert (first["kind"], first["policy"]) == ("policy", "drift_policy")
    assert first["cause"] == "drift_score 0.27 > 0.1 in monitoring/2013-07-01.json"
    assert first["affected"] == ["dep_delay", "distance"]
    assert first["features"] == {"dep_delay": 0.4}
    assert (second["kind"], second["policy"]) == ("drift", "retrain_partial:drift")
    assert (second["cause"], second["affected"]) == (
        "drift_score 0.27 > 0.2 in own/a.json",
        ["dep_delay"],
    )
    ((held),) = desk.told("policy_held")
    assert held["reason"] == "cooldown until 2013-07-01T01:00:00.000+00:00"


def drift_policy() -> str:
    """Return the policy of the requirements, which is no valid YAML."""
    return "on: drift_alert\nif: drift_score > 0.1\nthen: run pipeline: retrain_partial\n"


def test_a_cooldown_holds_over_restarts_edits_and_what_is_held_is_told_once(tell: Tell) -> None:
    async def story(desk: Desk) -> None:
        await desk.add("again")
        await desk.add("watch", BAD + "cooldown: 2h\n")
        for hour in range(4):
            await desk.signal(score=9)
            await desk.signal(score=1)
            await desk.act()
            await desk.restart()
            await desk.act()
            await desk.add("watch", BAD + f"cooldown: 2h\ntop: {hour + 1}\n")
            desk.clock.set(desk.clock.now + HOUR)

    desk = tell(story)

    assert len(desk.triggers()) == 2
    assert [held["reason"] for held in desk.told("policy_held")] == [
        "cooldown until 2013-07-01T02:00:00.000+00:00",
        "cooldown until 2013-07-01T04:00:00.000+00:00",
    ]


def test_a_policy_that_is_added_again_begins_anew(tell: Tell) -> None:
    async def story(desk: Desk) -> None:
        await desk.add("again")
        await desk.add("watch", BAD + "cooldown: 2h\n")
        await desk.signal(score=9)
        await desk.act()
        await desk.signal(score=10)  # nobody looks at it while the policy is there
        await desk.daemon.catalog.remove("watch")
        await desk.signal(score=11)
        await desk.act()
        await desk.add("watch", BAD + "cooldown: 2h\n")
        await desk.act()
        await desk.signal(score=12)
        await desk.act()

    assert [found["score"] for found in tell(story).triggers()] == [9, 12]


def test_a_policy_on_something_else_now_looks_at_nothing_that_was_before(tell: Tell) -> None:
    async def story(desk: Desk) -> None:
        await desk.add("again")
        await desk.add("watch", BAD)
        await desk.add("wide", drift_policy().replace("retrain_partial", "again"))
        await desk.signal("other", score=9)
        await desk.report(desk.root / "elsewhere" / "a.json", drift_score=2)
        await desk.act()
        await desk.add("watch", BAD.replace("on: bad", "on: other"))
        text = drift_policy().replace("retrain_partial", "again")
        await desk.add("wide", text + "watch: [monitoring/, elsewhere/]\n")
        await desk.act()
        await desk.restart()
        await desk.act()
        assert desk.triggers() == []
        await desk.signal("other", score=10)
        await desk.report(desk.root / "elsewhere" / "a.json", drift_score=3)
        await desk.act()

    fired = [(found["policy"], found["event"]) for found in tell(story).triggers()]
    assert fired == [("watch", "other"), ("wide", "drift_alert")]


def test_a_pipeline_that_was_not_understood_is_forgotten_with_its_policies(tell: Tell) -> None:
    async def story(desk: Desk) -> None:
        text = "on: [{drift: {path: m/, if: drift_score > 1}}]\n" + NEVER
        await desk.add("own", text)
        await desk.add("owner", text)
        with contextlib.closing(sqlite3.connect(desk.home / "store.db")) as store, store:
            later = "UPDATE specs SET text = 'gates: 1' WHERE digest IN "
            store.execute(later + "(SELECT spec_digest FROM pipelines WHERE name = 'own')")
        (desk.root / "own.yaml").unlink()
        await desk.restart()
        assert "own" in desk.daemon.catalog.unread
        await desk.daemon.catalog.remove("own")
        await desk.report(desk.root / "m" / "a.json", drift_score=2)
        await desk.add("own", text)
        await desk.act()

    assert [found["policy"] for found in tell(story).triggers()] == ["owner:drift"]


def test_what_cannot_be_run_is_told_once_for_each_event(tell: Tell) -> None:
    async def story(desk: Desk) -> None:
        await desk.add("watch", BAD + "with: {days: '{{ score }} days'}\n")
        await desk.signal(score=9)
        await desk.act()
        await desk.add("again")
        await desk.signal(score=9)
        await desk.act()
        await desk.add("again", "params: {days: 7}\n" + NEVER)
        await desk.signal(score=9)
        await desk.signal(scores=9)
        await desk.signal(score="much")
        await desk.act()
        await desk.restart()
        await desk.act()

    desk = tell(story)

    reasons = [failed["reason"] for failed in desk.told("policy_failed")]
    assert desk.triggers() == []
    assert len(reasons) == 5
    assert "there is no pipeline 'again'" in reasons[0]
    assert "unknown param 'days'" in reasons[1]
    assert "param days: '9 days' is not int" in reasons[2]
    assert "'score' is unknown: there is scores: did you mean 'scores'?" in reasons[3]
    assert "cannot compare the text 'much' with the number 5" in reasons[4]
    assert desk.seen("watch") >= max(failed["seq"] for failed in desk.told("policy_failed"))


def test_a_run_that_cannot_be_stored_now_is_tried_again_and_holds_up_no_other(tell: Tell) -> None:
    async def story(desk: Desk) -> None:
        (desk.root / "step.sh").write_text("true\n")
        await desk.add("again", "steps: [{id: a, when: 1 == 2, run: sh step.sh}]\n")
        await desk.add("watch", BAD)
        await desk.add("fine")
        await desk.add("other", BAD.replace("again", "fine"))
        objects = desk.home / "objects"
        objects.rename(desk.home / "away")
        objects.write_text("no folder can be made where a file is")
        await desk.signal(score=9)
        await desk.signal(score=10)
        assert await desk.act() < 10
        assert [found["policy"] for found in desk.triggers()] == ["other", "other"]
        objects.unlink()
        (desk.home / "away").rename(objects)
        assert await desk.act() > 10

    desk = tell(story)

    assert [(found["policy"], found["score"]) for found in desk.triggers()] == [
        ("other", 9),
        ("other", 10),
        ("watch", 9),
        ("watch", 10),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_each_event_is_acted_on_once_in_any_order_of_events(tell: Tell, seed: int) -> None:
    """Signals, restarts, edits and clocks at random; who must fire is known from the events."""
    rng = random.Random(seed)
    expected: Counter[tuple[str, int]] = Counter()

    async def story(desk: Desk) -> None:
        await desk.add("again")
        limits = {"low": 3, "high": 6}
        for name, limit in limits.items():
            await desk.add(name, BAD.replace("5", str(limit)))
        for step in range(60):
            match rng.choice(("signal", "signal", "other", "act", "restart", "edit", "back")):
                case "signal":
                    score = rng.randrange(10)
                    seq = await desk.signal(score=score)
                    expected.update((n, seq) for n, limit in limits.items() if score > limit)
                case "other":
                    await desk.signal("other", score=9)
                case "act":
                    await desk.act()
                case "restart":
                    await desk.restart()
                case "edit":
                    await desk.add("low", f"{BAD.replace('5', '3')}top: {step + 1}\n")
                case _:
                    desk.clock.set(desk.clock.now - timedelta(minutes=rng.randrange(100)))
        await desk.act()

    desk = tell(story)

    fired = Counter((found["policy"], found["seq"]) for found in desk.triggers())
    assert fired == expected, f"seed {seed}"
    assert len(expected) > 5
    assert Counter((each["policy"], each["seq"]) for each in desk.told("policy_fired")) == fired


def test_events_of_no_interest_cost_a_move_now_and_then(tell: Tell) -> None:
    count = SPAN + LAG

    async def story(desk: Desk) -> None:
        await desk.add("again")
        await desk.add("watch", BAD)
        begun.append(desk.seen("watch"))

        def many(connection: sqlite3.Connection) -> None:
            for number in range(count):
                events.append(connection, kind="step_resolved", at_ms=number, data={"verdict": {}})

        await desk.daemon.store.write(many)
        await desk.act()
        begun.append(desk.seen("watch"))
        await desk.signal(score=9)
        await desk.act()

    begun: list[int] = []
    desk = tell(story)

    assert begun[1] - begun[0] >= count
    assert len(desk.triggers()) == 1


def test_a_model_that_has_no_new_version_is_told_of_once_a_lapse(tell: Tell) -> None:
    stale = "on: model_stale\nif: age_days >= 7\nmax_age: 7d\nthen: 'run pipeline: again'\n"

    async def story(desk: Desk) -> None:
        await desk.add("again")
        await desk.add("delay", stale + "model: delay\n")
        await desk.add("any", stale.replace("7d", "3d").replace(">= 7", ">= 3"))
        for day in range(16):
            if day == 2:
                put_version(desk, "delay", 1)
            if day == 4:
                await desk.restart()
            for _ in range(2):
                await desk.daemon.staleness.look()
                await desk.act()
            desk.clock.set(desk.clock.now + 24 * HOUR)

    desk = tell(story)

    found = [(e["policy"], e["version"], e["age_days"]) for e in desk.told("model_stale")]
    assert found == [
        ("any", 1, 3),
        ("any", 1, 6),
        ("delay", 1, 7),
        ("any", 1, 9),
        ("any", 1, 12),
    ]
    assert [each["policy"] for each in desk.triggers()] == [policy for policy, _, _ in found]
    assert desk.triggers()[2]["cause"] == "age_days 7 >= 7 for delay"
    assert desk.told("model_stale")[0]["reason"] == (
        "no new version for 3 days since version 1, of 3 allowed"
    )


def test_a_model_that_never_was_is_as_old_as_its_policy(tell: Tell) -> None:
    async def story(desk: Desk) -> None:
        await desk.add("again")
        text = "on: model_stale\nif: age_days > 1\nmax_age: 2d\nmodel: x\n"
        await desk.add("fresh", text + "then: 'run pipeline: again'\n")
        desk.clock.set(desk.clock.now + 100 * HOUR)  # two lapses, of which the last is told
        for _ in range(3):
            await desk.daemon.staleness.look()

    (told,) = tell(story).told("model_stale")
    assert (told["version"], told["age_days"]) == (None, 4.167)
    assert told["reason"] == "no new version for 4.17 days since its policy was added, of 2 allowed"


def put_version(desk: Desk, model: str, version: int) -> None:
    """Store a version of a model without the run that made it."""
    at_ms = desk.clock.now_ms()
    with contextlib.closing(sqlite3.connect(desk.home / "store.db")) as store, store:
        store.execute("INSERT OR IGNORE INTO models VALUES (?, ?)", (model, at_ms))
        store.execute(
            "INSERT INTO versions VALUES (?, ?, 'none', ?, 'm', 'r', 's', 1, '{}', ?)",
            (model, version, f"digest {version}", at_ms),
        )


def register(live: LiveDaemon, folder: Path, **texts: str) -> None:
    """Register pipelines and policies by name."""
    for name, text in texts.items():
        path = folder / f"{name}.yaml"
        path.write_text(text)
        live.client.add_pipeline(str(path))


def send(live: LiveDaemon, key: int) -> bool:
    """Send a signal; tell whether it was answered."""
    try:
        live.client.signal("bad", {"score": 9}, key=str(key))
    except (TrainautoError, OSError):
        return False
    return True


def expect_each_once(live: LiveDaemon, count: int) -> None:
    """Check that each signal has one run, and that every run ended."""

    def fired() -> list[int]:
        page = live.client.event_page(kind="policy_fired", limit=5000)["events"]
        return [event["data"]["seq"] for event in page]

    signals = [e["seq"] for e in live.client.event_page(kind="signal", limit=5000)["events"]]
    assert len(signals) == count
    wait_until(lambda: len(fired()) >= count, f"{count} signals to be acted on\n{live.log()}")
    runs = live.client.runs(limit=500)["runs"]
    assert sorted(run["trigger"]["seq"] for run in runs) == sorted(fired()) == signals
    for run in runs:
        assert live.finish(run["run_id"])["status"] in ("succeeded", "skipped")


@pytest.mark.slow
@pytest.mark.parametrize("point", ["store.commit.before", "store.commit.after"])
def test_a_crash_at_any_commit_between_an_event_and_its_run_loses_and_doubles_nothing(
    dormant: LiveDaemon, tmp_path: Path, point: str
) -> None:
    live = dormant.start()
    register(live, tmp_path, again=NEVER, watch=BAD)
    live.stop()
    for passes in range(1, 9):
        live.launch({VARIABLE: f"{point}={passes}*off->crash"})
        while live.is_alive():
            send(live, passes)  # again and again: that it is known already is a commit, too
        assert live.wait_for_death() == 137
    live.start()
    assert all(send(live, passes) for passes in range(1, 9))
    expect_each_once(live, 8)
    live.stop()
    expect_sound(live.home)


@pytest.mark.slow
def test_kills_at_any_moment_lose_and_double_nothing(dormant: LiveDaemon, tmp_path: Path) -> None:
    rng = random.Random(7)
    live = dormant.start()
    register(live, tmp_path, again=NEVER, watch=BAD)
    sent: list[int] = []
    enough = threading.Event()

    def send_on() -> None:
        while not enough.is_set():
            if send(live, len(sent)):
                sent.append(len(sent))
            enough.wait(0.005)
        assert send(live, len(sent))  # it may have been stored without an answer
        sent.append(len(sent))

    sender = threading.Thread(target=send_on)
    sender.start()
    for _ in range(KILLS):
        before = len(sent)
        wait_until(lambda: len(sent) > before + 2, "signals to be answered")  # noqa: B023
        enough.wait(rng.uniform(0, 0.02))
        live.kill()
        live.start()
    enough.set()
    sender.join()

    expect_each_once(live, len(sent))
    live.stop()
    expect_sound(live.home)


@pytest.mark.slow
def test_every_event_can_be_pushed_and_starts_each_policy_on_it_once(
    fresh: LiveDaemon, tmp_path: Path
) -> None:
    names = [*EVENTS, "an_event_of_ones_own"]
    for name in names:
        age = "max_age: 1d\n" if name == "model_stale" else ""
        rule = f"on: {name}\nif: pipeline == 'theirs' and score > 1\n{age}"
        texts = {f"{which}_{name}": rule + "then: 'run pipeline: again'\n" for which in "ab"}
        register(fresh, tmp_path, again=NEVER, **texts)
    for name in names:
        values = {"pipeline": "theirs", "score": 2}
        for _ in range(2):  # a sender that is not sure
            body = {"name": name, "values": values, "key": "k"}
            assert post(socket_path(fresh.home), "/signals", body).status == 200

    def fired() -> list[tuple[str, str]]:
        page = fresh.client.event_page(kind="policy_fired", limit=5000)["events"]
        return [(event["data"]["event"], event["data"]["policy"]) for event in page]

    wait_until(lambda: len(fired()) >= 2 * len(names), "all policies to fire")
    assert sorted(fired()) == sorted((n, f"{which}_{n}") for n in names for which in "ab")
    runs = fresh.client.runs(limit=500)["runs"]
    assert len(runs) == 2 * len(names)
    assert {run["trigger"]["event"] for run in runs} == set(names)


@pytest.mark.slow
def test_policies_that_start_one_another_end_after_some_runs(
    fresh: LiveDaemon, tmp_path: Path
) -> None:
    step = "steps: [{id: a, run: 'true'}]\n"
    one = "on: run_succeeded\nif: pipeline == 'ping'\nthen: 'run pipeline: pong'\n"
    other = "on: run_succeeded\nif: pipeline == 'pong'\nthen: 'run pipeline: ping'\n"
    register(fresh, tmp_path, ping=step, pong=step, serve=one, back=other)

    fresh.succeed(tmp_path / "ping.yaml")

    def ended() -> list[Any]:
        return list(fresh.client.event_page(kind="policy_failed")["events"])

    (failed,) = wait_until(ended, "the chain to end")
    runs = fresh.client.runs(limit=100)["runs"]
    assert sorted(run["trigger"].get("generation", 0) for run in runs) == list(
        range(GENERATIONS + 1)
    )
    assert (
        "the 10th in a chain of runs that policies without a cooldown" in (failed["data"]["reason"])
    )
    assert failed["data"]["policy"] == "serve"


@pytest.mark.slow
def test_the_end_of_a_run_carries_what_is_known_of_it(fresh: LiveDaemon, tmp_path: Path) -> None:
    record = '{"type": "metric", "name": "auc", "value": 0.7}'
    register(
        fresh,
        tmp_path,
        train=f"""\
params: {{days: 7}}
steps:
  - {{id: fit, run: 'echo ''{record}'' >> $TRAINAUTO_RECORDS'}}
  - {{id: check, run: 'echo no; exit 3', needs: [fit]}}
""",
        fix="params: {days: 0, why: ''}\n"
        "steps: [{id: a, run: 'echo {{params.days}} {{trigger.metrics.fit.auc}}'}]\n",
        mend="on: run_failed\nif: pipeline == 'train' and metrics.auc < 0.8\n"
        "then: 'run pipeline: fix'\nwith: {days: '{{ params.days + 1 }}', why: '{{ error }}'}\n",
        praise="on: run_succeeded\nif: pipeline == 'fix' and duration_s >= 0\n"
        "then: 'run pipeline: missing'\n",
    )

    failed = fresh.run(tmp_path / "train.yaml")
    assert failed["status"] == "failed"

    def ended() -> list[Any]:
        return list(fresh.client.event_page(kind="policy_failed")["events"])

    ((told),) = wait_until(ended, "the fixed run to be praised")
    (fixed,) = fresh.client.runs(pipeline="fix")["runs"]
    assert told["data"]["policy"] == "praise"
    assert fixed["status"] == "succeeded"
    assert fixed["params"]["days"] == 8
    assert fixed["params"]["why"].startswith("check: ")
    assert fixed["trigger"]["run_id"] == failed["run_id"]
    log = fresh.client.log(fixed["run_id"], "a", 0).data.decode()
    assert log.strip() == "8 0.7"
