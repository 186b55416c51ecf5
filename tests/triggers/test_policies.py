"""Policies: what an event means to one, held against an obvious slow reference."""

import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from trainautod.lineage.policies import Happening, RunFacts
from trainautod.spec import Policy, load
from trainautod.triggers.globs import Pattern
from trainautod.triggers.occurrences import Occurrence, concerns, kinds_for, occurrence, place
from trainautod.triggers.policies import (
    GENERATIONS,
    Fail,
    Fire,
    Hold,
    Pass,
    PolicyState,
    Verdict,
    cooldown_until,
    failed,
    fired,
    is_armed,
    judge,
    trigger,
)

HOUR_MS = 3_600_000
BASE = "on: drift_alert\nif: drift_score > 0.1\nthen: 'run pipeline: again'\n"


def policy(text: str = "", base: str = BASE) -> Policy:
    """Return a policy."""
    found = load(base + text, "watch.yaml")
    assert isinstance(found, Policy)
    return found


def report(score: object = 0.2, seq: int = 1, **fields: Any) -> Occurrence:
    """Return a report of drift."""
    carries = {"drift_score": score, "path": "/w/monitoring/a.json", **fields}
    return Occurrence(seq, seq * 1000, "drift_alert", carries)


def told(rule: Policy, *scores: object, state: PolicyState | None = None) -> list[Verdict]:
    """Return what a policy makes of reports, an hour apart; what it fires is accepted."""
    state = state or PolicyState()
    verdicts = []
    for hour, score in enumerate(scores, 1):
        state, verdict = judge(rule, state, report(score, hour), hour * HOUR_MS)
        if isinstance(verdict, Fire):
            state = fired(state, f"run{hour}", hour * HOUR_MS)
        verdicts.append(verdict)
    return verdicts


def letters(verdicts: list[Verdict]) -> str:
    """Return a letter for each verdict: F fires, h held, . passed, ! failed."""
    return "".join({Fire: "F", Hold: "h", Pass: ".", Fail: "!"}[type(each)] for each in verdicts)


class Step(NamedTuple):
    """One event of a history: when, and the value it carries; None where it carries none."""

    at_ms: int
    value: float | None


def slow_reference(
    history: list[Step], cooldown_ms: int, clear_below: float | None, consecutive: int
) -> str:
    """Say what becomes of each event by looking at the whole history before it, every time."""
    letters_so_far = ""
    for index, step in enumerate(history):
        letters_so_far += _letter(history[: index + 1], step, letters_so_far, cooldown_ms,
                                  clear_below, consecutive)  # fmt: skip
    return letters_so_far


def _letter(
    seen: list[Step],
    step: Step,
    before: str,
    cooldown_ms: int,
    clear_below: float | None,
    consecutive: int,
) -> str:
    if step.value is None:
        return "!"
    if not step.value > 0.1:
        return "."
    last_fire = before.rfind("F")
    since = [s for s in seen[last_fire + 1 :] if s.value is not None]
    cleared = any(s.value is not None and s.value < (clear_below or 0) for s in since)
    if clear_below is not None and last_fire >= 0 and not cleared:
        return "h"
    run = list(itertools.takewhile(lambda s: s.value is not None and s.value > 0.1, since[::-1]))
    if len(run) < consecutive:
        return "h"
    if last_fire >= 0 and step.at_ms - seen[last_fire].at_ms < cooldown_ms:
        return "h"
    return "F"


def histories(seed: int, count: int) -> Iterator[list[Step]]:
    """Yield random histories, whose values lie about the limits."""
    rng = random.Random(seed)
    for _ in range(count):
        moment, history = 0, []
        for _ in range(rng.randrange(1, 40)):
            moment += rng.choice((0, 1, HOUR_MS // 2, HOUR_MS, 5 * HOUR_MS))
            value = rng.choice((None, 0.0, 0.04, 0.05, 0.07, 0.1, 0.100001, 0.2, 0.2, 0.3, 0.3))
            history.append(Step(moment, value))
        yield history


@pytest.mark.parametrize("clear_below", [None, 0.05, 0.2])
@pytest.mark.parametrize("cooldown_ms", [0, 1, HOUR_MS])
@pytest.mark.parametrize("consecutive", [1, 2, 3])
def test_judging_is_as_the_slow_reference_says(
    clear_below: float | None, cooldown_ms: int, consecutive: int
) -> None:
    rule = policy(f"cooldown: {cooldown_ms / 1000}\nfor: {consecutive}\n" + (
        f"clear_below: {clear_below}\n" if clear_below is not None else ""
    ))  # fmt: skip
    for history in histories(seed=consecutive, count=60):
        state, found = PolicyState(), ""
        for number, step in enumerate(history, 1):
            carries = {} if step.value is None else {"drift_score": step.value}
            event = Occurrence(number, step.at_ms, "drift_alert", carries)
            state, verdict = judge(rule, state, event, step.at_ms)
            if isinstance(verdict, Fire):
                state = fired(state, f"r{number}", step.at_ms)
            state = PolicyState.from_json(state.to_json())  # as a new daemon would find it
            found += letters([verdict])
        assert found == slow_reference(history, cooldown_ms, clear_below, consecutive), history


def test_a_policy_fires_at_each_event_on_which_its_condition_holds() -> None:
    assert letters(told(policy(), 0.2, 0.1, 0.3, 0.3)) == "F.FF"


def test_a_cooldown_holds_until_it_has_passed() -> None:
    verdicts = told(policy("cooldown: 2h"), 0.2, 0.2, 0.2, 0.2)
    assert letters(verdicts) == "FhFh"
    assert verdicts[1].reason == "cooldown until 1970-01-01T03:00:00.000+00:00"


def test_hysteresis_waits_until_the_value_has_fallen() -> None:
    verdicts = told(policy("clear_below: 0.05"), 0.2, 0.2, 0.07, 0.2, 0.04, 0.2)
    assert letters(verdicts) == "Fh.h.F"
    assert verdicts[1].reason == "not cleared: drift_score was not below 0.05 since it fired"


def test_a_streak_is_ended_by_an_event_that_does_not_satisfy_and_by_none_other() -> None:
    verdicts = told(policy("for: 3"), 0.2, 0.2, 0.0, 0.2, float("nan"), 0.2, 0.2, 0.2)
    assert letters(verdicts) == "hh.h!hFh"
    assert [verdicts[1].reason, verdicts[5].reason] == ["2 of 3 in a row", "2 of 3 in a row"]


def test_a_streak_is_kept_while_the_cooldown_holds() -> None:
    assert letters(told(policy("for: 2\ncooldown: 4h"), *[0.2] * 8)) == "hFhhhFhh"


def test_what_cannot_be_evaluated_is_told_and_changes_nothing() -> None:
    rule = policy("for: 2\nclear_below: 0.05")
    state, _ = judge(rule, PolicyState(), report(0.2), 0)
    for score in (float("nan"), float("inf"), "much", None, [0.2], {"a": 1}):
        after, verdict = judge(rule, state, report(score, 7), 9)
        assert isinstance(verdict, Fail)
        assert "drift_score" in verdict.reason
        assert (after.streak, after.armed, after.event_ms) == (1, True, 7000)
        assert after.value in (None, "much")
        assert (after.verdict or "").startswith("failed: in 'drift_score > 0.1'")
    _, verdict = judge(rule, state, Occurrence(7, 0, "drift_alert", {"score": 1}), 9)
    assert "'drift_score' is unknown: there is score" in verdict.reason


def test_hysteresis_on_what_is_no_number_is_told() -> None:
    rule = policy(
        "clear_below: 1", base="on: x\nif: level == 'bad' and p > 1\nthen: 'run pipeline: a'\n"
    )
    _, verdict = judge(rule, PolicyState(), Occurrence(1, 0, "x", {"level": "bad", "p": 2}), 0)
    assert verdict == Fail("clear_below wants a number: 'level' is the text 'bad'")


def test_another_condition_begins_anew_and_the_cooldown_stays() -> None:
    before = policy("for: 2\nclear_below: 0.05\ncooldown: 5h")
    state = fired(judge(before, PolicyState(), report(), 0)[0], "r1", HOUR_MS)
    after = policy("clear_below: 0.05\ncooldown: 5h", base=BASE.replace("0.1", "0.15"))

    assert not is_armed(before, state)
    assert is_armed(after, state)
    _, verdict = judge(after, state, report(0.2, 2), 2 * HOUR_MS)
    assert "cooldown until" in verdict.reason
    _, verdict = judge(after, state, report(0.2, 2), 6 * HOUR_MS)
    assert isinstance(verdict, Fire)


def test_a_clock_that_was_set_back_makes_no_cooldown_longer() -> None:
    rule = policy("cooldown: 1h")
    state = PolicyState(fired_ms=100 * HOUR_MS)
    assert cooldown_until(rule, state, HOUR_MS) == 2 * HOUR_MS
    state, verdict = judge(rule, state, report(), HOUR_MS)
    assert isinstance(verdict, Hold)
    state, verdict = judge(rule, state, report(0.2, 2), 2 * HOUR_MS)
    assert isinstance(verdict, Fire)
    assert cooldown_until(rule, PolicyState(), 0) is None


def test_an_event_that_could_not_be_acted_on_leaves_the_policy_armed() -> None:
    rule = policy("cooldown: 1h\nclear_below: 0.05")
    state, verdict = judge(rule, PolicyState(), report(), 0)
    assert isinstance(verdict, Fire)
    state, verdict = failed(state, report(), "there is no pipeline 'again'")
    assert (state.fired_ms, state.armed, state.streak) == (None, True, 1)
    assert isinstance(judge(rule, state, report(0.2, 2), 1)[1], Fire)


def test_params_are_filled_in_with_what_the_event_carries() -> None:
    rule = policy("with: {days: 3, worst: '{{ affected_by }}', score: 'at {{ drift_score * 2 }}'}")
    verdict = judge(rule, PolicyState(), report(affected_by="a b"), 0)[1]
    assert isinstance(verdict, Fire)
    assert verdict.params == {"days": 3, "worst": "a b", "score": "at 0.4"}
    verdict = judge(rule, PolicyState(), report(), 0)[1]
    assert isinstance(verdict, Fail)
    assert verdict.reason.startswith("its params cannot be filled in: in 'affected_by'")


def test_what_did_not_hold_is_told_with_its_value() -> None:
    state, verdict = judge(policy(), PolicyState(), report(0.05), 0, "/w")
    assert verdict == Pass("drift_score 0.05 > 0.1 does not hold in monitoring/a.json")
    assert (state.value, state.verdict) == (0.05, verdict.reason)


def test_what_fired_is_told_with_its_value_and_where_it_is_from() -> None:
    state, verdict = judge(policy(), PolicyState(), report(0.2), 0, "/w/policies")
    assert isinstance(verdict, Fire)
    assert verdict.reason == "drift_score 0.2 > 0.1 in /w/monitoring/a.json"
    assert state.verdict == f"fired: {verdict.reason}"


def test_a_chain_of_policies_without_cooldown_ends() -> None:
    event = Occurrence(1, 0, "drift_alert", {"drift_score": 1.0}, generation=GENERATIONS - 1)
    verdict = judge(policy(), PolicyState(), event, 0)[1]
    assert isinstance(verdict, Fire)
    assert verdict.generation == GENERATIONS
    event = Occurrence(1, 0, "drift_alert", {"drift_score": 1.0}, False, "r9", GENERATIONS)
    verdict = judge(policy(), PolicyState(), event, 0)[1]
    assert isinstance(verdict, Fail)
    assert "run r9 is the 10th in a chain of runs that policies without a cooldown" in (
        verdict.reason
    )
    verdict = judge(policy("cooldown: 1s"), PolicyState(), event, 0)[1]
    assert isinstance(verdict, Fire)
    assert verdict.generation == 1


def test_a_trigger_says_what_the_event_carried() -> None:
    rule = policy("top: 2")
    event = report(0.27, 9, affected=["a", "b", "c"], features={"a": 1.0}, kind="x", report=4)
    verdict = judge(rule, PolicyState(), event, 0)[1]
    assert isinstance(verdict, Fire)
    found = trigger(rule, False, event, verdict, "because")
    assert found == {
        "kind": "policy",
        "policy": "watch",
        "event": "drift_alert",
        "seq": 9,
        "generation": 1,
        "cause": "because",
        "drift_score": 0.27,
        "path": "/w/monitoring/a.json",
        "affected": ["a", "b"],
        "features": {"a": 1.0},
        "report": 4,
    }
    assert trigger(rule, True, event, verdict, "because")["kind"] == "drift"


def happening(kind: str, data: Mapping[str, Any], **fields: Any) -> Happening:
    """Return a stored event."""
    given: dict[str, Any] = {"run_id": None, "pipeline": None, "status": None, "run": None}
    return Happening(7, 1000, kind, data=data, **{**given, **fields})


def facts(**fields: Any) -> RunFacts:
    """Return what is known of a run."""
    given: dict[str, Any] = {"trigger": {"kind": "manual"}, "params": {"days": 7}, "error": None}
    given |= {"duration_s": 1.5, "metrics": {}}
    return RunFacts(**{**given, **fields})


def test_a_signal_is_the_event_of_its_name() -> None:
    data = {"name": "latency_alert", "values": {"p95_ms": 300}, "key": None}
    found = occurrence(happening("signal", data))
    assert found == Occurrence(7, 1000, "latency_alert", {"p95_ms": 300}, is_signal=True)
    assert place(found, "/w") == "in the signal latency_alert"


def test_the_end_of_a_run_carries_what_is_known_of_it() -> None:
    metrics = {"train-a": {"auc": 0.8, "loss": None}, "train_b": {"auc": 0.9}}
    run = facts(error="train: it broke", metrics=metrics, trigger={"generation": 4})
    event = happening("attempt_finished", {}, run_id="r1", pipeline="p", status="failed", run=run)
    found = occurrence(event)
    assert found is not None
    assert (found.name, found.generation, found.run_id) == ("run_failed", 4, "r1")
    assert found.carries == {
        "pipeline": "p",
        "run_id": "r1",
        "params": {"days": 7},
        "error": "train: it broke",
        "duration_s": 1.5,
        "metrics": {"auc": 0.9, "train_a": {"auc": 0.8}, "train_b": {"auc": 0.9}},
    }
    assert place(found, "/w") == "in run r1 of p"
    assert occurrence(happening("attempt_finished", {}, status="cancelled", run=run)) is None
    assert occurrence(happening("run_retried", {}, status="running", run=run)) is None


def test_a_stored_event_carries_its_data() -> None:
    data = {"files": ["a"], "count": 1, "path": ["data/*"]}
    event = happening("data_arrived", data, run_id="r", pipeline="p", run=facts())
    found = occurrence(event)
    assert found is not None
    assert found.carries == {"pipeline": "p", "run_id": "r", **data}
    assert place(found, "/w") == "in data_arrived of p"


@pytest.mark.parametrize(
    ("path", "shown"),
    [("/w/m/a.json", "in m/a.json"), ("/wx/a.json", "in /wx/a.json"), ("/a.json", "in /a.json")],
)
def test_a_report_below_the_policy_is_told_from_there(path: str, shown: str) -> None:
    found = occurrence(happening("drift_alert", {"path": path}))
    assert found is not None
    assert place(found, "/w") == shown


def test_a_policy_is_concerned_by_reports_that_it_watches() -> None:
    rule = policy()
    watch = [Pattern.of(text, "/w", "/home/me") for text in rule.watched]
    assert concerns(rule, watch, report())
    assert not concerns(rule, watch, report(path="/elsewhere/a.json"))
    assert concerns(rule, watch, Occurrence(1, 0, "drift_alert", {}, is_signal=True))
    assert not concerns(rule, watch, Occurrence(1, 0, "latency_alert", {}, is_signal=True))


def test_a_policy_is_concerned_by_its_own_model_and_age() -> None:
    rule = policy(
        "max_age: 7d\nmodel: delay",
        base="on: model_stale\nif: age_days > 0\nthen: 'run pipeline: a'\n",
    )
    stale = {"model": "delay", "policy": "watch"}
    assert concerns(rule, [], Occurrence(1, 0, "model_stale", stale))
    assert not concerns(rule, [], Occurrence(1, 0, "model_stale", {**stale, "policy": "other"}))
    assert not concerns(rule, [], Occurrence(1, 0, "model_stale", {**stale, "model": "other"}))
    assert concerns(rule, [], Occurrence(1, 0, "model_stale", {"model": "delay"}, is_signal=True))
    assert not concerns(rule, [], Occurrence(1, 0, "model_stale", {}, is_signal=True))


def test_only_kinds_that_a_policy_may_be_on_are_read() -> None:
    assert kinds_for(["run_failed", "p99"]) == ("signal",)
    assert kinds_for(["model_stale", "drift_alert"]) == ("signal", "drift_alert", "model_stale")


def test_a_state_of_another_version_is_read() -> None:
    assert PolicyState.from_json({}) == PolicyState()
    assert PolicyState.from_json({"streak": 2, "new": 1}) == PolicyState(streak=2)
