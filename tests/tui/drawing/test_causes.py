from trainauto_tui.drawing import causes
from trainauto_tui.screens.run_query import RUNS


def test_a_cause_is_one_line_whatever_it_was_made_of() -> None:
    trigger = {"kind": "data", "cause": "2 files: a.csv,\n  b.csv"}
    assert (causes.kind(trigger), causes.cause(trigger)) == ("data", "2 files: a.csv, b.csv")


def test_a_run_of_a_person_or_of_an_older_daemon_has_its_kind_only() -> None:
    for trigger in ({"kind": "manual"}, {"kind": "cron", "cause": None}):
        assert causes.kind(trigger) == trigger["kind"]
        assert causes.cause(trigger) == ""
    assert causes.kind({}) == ""


def test_runs_can_be_filtered_by_every_kind() -> None:
    for kind in causes.KINDS:
        query = RUNS.parse(f"trigger:{kind}")
        assert query.facets == (("trigger", kind),)
        assert query.words == ""
