from datetime import UTC
from typing import Any, cast

from tests.tui.documents import drift as documents
from tests.tui.stage import NOW
from trainauto_tui.documents import PolicyDocument
from trainauto_tui.drawing import policies


def policy(name: str = "drift_policy", /, **more: Any) -> PolicyDocument:
    return cast("PolicyDocument", documents.policy(name, "retrain", **more))


def told(document: PolicyDocument) -> list[str]:
    return ["".join(span.text for span in line) for line in policies.facts(document, NOW, UTC)]


def test_a_policy_is_armed_disarmed_cooling_down_or_broken() -> None:
    assert policies.standing(policy(), NOW).word == "armed"
    assert policies.standing(policy(armed=False), NOW).word == "disarmed"
    assert policies.standing(policy(state="broken", armed=False), NOW).word == "broken"
    marks = {policies.standing(policy(armed=armed), NOW).ascii for armed in (True, False)}
    assert len(marks) == 2
    cooling = policy(cooldown_until="2013-07-10T11:40:02.000+00:00")
    assert policies.standing(cooling, NOW).word == "cooldown"
    assert policies.standing(cooling, NOW + 6 * 3600).word == "armed"


def test_what_a_score_is_held_against_is_read_from_the_condition() -> None:
    both = policy(**{"if": "drift_score > .3 and features.carrier >= 0.25 and rows > 100"})
    assert policies.thresholds(both, "drift_score") == [0.3]
    assert policies.thresholds(both, "carrier") == [0.25]
    assert policies.thresholds(both, "rows") == []
    assert policies.thresholds(policy(**{"if": "old_drift_score > 0.3"}), "drift_score") == []
    assert policies.thresholds(policy(**{"if": None}), "drift_score") == []
    other = policy(on="latency_alert", **{"if": "drift_score > 0.3"})
    assert policies.thresholds(other, "drift_score") == []


def test_a_streak_counts_to_what_is_needed() -> None:
    assert policies.streak(policy(**{"for": 3}, streak=1)) == "1 of 3"
    assert policies.streak(policy(**{"for": 3})) == "0 of 3"
    assert policies.streak(policy()) == ""


def test_a_cooldown_is_told_in_minutes_at_the_finest() -> None:
    ends = policy(cooldown_until="2013-07-10T11:40:02.000+00:00")
    assert policies.cooldown(ends, NOW) == "5h left"
    assert policies.cooldown(ends, NOW + 5 * 3600) == "29m left"
    assert policies.cooldown(ends, NOW + 5 * 3600 + 5) == "28m left"
    assert policies.cooldown(ends, NOW + 5.48 * 3600) == "<1m left"
    assert policies.cooldown(ends, NOW + 6 * 3600) == ""
    assert policies.cooldown(policy(), NOW) == ""


def test_facts_say_what_it_does_and_what_it_did_last() -> None:
    fired = cast("PolicyDocument", documents.policies()[2])
    assert told(fired) == [
        "does     if drift_score > 0.1  run retrain_partial  clear < 0.08  cooldown 6h",
        "last     fired: drift_score 0.28 > 0.1 in monitoring/flights.json  31m ago",
        "last run 0bq3k7x2m9d4f6hs  31m ago",
    ]


def test_a_policy_on_another_event_names_it_and_one_without_events_says_so() -> None:
    other = policy(on="latency_alert", **{"if": None, "for": 3})
    assert told(other) == [
        "does     on latency_alert  run retrain  for 3 in a row",
        "last     it has seen no event yet",
    ]


def test_a_policy_whose_pipeline_is_missing_says_so() -> None:
    assert (
        told(policy(target="missing"))[0] == "does     if drift_score > 0.1  run retrain (missing)"
    )


def test_of_a_policy_file_that_is_not_understood_only_the_problem_is_told() -> None:
    unread = policy(state="broken", on="", problems=["p.yaml: cannot be read"])
    unread["pipeline"], unread["if"] = "", None
    assert told(unread) == ["p.yaml: cannot be read", "last     it has seen no event yet"]


def test_a_broken_policy_says_what_is_wrong_first() -> None:
    assert told(policy(state="broken", problems=["p.yaml:3: no 'if'"]))[0] == "p.yaml:3: no 'if'"


def test_times_of_a_verdict_are_the_readers() -> None:
    held = policy(last_verdict="held: cooldown until 2013-07-10T11:40:02.000+00:00")
    assert policies.verdict(held, NOW, UTC) == "held: cooldown until 11:40"
    assert policies.verdict(policy(), NOW, UTC) == ""
