"""What each event does to a step in each state, one by one."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from tests.support.shells import ImaginedShell, execute, reuse
from trainautod import engine
from trainautod.engine import (
    Acquire,
    Adopt,
    AttemptFinished,
    Backoff,
    Cancelled,
    CancelRequested,
    Effect,
    Event,
    Expand,
    Expanded,
    Failed,
    FinishRun,
    IllegalTransition,
    Launch,
    Needs,
    Pending,
    Ready,
    Refuse,
    Release,
    Resolve,
    Resolving,
    RetryDue,
    RetryRule,
    Running,
    RunRetried,
    RunState,
    RunSubmitted,
    SetTimer,
    Skip,
    Skipped,
    SlotsGranted,
    SlotsRefused,
    StepNode,
    StepResolved,
    StepState,
    Stop,
    Stopping,
    Succeeded,
    Verdict,
    Waiting,
    Withdraw,
    status_of,
)
from trainautod.engine.machine import MAX_LOSSES
from trainautod.engine.states import ACTIVE, NOT_BEGUN, TERMINAL, Planned

PLAN = {"command": "true"}
WORK = Planned("key", "no earlier result", PLAN)
FIRST = replace(WORK, attempts=1)
SLOTS = Needs(2, 1, 4096)
TWICE = RetryRule(limit=1, interval_s=10)


def submitted(*nodes: StepNode, max_parallel: int = 2) -> RunSubmitted:
    return RunSubmitted("run", nodes, max_parallel)


def alone(state: StepState, retry: RetryRule | None = None) -> RunState:
    """A run whose one step is in ``state``."""
    return RunState(
        run_id="run",
        max_parallel=2,
        nodes={"a": StepNode("a", slots=SLOTS, retry=retry or RetryRule())},
        states={"a": state},
        dependents={"a": ()},
        waiting=("a",) if isinstance(state, Waiting) else (),
        active=int(isinstance(state, ACTIVE)),
        unfinished=int(not isinstance(state, TERMINAL)),
        begun=int(not isinstance(state, NOT_BEGUN)),
        failed=int(isinstance(state, Failed)),
        cancelled=int(isinstance(state, Cancelled)),
        cancelled_by="me" if isinstance(state, Stopping | Cancelled) else None,
        story=("run_submitted", None),
    )


def finished(
    outcome: Any, code: int | None = None, message: str | None = None, attempt: int = 1
) -> AttemptFinished:
    return AttemptFinished("a", attempt, outcome, code, message, 5_000)


LAUNCH = Launch("a", 1, PLAN, SLOTS, (3,))
TABLE: dict[str, tuple[StepState, Event, StepState, tuple[Effect, ...]]] = {
    "to be run": (
        Resolving(0),
        StepResolved("a", execute()),
        Ready(WORK),
        (Acquire("a", SLOTS),),
    ),
    "reused": (
        Resolving(0),
        StepResolved("a", reuse()),
        Succeeded(0, cached=True, key="key"),
        (FinishRun("succeeded"),),
    ),
    "when was false": (
        Resolving(0),
        StepResolved("a", Skip("when: x is false")),
        Skipped("when: x is false"),
        (FinishRun("succeeded"),),
    ),
    "cannot be run": (
        Resolving(0),
        StepResolved("a", Refuse("no such input")),
        Failed(0, "no such input"),
        (FinishRun("failed"),),
    ),
    "slots": (Ready(WORK), SlotsGranted("a", (3,)), Running(FIRST, (3,)), (LAUNCH,)),
    "no slots, ever": (
        Ready(FIRST),
        SlotsRefused("a", "needs 8 cpus"),
        Failed(1, "needs 8 cpus"),
        (FinishRun("failed"),),
    ),
    "success": (
        Running(FIRST, (3,)),
        finished("succeeded", 0),
        Succeeded(1, cached=False, key="key"),
        (Release("a"), FinishRun("succeeded")),
    ),
    "failure": (
        Running(FIRST, (3,)),
        finished("failed", 1, "boom"),
        Failed(1, "boom"),
        (Release("a"), FinishRun("failed")),
    ),
    "failure without a word": (
        Running(FIRST, ()),
        finished("failed", 1),
        Failed(1, "failed"),
        (Release("a"), FinishRun("failed")),
    ),
    "killed by somebody else": (
        Running(FIRST, ()),
        finished("stopped", 143, "was stopped"),
        Failed(1, "was stopped"),
        (Release("a"), FinishRun("failed")),
    ),
    "first loss": (
        Running(FIRST, (3,)),
        finished("lost"),
        Ready(replace(FIRST, losses=1)),
        (Release("a"), Acquire("a", SLOTS)),
    ),
    "one loss too many": (
        Running(replace(FIRST, losses=MAX_LOSSES - 1), ()),
        finished("lost", None, "vanished"),
        Failed(1, "vanished"),
        (Release("a"), FinishRun("failed")),
    ),
    "stopped": (
        Stopping(FIRST, (3,)),
        finished("stopped", 143, "was stopped"),
        Cancelled(1),
        (Release("a"), FinishRun("cancelled")),
    ),
    "failed while being stopped": (
        Stopping(FIRST, ()),
        finished("failed", 1, "boom"),
        Cancelled(1),
        (Release("a"), FinishRun("cancelled")),
    ),
    "done before the signal": (
        Stopping(FIRST, ()),
        finished("succeeded", 0),
        Succeeded(1, cached=False, key="key"),
        (Release("a"), FinishRun("succeeded")),
    ),
    "the wait is over": (
        Backoff(replace(FIRST, tries=1), 9_000),
        RetryDue("a"),
        Ready(replace(FIRST, tries=1)),
        (Acquire("a", SLOTS),),
    ),
    "resolved too late": (Cancelled(), StepResolved("a", execute()), Cancelled(), ()),
    "granted too late": (Cancelled(), SlotsGranted("a", (3,)), Cancelled(), (Release("a"),)),
    "due too late": (Cancelled(1), RetryDue("a"), Cancelled(1), ()),
}


@pytest.mark.parametrize("name", TABLE)
def test_transition(name: str) -> None:
    before, event, after, effects = TABLE[name]
    state, asked = engine.step(alone(before), event)
    assert state.states == {"a": after}
    assert asked == effects
    assert state.active == isinstance(after, ACTIVE)
    assert state.unfinished == (not isinstance(after, TERMINAL))


EVERY_STATE: tuple[StepState, ...] = (
    Pending(),
    Resolving(0),
    Waiting(WORK),
    Ready(WORK),
    Running(FIRST, ()),
    Stopping(FIRST, ()),
    Backoff(FIRST, 1),
    Expanded(()),
    Succeeded(1, cached=False, key=None),
    Failed(1, "no"),
    Skipped("no"),
    Cancelled(),
)
EVERY_EVENT: tuple[Event, ...] = (
    StepResolved("a", execute()),
    SlotsGranted("a"),
    finished("succeeded"),
    RetryDue("a"),
)
LEGAL = {(type(before), type(event)) for before, event, _, _ in TABLE.values()}


@pytest.mark.parametrize(
    ("state", "event"),
    [
        pytest.param(s, e, id=f"{type(s).__name__}-{e.kind}")
        for s, e in product(EVERY_STATE, EVERY_EVENT)
        if (type(s), type(e)) not in LEGAL
    ],
)
def test_every_other_pair_is_illegal(state: StepState, event: Event) -> None:
    with pytest.raises(IllegalTransition):
        engine.step(alone(state), event)


def test_an_illegal_transition_tells_the_whole_story() -> None:
    shell = ImaginedShell(submitted(StepNode("a")))
    shell.resolve("a", execute())
    with pytest.raises(IllegalTransition) as caught:
        engine.step(shell.state, RetryDue("a"))
    assert caught.value.run_id == "run"
    assert caught.value.story == ("run_submitted", "step_resolved a: execute")
    for told in ("run run", "retry_due a", "Ready", "step_resolved a: execute", "report"):
        assert told in str(caught.value)


def test_the_end_of_another_attempt_is_illegal_and_told() -> None:
    with pytest.raises(IllegalTransition, match="a with attempt 1") as caught:
        engine.step(alone(Running(FIRST, ())), finished("succeeded", attempt=2))
    assert caught.value.story == ("run_submitted",)
    assert "attempt_finished a#2: succeeded" in str(caught.value)


def test_an_event_of_an_unknown_step_is_illegal() -> None:
    with pytest.raises(IllegalTransition, match="ghost=None"):
        engine.step(alone(Pending()), RetryDue("ghost"))


def test_a_run_is_submitted_once() -> None:
    with pytest.raises(IllegalTransition, match="run_submitted"):
        engine.step(alone(Pending()), submitted(StepNode("a")))


def test_a_need_comes_before_the_step_that_has_it() -> None:
    with pytest.raises(ValueError, match="step a needs b, which does not come before it"):
        engine.begin(submitted(StepNode("a", ("b",)), StepNode("b")))


def test_a_run_begins_with_the_steps_that_need_nothing() -> None:
    run, effects = engine.begin(
        submitted(StepNode("a"), StepNode("b", ("a",)), StepNode("c"), StepNode("d", ("a", "c")))
    )
    assert effects == (Resolve("a"), Resolve("c"))
    assert [type(s) for s in run.states.values()] == [Resolving, Pending, Resolving, Pending]
    assert run.status == "queued"
    assert run.unfinished == 4


def test_a_step_starts_once_all_it_needs_has_succeeded() -> None:
    shell = ImaginedShell(
        submitted(StepNode("a"), StepNode("b"), StepNode("c", ("a", "b")), max_parallel=2)
    )
    shell.resolve("a", reuse())
    assert shell.at("c") == Pending()
    shell.resolve("b", reuse())
    assert shell.books.resolving == {"c"}
    assert shell.status() == "running"


def test_a_failed_step_skips_what_follows_and_lets_other_branches_finish() -> None:
    shell = ImaginedShell(
        submitted(StepNode("a"), StepNode("b", ("a",)), StepNode("c", ("b",)), StepNode("d"))
    )
    shell.resolve("a", Refuse("no"))
    assert shell.at("b") == Skipped("a failed")
    assert shell.at("c") == Skipped("b was skipped")
    assert shell.status() == "running"
    shell.resolve("d", reuse())
    assert shell.ended
    assert shell.status() == "failed"
    assert shell.state.first_failure() == ("a", "no")


def test_a_failure_at_the_head_of_a_very_long_chain_reaches_its_end() -> None:
    nodes = [StepNode("s0")]
    nodes += [StepNode(f"s{i}", (f"s{i - 1}",)) for i in range(1, 3000)]
    run, _ = engine.begin(submitted(*nodes))
    run, effects = engine.step(run, StepResolved("s0", Refuse("no")))
    assert effects == (FinishRun("failed"),)
    assert run.states["s2999"] == Skipped("s2998 was skipped")
    run, effects = engine.step(run, RunRetried("me"))
    run, effects = engine.step(run, CancelRequested("me"))
    assert effects == (FinishRun("cancelled"),)


class TestMaxParallel:
    def test_only_so_many_steps_ask_for_slots(self) -> None:
        shell = ImaginedShell(submitted(*(StepNode(f"s{i}") for i in range(4))))
        for i in range(4):
            shell.resolve(f"s{i}", execute())
        assert shell.books.queued == {"s0", "s1"}
        assert shell.state.waiting == ("s2", "s3")

    def test_who_waits_longest_comes_next(self) -> None:
        shell = ImaginedShell(submitted(*(StepNode(f"s{i}") for i in range(4)), max_parallel=1))
        for step in ("s2", "s0", "s3", "s1"):
            shell.resolve(step, execute())
        order = []
        while shell.books.queued:
            (step,) = shell.books.queued
            order.append(step)
            shell.grant(step)
            shell.finish(step, "succeeded", 0)
        assert order == ["s2", "s0", "s3", "s1"]

    def test_a_wait_before_a_retry_frees_the_place(self) -> None:
        retry = RetryRule(limit=1, interval_s=60)
        shell = ImaginedShell(submitted(StepNode("a", retry=retry), StepNode("b"), max_parallel=1))
        shell.resolve("a", execute())
        shell.resolve("b", execute())
        shell.grant("a")
        shell.finish("a", "failed", 1)
        assert shell.books.queued == {"b"}
        shell.due("a")
        assert shell.state.waiting == ("a",)

    def test_a_step_that_was_lost_goes_to_the_end_of_the_line(self) -> None:
        shell = ImaginedShell(submitted(StepNode("a"), StepNode("b"), max_parallel=1))
        shell.resolve("a", execute())
        shell.resolve("b", execute())
        shell.grant("a")
        shell.finish("a", "lost")
        assert shell.books.queued == {"b"}


class TestRetries:
    def test_a_failure_waits_and_is_tried_again(self) -> None:
        run = alone(Running(FIRST, (3,)), TWICE)
        run, effects = engine.step(run, finished("failed", 1, "boom"))
        assert run.states["a"] == Backoff(replace(FIRST, tries=1), 15_000)
        assert effects == (Release("a"), SetTimer("a", 15_000))
        assert run.status == "running"

    def test_the_limit_counts_extra_tries(self) -> None:
        run = alone(Running(replace(FIRST, attempts=2, tries=1), ()), TWICE)
        run, _ = engine.step(run, finished("failed", 1, "boom", attempt=2))
        assert run.states["a"] == Failed(2, "boom")

    @pytest.mark.parametrize(
        ("code", "again"), [(75, True), (1, False), (None, False), (124, False)]
    )
    def test_only_the_listed_exit_codes_are_tried_again(
        self, code: int | None, again: bool
    ) -> None:
        rule = RetryRule(limit=3, exit_codes=(75,))
        run, _ = engine.step(alone(Running(FIRST, ()), rule), finished("failed", code, "x"))
        assert isinstance(run.states["a"], Backoff) is again

    def test_losses_do_not_count_as_tries(self) -> None:
        shell = ImaginedShell(submitted(StepNode("a", retry=RetryRule(limit=1))))
        shell.resolve("a", execute())
        ends = ["lost"] * (MAX_LOSSES - 1) + ["failed"] + ["lost"] * (MAX_LOSSES - 1)
        for end in ends:
            for step in list(shell.books.timers):
                shell.due(step)
            shell.grant("a")
            shell.finish("a", end, 1)
        shell.grant("a")
        shell.finish("a", "succeeded", 0)
        assert shell.at("a") == Succeeded(len(ends) + 1, cached=False, key="key")

    def test_a_run_that_keeps_losing_its_attempts_fails(self) -> None:
        shell = ImaginedShell(submitted(StepNode("a", retry=RetryRule(limit=5))))
        shell.resolve("a", execute())
        for _ in range(MAX_LOSSES):
            shell.grant("a")
            shell.finish("a", "lost")
        assert shell.at("a") == Failed(MAX_LOSSES, "a lost")
        assert shell.ended


class TestGroups:
    NODES = (StepNode("a"), StepNode("g", ("a",), foreach=True), StepNode("z", ("g",)))

    def expanded(self, count: int) -> ImaginedShell:
        shell = ImaginedShell(submitted(*self.NODES, max_parallel=9))
        shell.resolve("a", reuse())
        shell.resolve("g", Expand(tuple((f"g[n={i}]", {"n": i}) for i in range(count))))
        return shell

    def test_instances_inherit_from_their_group(self) -> None:
        shell = self.expanded(2)
        node = shell.state.nodes["g[n=1]"]
        assert (node.group, node.item, node.foreach) == ("g", {"n": 1}, False)
        assert node.needs == ("a",)
        assert shell.books.resolving == {"g[n=0]", "g[n=1]"}
        assert shell.at("g") == Expanded(("g[n=0]", "g[n=1]"))

    def test_an_empty_group_succeeds_at_once(self) -> None:
        shell = self.expanded(0)
        assert shell.at("g") == Succeeded(0, cached=False, key=None)
        assert shell.books.resolving == {"z"}

    def test_a_group_succeeds_with_its_last_instance(self) -> None:
        shell = self.expanded(2)
        shell.resolve("g[n=1]", reuse())
        assert isinstance(shell.at("g"), Expanded)
        shell.resolve("g[n=0]", Skip("when: n > 0 is false"))
        assert shell.at("g") == Succeeded(0, cached=False, key=None)
        assert shell.books.resolving == {"z"}

    def test_a_group_is_cached_when_all_its_instances_are(self) -> None:
        shell = self.expanded(2)
        for i in range(2):
            shell.resolve(f"g[n={i}]", reuse())
        assert shell.at("g") == Succeeded(0, cached=True, key=None)

    def test_a_group_of_skipped_instances_is_skipped(self) -> None:
        shell = self.expanded(2)
        for i in range(2):
            shell.resolve(f"g[n={i}]", Skip("no"))
        assert shell.at("g") == Skipped("every instance was skipped")
        assert shell.at("z") == Skipped("g was skipped")
        assert shell.status() == "succeeded"

    def test_a_failing_instance_fails_its_group_after_the_others_are_done(self) -> None:
        shell = self.expanded(3)
        shell.resolve("g[n=1]", Refuse("broken"))
        shell.resolve("g[n=0]", execute())
        shell.resolve("g[n=2]", reuse())
        assert isinstance(shell.at("g"), Expanded)
        shell.grant("g[n=0]")
        shell.finish("g[n=0]", "succeeded", 0)
        assert shell.at("g") == Failed(0, "1 of 3 instances failed, first g[n=1]")
        assert shell.at("z") == Skipped("g failed")
        assert shell.state.first_failure() == ("g[n=1]", "broken")

    def test_a_retry_repeats_only_the_instances_that_failed(self) -> None:
        shell = self.expanded(3)
        verdicts: tuple[Verdict, ...] = (reuse(), Refuse("broken"), reuse())
        for i, verdict in enumerate(verdicts):
            shell.resolve(f"g[n={i}]", verdict)
        shell.retry()
        assert shell.books.resolving == {"g[n=1]"}
        assert shell.at("g") == Expanded(("g[n=0]", "g[n=1]", "g[n=2]"))
        shell.resolve("g[n=1]", reuse())
        shell.resolve("z", reuse())
        assert shell.status() == "succeeded"

    def test_a_retry_leaves_a_group_that_succeeded_as_it_is(self) -> None:
        shell = self.expanded(2)
        shell.resolve("g[n=0]", Skip("no"))
        shell.resolve("g[n=1]", reuse())
        shell.resolve("z", Refuse("broken"))
        shell.retry()
        assert shell.books.resolving == {"z"}
        assert isinstance(shell.at("g[n=0]"), Skipped)

    def test_a_group_that_never_expanded_is_resolved_again(self) -> None:
        shell = ImaginedShell(submitted(*self.NODES))
        shell.resolve("a", reuse())
        shell.resolve("g", Refuse("foreach: not a list"))
        shell.retry()
        assert shell.books.resolving == {"g"}

    def test_a_failure_is_told_of_the_group_when_it_could_not_expand(self) -> None:
        shell = ImaginedShell(submitted(*self.NODES))
        shell.resolve("a", reuse())
        shell.resolve("g", Refuse("foreach: not a list"))
        assert shell.state.first_failure() == ("g", "foreach: not a list")

    def test_cancelled_instances_cancel_their_group(self) -> None:
        shell = self.expanded(2)
        shell.resolve("g[n=0]", reuse())
        shell.cancel()
        assert shell.at("g") == Cancelled()
        assert shell.at("z") == Cancelled()
        assert shell.status() == "cancelled"


CANCELLED: dict[str, tuple[StepState, StepState, tuple[Effect, ...]]] = {
    "pending": (Pending(2), Cancelled(2), (FinishRun("cancelled"),)),
    "resolving": (Resolving(1), Cancelled(1), (FinishRun("cancelled"),)),
    "waiting": (Waiting(FIRST), Cancelled(1), (FinishRun("cancelled"),)),
    "ready": (Ready(WORK), Cancelled(0), (Withdraw("a"), FinishRun("cancelled"))),
    "running": (Running(FIRST, (3,)), Stopping(FIRST, (3,)), (Stop("a", 1),)),
    "stopping": (Stopping(FIRST, ()), Stopping(FIRST, ()), ()),
    "backoff": (Backoff(FIRST, 9), Cancelled(1), (FinishRun("cancelled"),)),
}


class TestCancel:
    @pytest.mark.parametrize("name", CANCELLED)
    def test_in_every_state(self, name: str) -> None:
        before, after, effects = CANCELLED[name]
        run, asked = engine.step(alone(before), CancelRequested("me"))
        assert run.states == {"a": after}
        assert asked == effects
        assert run.waiting == ()
        assert run.cancelled_by == "me"

    def test_steps_that_succeeded_stay_so_and_the_rest_is_cancelled(self) -> None:
        shell = ImaginedShell(
            submitted(StepNode("a"), StepNode("b", ("a",)), StepNode("c", ("b",)), StepNode("d"))
        )
        shell.resolve("a", reuse())
        shell.resolve("d", Refuse("no"))
        shell.resolve("b", execute())
        shell.grant("b")
        shell.cancel()
        assert not shell.ended
        assert shell.at("c") == Cancelled()
        shell.finish("b", "stopped", 143)
        kinds = {i: type(s).__name__ for i, s in shell.state.states.items()}
        assert kinds == {"a": "Succeeded", "b": "Cancelled", "c": "Cancelled", "d": "Failed"}
        assert shell.status() == "cancelled"

    @pytest.mark.parametrize("end", [Succeeded(1, False, None), Failed(1, "x"), Cancelled(1)])
    def test_a_run_that_ended_cannot_be_cancelled(self, end: StepState) -> None:
        with pytest.raises(IllegalTransition, match="cancel_requested"):
            engine.step(alone(end), CancelRequested("me"))


class TestRunRetried:
    @pytest.mark.parametrize("end", [Failed(3, "x"), Cancelled(3)])
    def test_goes_on_with_the_next_attempt(self, end: StepState) -> None:
        run, effects = engine.step(alone(end), RunRetried("me"))
        assert run.states == {"a": Resolving(3)}
        assert effects == (Resolve("a"),)
        assert run.cancelled_by is None
        run, _ = engine.step(run, StepResolved("a", execute()))
        run, effects = engine.step(run, SlotsGranted("a"))
        assert [e.attempt for e in effects if isinstance(e, Launch)] == [4]

    def test_grants_all_tries_again(self) -> None:
        shell = ImaginedShell(submitted(StepNode("a", retry=RetryRule(limit=1))))
        for _ in range(2):
            shell.resolve("a", execute())
            for _ in range(2):
                for step in list(shell.books.timers):
                    shell.due(step)
                shell.grant("a")
                shell.finish("a", "failed", 1)
            assert shell.ended
            shell.retry()
        assert shell.at("a") == Resolving(4)

    def test_skipped_steps_wait_again_for_what_they_need(self) -> None:
        shell = ImaginedShell(submitted(StepNode("a"), StepNode("b", ("a",))))
        shell.resolve("a", Refuse("no"))
        shell.retry()
        assert shell.state.states == {"a": Resolving(0), "b": Pending(0)}
        assert shell.status() == "queued"

    @pytest.mark.parametrize("state", [Succeeded(1, False, None), Pending(), Running(FIRST, ())])
    def test_only_a_run_that_ended_without_success_can_be_retried(self, state: StepState) -> None:
        with pytest.raises(IllegalTransition, match="run_retried"):
            engine.step(alone(state), RunRetried("me"))


RESUMED: dict[str, tuple[StepState, tuple[Effect, ...]]] = {
    "pending": (Pending(), ()),
    "resolving": (Resolving(0), (Resolve("a"),)),
    "waiting": (Waiting(WORK), ()),
    "ready": (Ready(WORK), (Acquire("a", SLOTS),)),
    "running": (Running(FIRST, (3,)), (LAUNCH,)),
    "stopping": (Stopping(FIRST, (3,)), (Adopt("a", 1, PLAN, SLOTS, (3,)), Stop("a", 1))),
    "backoff": (Backoff(FIRST, 9), (SetTimer("a", 9),)),
    "expanded": (Expanded(()), ()),
    "succeeded": (Succeeded(1, False, None), ()),
    "failed": (Failed(1, "x"), ()),
    "skipped": (Skipped("x"), ()),
    "cancelled": (Cancelled(), ()),
}


@pytest.mark.parametrize("name", RESUMED)
def test_a_restart_asks_again_for_what_was_outstanding(name: str) -> None:
    state, effects = RESUMED[name]
    assert engine.resume(alone(state)) == effects


def test_a_fan_out_of_a_thousand_takes_four_effects_per_instance() -> None:
    nodes = (StepNode("g", foreach=True), StepNode("z", ("g",)))
    run, effects = engine.begin(RunSubmitted("run", nodes, 16))
    verdict = Expand(tuple((f"g[n={i}]", {"n": i}) for i in range(1000)))
    answers: list[Event] = [StepResolved("g", verdict)]
    events, asked = 0, len(effects)
    while answers:
        event = answers.pop()
        run, effects = engine.step(run, event)
        events, asked = events + 1, asked + len(effects)
        answers += [a for e in effects if (a := _answer(e)) is not None]
    assert run.status == "succeeded"
    assert events == 1 + 3 * 1000 + 3  # the group, resolve/grant/finish each, the last step
    assert asked == 1 + 4 * 1000 + 4 + 1  # resolve/acquire/launch/release each, and the end


def _answer(effect: Effect) -> Event | None:
    match effect:
        case Resolve(step):
            return StepResolved(step, execute())
        case Acquire(step):
            return SlotsGranted(step)
        case Launch(step, attempt):
            return AttemptFinished(step, attempt, "succeeded", 0, None, 1)
        case _:
            return None


def test_users_see_six_words() -> None:
    words = {type(state).__name__: status_of(state) for state in EVERY_STATE}
    assert words == {
        "Pending": "pending",
        "Resolving": "pending",
        "Waiting": "pending",
        "Ready": "pending",
        "Running": "running",
        "Stopping": "running",
        "Backoff": "running",
        "Expanded": "running",
        "Succeeded": "succeeded",
        "Failed": "failed",
        "Skipped": "skipped",
        "Cancelled": "cancelled",
    }
