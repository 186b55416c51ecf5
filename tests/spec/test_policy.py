"""Policies: their keys, both forms of the action, and what is refused."""

import pytest

from tests.spec.specs import POLICY, policy, told

SHORT = "on: latency_alert\nif: p95_ms > 250\nthen: {}\n"


def test_all_keys_of_a_policy_are_read() -> None:
    loaded = policy(POLICY, "latency.yaml")
    assert (loaded.name, loaded.on, loaded.pipeline) == (
        "latency",
        "drift_alert",
        "smaller_model",
    )
    assert loaded.condition == "p95_ms > 250"
    assert loaded.params == {"size": 3, "cause": "{{ p95_ms }}"}
    assert (loaded.cooldown_s, loaded.clear_below, loaded.consecutive) == (21_600, 200, 3)
    assert (loaded.watch, loaded.max_age_s) == (("monitoring/*.json",), 172_800)


@pytest.mark.parametrize(
    "action",
    [
        "run pipeline: again",
        "'run pipeline: again'",
        '"run pipeline:again"',
        "run pipeline:   again   # as soon as it can",
        "{run pipeline: again}",
        "\n  run pipeline: again",
    ],
)
def test_the_action_is_read_in_every_form(action: str) -> None:
    loaded = policy(SHORT.replace("{}", action))
    assert loaded.pipeline == "again"
    assert (loaded.cooldown_s, loaded.consecutive, loaded.clear_below) == (0, 1, None)
    assert (loaded.params, loaded.watch, loaded.max_age_s) == ({}, (), None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("then:", "than:", "unknown key 'than': did you mean 'then'?"),
        ("{}", "restart", "'restart' is not an action at then: write it as then: 'run"),
        ("{}", "", "expected an action, found nothing"),
        ("{}", "{pipeline: x}", "'then' has one key, 'run pipeline'"),
        ("{}", "'run pipeline: a/b'", "'a/b' is not a pipeline name"),
        ("{}", "[x]", "expected text, found a list"),
        ("p95_ms > 250", "p95_ms >", "it ends too early at if"),
        ("latency_alert", "a b", "'a b' is not an event at on"),
        ("on: latency_alert\n", "", "missing key 'on'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_policy_is_told(old: str, new: str, said: str) -> None:
    text = SHORT.replace(old, new)
    assert any(said in line for line in told(text.replace("{}", "'run pipeline: again'")))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("for: 0", "must be at least 1, found 0 at for"),
        ("cooldown: soon", "'soon' is not a duration at cooldown"),
        ("clear_below: x", "expected a number, found the text 'x'"),
        ("clear_below: .nan", "NaN and infinity"),
        ("max_age: 0", "must be more than 0, found 0"),
        ("max_age: 1d", "'max_age' means nothing to the event latency_alert at on"),
        ("watch: 12", "a.yaml:4: expected a path, found '12' at watch: quote it if a file is"),
        ("watch: m/", "'watch' means nothing to the event latency_alert at watch: it goes with"),
        ("model: m", "'model' means nothing to the event latency_alert at model"),
        ("watch: ['']", "expected text, found nothing at watch[0]"),
        ("with: {a: '{{b'}", "is not closed at with.a"),
        ("coldown: 1h", "did you mean 'cooldown'?"),
    ],
)
def test_values_of_a_policy_that_are_refused(line: str, said: str) -> None:
    (found,) = told(SHORT.replace("{}", "'run pipeline: again'") + line)
    assert said in found


STALE = "on: model_stale\nif: age_days > 3\nthen: 'run pipeline: again'\n"
ENDED = "on: run_succeeded\nif: {}\nthen: 'run pipeline: again'\n"


def test_a_policy_on_stale_models_says_how_old_that_is() -> None:
    (found,) = told(STALE)
    assert "the event model_stale needs a max_age at on: write max_age: 7d" in found
    assert policy(STALE + "max_age: 7d\nmodel: delay").max_age_s == 604_800


def test_a_condition_in_braces_is_told_in_one_line() -> None:
    (found,) = told(STALE.replace("age_days > 3", "{{age_days > 3}}") + "max_age: 7d")
    assert found.endswith(":2: a condition is an expression already: write it without {{ }}")


def test_a_score_cannot_fall_below_0() -> None:
    on_drift = "on: drift_alert\nif: drift_score > 0.1\nthen: 'run pipeline: again'\n"
    for value in ("-1", "0"):
        (found,) = told(f"{on_drift}clear_below: {value}")
        assert ":4: a drift_score is never below 0" in found
    assert policy(f"{on_drift}clear_below: 0.05").clear_below == 0.05
    assert policy(on_drift.replace("drift_score", "gain") + "clear_below: -1").clear_below == -1


def test_hysteresis_needs_a_value() -> None:
    (found,) = told(STALE.replace("age_days > 3", "true") + "max_age: 7d\nclear_below: 1")
    assert "the condition reads no value that could fall below it at clear_below" in found


@pytest.mark.parametrize(
    "condition",
    [
        "duration_s > 3",
        "pipeline == 'again'",
        "pipeline != 'other' and duration_s > 3",
        "pipeline == 'other' or duration_s > 3",
        "pipeline > 3",
    ],
)
def test_a_policy_that_would_start_itself_over_and_over_is_refused(condition: str) -> None:
    (found,) = told(ENDED.format(condition))
    assert "its own runs would start it again and again" in found
    assert "give it a cooldown, or a condition with pipeline != 'again'" in found
    assert policy(ENDED.format(condition) + "cooldown: 1h").cooldown_s == 3_600


@pytest.mark.parametrize(
    "condition",
    [
        "pipeline == 'other'",
        "pipeline != 'again'",
        "duration_s > 3 and (pipeline in ['a', 'b'] and true)",
        "pipeline not in ['again']",
    ],
)
def test_a_policy_on_runs_of_others_needs_no_cooldown(condition: str) -> None:
    assert policy(ENDED.format(condition)).cooldown_s == 0


@pytest.mark.parametrize(
    ("on", "by_signal", "meant"),
    [
        ("drift_alert", False, None),
        ("latency_alert", True, None),
        ("drift_alrt", True, "drift_alert"),
        ("run_fail", True, "run_failed"),
        ("data_ready", True, None),
    ],
)
def test_an_event_is_told_from_a_signal(on: str, by_signal: bool, meant: str | None) -> None:
    loaded = policy(SHORT.replace("latency_alert", on).replace("{}", "'run pipeline: again'"))
    assert (loaded.by_signal, loaded.meant) == (by_signal, meant)
