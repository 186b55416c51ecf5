"""Whatever the order in which the world answers, a run stays in order and comes to its end."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.shells import (
    OUTCOMES,
    ImaginedShell,
    conclude,
    execute,
    random_submission,
    reuse,
    wander,
)
from trainautod import engine
from trainautod.engine import Expand, Refuse, RetryRule, RunSubmitted, Skip, StepNode, Verdict

retry_rules = st.builds(
    RetryRule,
    limit=st.integers(0, 3),
    interval_s=st.sampled_from([0.0, 0.5, 10.0]),
    backoff=st.sampled_from([1.0, 2.0]),
    max_interval_s=st.sampled_from([1.0, 300.0]),
    exit_codes=st.sampled_from([(), (75,)]),
)


@st.composite
def submissions(draw: st.DrawFn) -> RunSubmitted:
    """Runs of up to seven steps and groups."""
    nodes: list[StepNode] = []
    for number in range(draw(st.integers(1, 7))):
        earlier = [node.id for node in nodes]
        needs = draw(st.lists(st.sampled_from(earlier), unique=True)) if earlier else []
        foreach = draw(st.integers(0, 3)) == 0
        nodes.append(StepNode(f"s{number}", tuple(needs), draw(retry_rules), foreach=foreach))
    return RunSubmitted("run", tuple(nodes), draw(st.integers(1, 3)))


class AnyOrder(RuleBasedStateMachine):
    """Hypothesis plays the world; ``ImaginedShell`` checks the engine after every event."""

    shell: ImaginedShell

    @initialize(event=submissions())
    def submit(self, event: RunSubmitted) -> None:
        self.shell = ImaginedShell(event)

    @precondition(lambda self: self.shell.books.resolving)
    @rule(data=st.data())
    def resolve(self, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(sorted(self.shell.books.resolving)))
        plain: list[Verdict] = [execute(), execute(None), execute("another"), reuse()]
        if self.shell.state.nodes[step].foreach:
            counts = range(4)
            plain = [Expand(tuple((f"{step}[n={i}]", {"n": i}) for i in range(n))) for n in counts]
        others: list[Verdict] = [Skip("when: false"), Refuse("no")]
        self.shell.resolve(step, data.draw(st.sampled_from([*plain, *others])))

    @precondition(lambda self: self.shell.books.queued)
    @rule(data=st.data())
    def grant(self, data: st.DataObject) -> None:
        self.shell.grant(data.draw(st.sampled_from(sorted(self.shell.books.queued))))

    @precondition(lambda self: self.shell.books.queued)
    @rule(data=st.data())
    def refuse(self, data: st.DataObject) -> None:
        self.shell.refuse(data.draw(st.sampled_from(sorted(self.shell.books.queued))))

    @precondition(lambda self: self.shell.books.living)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES), code=st.sampled_from([1, 75, None]))
    def finish(self, data: st.DataObject, outcome: str, code: int | None) -> None:
        self.shell.finish(
            data.draw(st.sampled_from(sorted(self.shell.books.living))), outcome, code
        )

    @precondition(lambda self: self.shell.books.timers)
    @rule(data=st.data())
    def due(self, data: st.DataObject) -> None:
        self.shell.due(data.draw(st.sampled_from(sorted(self.shell.books.timers))))

    @precondition(lambda self: self.shell.late)
    @rule(data=st.data())
    def answer_late(self, data: st.DataObject) -> None:
        self.shell.answer_late(data.draw(st.sampled_from(self.shell.late)))

    @precondition(lambda self: not self.shell.ended)
    @rule()
    def cancel(self) -> None:
        self.shell.cancel()

    @precondition(lambda self: self.shell.ended and self.shell.state.status != "succeeded")
    @rule()
    def retry(self) -> None:
        self.shell.retry()

    @rule()
    def restart(self) -> None:
        self.shell.restart()

    def teardown(self) -> None:
        if not hasattr(self, "shell"):
            return
        conclude(self.shell, Random(0))
        expect_same_trace(self.shell)


def expect_same_trace(shell: ImaginedShell) -> None:
    """Tell the engine the same events again: it must ask for the same, in the same order."""
    (first, begun), *others = shell.trace
    assert isinstance(first, RunSubmitted)
    state, effects = engine.begin(first)
    assert effects == begun
    for event, asked in others:
        state, effects = engine.step(state, event)
        assert effects == asked
    assert state == shell.state


def test_every_order_of_answers_keeps_a_run_in_order() -> None:
    run_state_machine_as_test(
        AnyOrder, settings=settings(max_examples=40, stateful_step_count=40, deadline=None)
    )


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_long_random_lives_end_and_can_be_told_again(seed: int) -> None:
    random = Random(seed)
    shell = ImaginedShell(random_submission(random))
    wander(shell, random, 150)
    conclude(shell, random)
    expect_same_trace(shell)
    assert shell.replayed() == shell.state


def test_the_same_seed_gives_the_same_trace() -> None:
    traces = []
    for _ in range(2):
        random = Random(20130710)
        shell = ImaginedShell(random_submission(random))
        wander(shell, random, 120)
        traces.append((shell.trace, shell.state))
    assert traces[0] == traces[1]
