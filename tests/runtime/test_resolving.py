"""Many verdicts come in one hop to a thread, and none waits for a slow one."""

import asyncio
import errno
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from trainautod import engine
from trainautod.artifacts.objects import ObjectStore
from trainautod.engine import Execute, Refuse, Resolve, Reuse, RunSubmitted, StepResolved, Verdict
from trainautod.lineage.projection import Submission
from trainautod.runtime.clock import SystemClock
from trainautod.runtime.context import RunContext
from trainautod.runtime.resolving import Resolving
from trainautod.runtime.room import Room
from trainautod.runtime.snapshot import CodeSnapshot
from trainautod.runtime.submission import nodes_of
from trainautod.runtime.tasks import RunTasks
from trainautod.spec import Pipeline, load

REUSE = Reuse("key", "unchanged", "earlier", "step", 1)
RUN = Execute("key", "no earlier result", {})


class Desk:
    """Decides on steps as a test says, and plays the conductor of one run."""

    def __init__(self, tmp_path: Path, objects: ObjectStore, steps: str) -> None:
        pipeline = load(f"name: p\nsteps:\n{steps}", "p.yaml")
        assert isinstance(pipeline, Pipeline)
        submission = Submission("run", "p", "/p.yaml", "spec", "", {}, {}, {}, {}, 0)
        state, self.first = engine.begin(RunSubmitted("run", nodes_of(pipeline), 2))
        snapshot = CodeSnapshot(tmp_path, objects)
        self.context = RunContext(submission, pipeline, "", snapshot, state)
        self.room = Room(tmp_path, SystemClock())
        self.decide: Callable[[str], Verdict] = lambda step: REUSE
        self.answers: list[list[str]] = []
        self.verdicts: dict[str, Verdict] = {}
        self.resolving: Resolving

    def resolve(self, context: RunContext, step: str) -> Verdict:
        assert context is self.context
        return self.decide(step)

    def answer(self, context: RunContext, verdicts: Sequence[tuple[str, Verdict]]) -> None:
        self.answers.append([step for step, _ in verdicts])
        effects: list[engine.Effect] = []
        for step, verdict in verdicts:
            assert step not in self.verdicts, f"{step} was decided on twice"
            self.verdicts[step] = verdict
            context.state, more = engine.step(context.state, StepResolved(step, verdict))
            effects += more
        self.ask(effects)

    def ask(self, effects: Sequence[engine.Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Resolve) and effect.step not in self.verdicts:
                self.resolving.ask(self.context, effect.step)

    def play(self, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Ask for what the run begins with, and tell a story meanwhile."""

        async def main() -> None:
            tasks = RunTasks(SystemClock(), lambda name, error: None)
            self.resolving = Resolving(self.resolve, self.room, tasks, self.answer)
            self.ask(self.first)
            async with asyncio.timeout(20):
                await story()
            await tasks.close()

        asyncio.run(main())

    async def until(self, *steps: str) -> None:
        while not set(steps) <= set(self.verdicts):
            await asyncio.sleep(0.001)


@pytest.fixture
def desk(tmp_path: Path, objects: ObjectStore) -> Callable[[str], Desk]:
    return lambda steps: Desk(tmp_path, objects, steps)


def chain(length: int) -> str:
    needs = ["", *(f", needs: s{n}" for n in range(length))]
    return "".join(f"  - {{id: s{n}, run: x{needs[n]}}}\n" for n in range(length))


Make = Callable[[str], Desk]


def test_a_chain_of_reused_steps_takes_few_hops(desk: Make) -> None:
    found = desk(chain(60))
    found.play(lambda: found.until("s59"))
    assert [step for steps in found.answers for step in steps] == [f"s{n}" for n in range(60)]
    assert len(found.answers) <= 30, "a hop is worth several steps even on a busy machine"


def test_what_follows_a_step_that_runs_is_not_decided_on(desk: Make) -> None:
    found = desk(chain(3))
    found.decide = lambda step: RUN if step == "s1" else REUSE
    found.play(lambda: found.until("s1"))
    assert list(found.verdicts) == ["s0", "s1"]


def test_a_step_that_takes_long_holds_up_neither_those_before_nor_those_beside_it(
    desk: Make,
) -> None:
    found = desk(
        "  - {id: first, run: x}\n  - {id: slow, run: x, needs: first}\n"
        "  - {id: quick, run: x, needs: first}\n  - {id: next, run: x, needs: quick}\n"
    )
    gate = threading.Event()

    def decide(step: str) -> Verdict:
        if step == "slow":
            assert gate.wait(20)
        return REUSE

    async def story() -> None:
        await found.until("first", "quick", "next")
        assert "slow" not in found.verdicts
        gate.set()
        await found.until("slow")

    found.decide = decide
    found.play(story)


def test_every_step_of_a_wide_run_is_decided_on_once(desk: Make) -> None:
    names = [f"w{n}" for n in range(200)]
    found = desk("".join(f"  - {{id: {name}, run: x}}\n" for name in names))
    found.play(lambda: found.until(*names))
    assert sorted(step for steps in found.answers for step in steps) == sorted(names)


def test_what_needs_two_steps_is_decided_on_after_both(desk: Make) -> None:
    found = desk(
        "  - {id: a, run: x}\n  - {id: b, run: x}\n  - {id: both, run: x, needs: [a, b]}\n"
    )
    found.play(lambda: found.until("both"))
    assert list(found.verdicts)[-1] == "both"


def test_a_step_for_which_files_are_short_is_decided_on_later(desk: Make) -> None:
    found = desk(chain(2))
    errors = [OSError(errno.EMFILE, "Too many open files")] * 2

    def decide(step: str) -> Verdict:
        if step == "s0" and errors:
            raise errors.pop()
        return REUSE

    found.decide = decide
    found.play(lambda: found.until("s1"))
    assert errors == []
    assert found.verdicts == {"s0": REUSE, "s1": REUSE}


def test_a_defect_refuses_its_step_and_no_other(desk: Make) -> None:
    found = desk("  - {id: bad, run: x}\n  - {id: good, run: x}\n")

    def decide(step: str) -> Verdict:
        if step == "bad":
            raise KeyError("nobody thought of this")
        return REUSE

    found.decide = decide
    found.play(lambda: found.until("bad", "good"))
    told = found.verdicts["bad"]
    assert isinstance(told, Refuse)
    assert "step bad: internal error KeyError" in told.message
