"""The verbs that show what the daemon knows: as tables, and as documents."""

import re
from typing import Any

import pytest

from tests.cli.conftest import Trainauto
from tests.support.scripted_daemon import (
    ScriptedDaemon,
    run_document,
    status_document,
    step_document,
)

PIPELINE: dict[str, Any] = {
    "name": "nightly",
    "path": "/p/nightly.yaml",
    "description": None,
    "state": "ok",
    "problems": [],
    "schedules": [{"cron": "0 2 * * *", "timezone": "America/New_York"}],
    "next_fire": "2026-01-03T02:00:00.000-05:00",
    "params": {},
    "steps": [],
    "last_runs": [{"run_id": "2", "status": "failed"}, {"run_id": "1", "status": "succeeded"}],
}
FED = {
    **PIPELINE,
    "schedules": [],
    "next_fire": None,
    "on": [{"kind": "data", "path": ["incoming/*.csv"]}],
}
BROKEN = {**PIPELINE, "name": "odd", "state": "broken", "problems": ["odd.yaml:3: cycle"]}
RUN = run_document(
    "0mfz3k1a2b3c4d5e",
    "failed",
    step_document(
        "train",
        "succeeded",
        cached=True,
        reason="nothing changed since run 0abc",
        metrics={"roc_auc": 0.886123, "rows": 4000},
        outputs=[{"path": "model.joblib", "digest": "3f2a1b2c4d5e6f708192", "size": 1536}],
    ),
    step_document("evaluate", "failed", exit_code=3, duration_s=0.4, peak_memory_bytes=2097152),
    error={"step": "evaluate", "message": "exit code 3\nbelow 0.82"},
    params={"days": 7},
)
EXPLANATION = {
    "run_id": "r",
    "step": "train",
    "status": "succeeded",
    "cached": False,
    "reason": "code train.py changed: 3f2a1b2c → 91bc77aa",
    "cache_key": "abc123",
    "changes": ["code train.py changed: 3f2a1b2c → 91bc77aa", "param days changed: 7 → 8"],
    "compared_with": {"run_id": "q", "attempt": 1},
    "inputs": None,
}
MODELS = [
    {
        "name": "flight-delay",
        "production": 1,
        "versions": [
            {
                "version": number,
                "stage": stage,
                "run_id": f"run{number}",
                "digest": "3f2a1b2c4d5e6f708192",
                "metrics": {"roc_auc": 0.88},
                "created_at": "2026-01-02T12:00:00.000+00:00",
            }
            for number, stage in ((1, "production"), (2, "staging"))
        ],
    }
]
TRANSITIONS = [
    {
        "version": 1,
        "from": None,
        "to": "staging",
        "actor": "run r",
        "reason": "registered",
        "at": "2026-01-02T12:00:00.000+00:00",
        "evidence": None,
    }
]
PLAN = {
    "pipeline": "nightly",
    "scheduled_time": "2013-07-10T02:00:00-04:00",
    "steps": [
        {"id": step, "needs": [], "verdict": verdict, "reason": why, "cache_key": None}
        for step, verdict, why in (
            ("fetch", "reuse", "nothing changed"),
            ("train", "run", "forced"),
            ("evaluate", "unknown", "depends on what train makes"),
            ("notify", "skip", "when is false"),
        )
    ],
}

READS: list[tuple[list[str], str, Any, Any]] = [
    (["pipelines"], "GET /pipelines", {"pipelines": [PIPELINE]}, None),
    (["runs"], "GET /runs", {"runs": [RUN], "next": None}, None),
    (["show", "r"], "GET /runs/r", RUN, None),
    (["explain", "r", "train"], "GET /runs/r/steps/train/explain", EXPLANATION, None),
    (["models"], "GET /models", MODELS, None),
    (["transitions", "m"], "GET /models/m/transitions", TRANSITIONS, None),
    (["plan", "nightly"], "POST /plan", PLAN, None),
    (["status"], "GET /status", status_document(), None),
    (["daemon", "status"], "GET /status", status_document(), None),
    (["cancel", "r"], "POST /runs/r/cancel", RUN, None),
    (["remove", "nightly"], "DELETE /pipelines/nightly", None, {"removed": "nightly"}),
]


@pytest.mark.parametrize(
    ("words", "request_", "answer", "document"), READS, ids=[" ".join(read[0]) for read in READS]
)
def test_json_is_the_daemons_document(
    daemon: ScriptedDaemon,
    trainauto: Trainauto,
    words: list[str],
    request_: str,
    answer: Any,
    document: Any,
) -> None:
    daemon.answers[request_] = answer
    outcome = trainauto(*words, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.document == (document or answer)


def test_pipelines_are_a_table_and_their_problems_are_told(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["GET /pipelines"] = {"pipelines": [PIPELINE, BROKEN]}
    outcome = trainauto("pipelines")
    assert re.split(r"\s{2,}", outcome.lines[1]) == [
        "nightly",
        "ok",
        "0 2 * * *",
        "2026-01-03 02:00:00-05:00",
        "✔✗",
        "/p/nightly.yaml",
    ]
    assert "broken" in outcome.lines[2]
    assert outcome.err == "odd.yaml:3: cycle\n"
    daemon.answers["GET /pipelines"] = {"pipelines": [FED]}
    assert re.split(r"\s{2,}", trainauto("pipelines").lines[1])[2:4] == ["-", "on data"]


def test_nothing_to_list_says_what_to_do(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers |= {
        "GET /pipelines": {"pipelines": []},
        "GET /runs": {"runs": [], "next": None},
        "GET /models": [],
    }
    for verb in ("pipelines", "runs", "models"):
        outcome = trainauto(verb)
        assert (outcome.code, outcome.out) == (0, "")
        assert outcome.err


def test_runs_are_asked_for_as_typed_and_the_next_page_is_named(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["GET /runs"] = {"runs": [RUN], "next": "0mfz"}
    typed = "--status failed,running --trigger cron --since 2013-07-01 --until 2013-07-10T12:00"
    outcome = trainauto("runs", "nightly", *typed.split(), "--limit", "1", "--before", "x")
    assert daemon.asked[0][2] == {
        "pipeline": "nightly",
        "status": "failed,running",
        "trigger": "cron",
        "since": "2013-07-01",
        "until": "2013-07-10T12:00",
        "limit": "1",
        "before": "x",
    }
    assert "✗ failed" in outcome.lines[1]
    assert "evaluate: exit code 3" in outcome.lines[1]
    assert "--before 0mfz" in outcome.err


def test_show_has_steps_outputs_and_the_error(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["GET /runs/latest"] = RUN
    text = trainauto("show", "latest").out
    assert "0mfz3k1a2b3c4d5e" in text
    assert "days=7" in text
    assert "↻ reused" in text
    assert "nothing changed since run 0abc" in text
    assert "roc_auc=0.8861 rows=4000" in text
    assert "model.joblib" in text
    assert "3f2a1b2c4d5e " in text
    assert "1.5 KiB" in text
    assert "2.0 MiB" in text
    assert text.endswith("✗ error in step evaluate\nexit code 3\nbelow 0.82\n")


def test_what_started_a_run_is_told_where_that_is_known(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    cause = "drift_score 0.27 > 0.1 in monitoring/x.json"
    run = {**RUN, "trigger": {"kind": "policy", "policy": "drift_policy", "cause": cause}}
    daemon.answers["GET /runs/latest"] = run
    daemon.answers["GET /runs"] = {"runs": [run, RUN], "next": None}
    assert re.search(
        rf"trigger +policy\ncause +{re.escape(cause)}\n", trainauto("show", "latest").out
    )
    with_cause, without = trainauto("runs").lines[1:]
    assert f"policy   {cause}" in with_cause
    assert "manual" in without
    daemon.answers["GET /runs/latest"] = RUN
    assert "cause" not in trainauto("show", "latest").out


def test_show_follow_ends_like_run(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["GET /runs/latest"] = RUN
    outcome = trainauto("show", "latest", "-f")
    assert outcome.code == 1
    assert "failed: step evaluate: exit code 3" in outcome.err


def test_explain_tells_every_change(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["GET /runs/r/steps/train/explain"] = EXPLANATION
    lines = trainauto("explain", "r", "train").lines
    assert lines == [
        "train of r: succeeded",
        "reason     code train.py changed: 3f2a1b2c → 91bc77aa",
        "compared   with attempt 1 of run q",
        "  - code train.py changed: 3f2a1b2c → 91bc77aa",
        "  - param days changed: 7 → 8",
        "cache key  abc123",
    ]


def test_a_plan_says_what_would_happen_and_why(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.answers["POST /plan"] = PLAN
    outcome = trainauto("plan", "nightly", "--force", "train")
    assert [line.split("  ", 1)[1].strip() for line in outcome.lines[1:5]] == [
        "would reuse      nothing changed",
        "would run        forced",
        "cannot know yet  depends on what train makes",
        "would skip       when is false",
    ]
    assert "1 would reuse, 1 would run, 1 cannot know yet, 1 would skip" in outcome.lines[5]
    assert daemon.asked[0][3]["force"] == ["train"]


def test_models_show_the_newest_version_first(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["GET /models"] = MODELS
    lines = trainauto("models").lines
    assert [line.split()[1:3] for line in lines[1:]] == [["2", "staging"], ["1", "production"]]


def test_transitions_say_who_and_why(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["GET /models/m/transitions"] = TRANSITIONS
    line = trainauto("transitions", "m").lines[1]
    assert [part.strip() for part in line.split("  ") if part.strip()] == [
        "1",
        "-",
        "staging",
        "run r",
        "registered",
        "2026-01-02 12:00:00+00:00",
    ]


def test_status_tells_slots_and_what_is_wrong(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["GET /status"] = status_document(
        state="degraded",
        detail="the disk is full",
        tasks=[{"name": "watch", "state": "restarting", "restarts": 3, "error": "too many files"}],
    )
    outcome = trainauto("status")
    assert "degraded: the disk is full" in outcome.out
    assert "1 of 2 CPUs, 0 B of 4.0 GiB memory, 1 of 2 GPUs" in outcome.out
    assert outcome.err == "task watch restarting: too many files\n"


def test_status_tells_machine_process_disk_and_who_holds_slots(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    lease = {"run_id": "0mfz", "step": "train", "attempt": 2, "cpus": 1.5, "memory_bytes": 1 << 30}
    daemon.answers["GET /status"] = status_document(
        access="read-only",
        host="box",
        cpu_s=75.2,
        memory_bytes=60 << 20,
        disk={"path": "/srv/home", "total_bytes": 100 << 30, "free_bytes": 25 << 30},
        leases=[{**lease, "gpus": [0, 1]}, {**lease, "step": "a", "memory_bytes": 0, "gpus": []}],
    )
    text = trainauto("status").out
    assert "read-only link\n" in text
    assert "host       box\n" in text
    assert "process    60.0 MiB memory, 1m15s CPU time\n" in text
    assert "disk       25.0 GiB free of 100.0 GiB\n" in text
    assert "1.5 CPUs, 1.0 GiB memory, GPU 0, 1: train of 0mfz, attempt 2\n" in text
    assert text.endswith("1.5 CPUs: a of 0mfz, attempt 2\n")


def test_status_tells_whom_messages_do_not_reach(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    waits = {"target": "HOOK_URL", "state": "pending", "count": 3, "due_at": None}
    lost = {"target": "MAIL_URL", "state": "failed", "count": 1, "due_at": None}
    undelivered = [waits | {"reason": "connection refused"}, lost | {"reason": "error 404"}]
    daemon.answers["GET /status"] = status_document(undelivered=undelivered)
    text = trainauto("status").out
    assert "messages   3 to HOOK_URL wait: connection refused\n" in text
    assert text.endswith("           1 to MAIL_URL was given up: error 404\n")
    daemon.answers["GET /status"] = status_document(undelivered=[])
    assert "messages" not in trainauto("status").out


def test_cancel_says_whether_it_is_over(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.answers["POST /runs/r/cancel"] = run_document("r", "running")
    assert trainauto("cancel", "r").out == "r is being cancelled\n"
    daemon.answers["POST /runs/r/cancel"] = run_document("r", "cancelled")
    assert trainauto("cancel", "r").out == "r cancelled\n"


def test_add_says_when_it_fires(
    daemon: ScriptedDaemon, trainauto: Trainauto, tmp_path: Any
) -> None:
    file = tmp_path / "nightly.yaml"
    file.touch()
    daemon.answers["POST /pipelines"] = PIPELINE
    outcome = trainauto("add", str(file))
    assert outcome.lines[1] == "next fire: 2026-01-03 02:00:00-05:00"
    assert daemon.asked[0][3] == {"path": str(file)}
    assert trainauto("add", str(file), "--json").document == PIPELINE
    daemon.answers["POST /pipelines"] = FED
    assert trainauto("add", str(file)).lines[1] == "it starts on data incoming/*.csv"
    policy = {
        "kind": "policy",
        "path": [],
        "policy": "watch",
        "event": "drift_alert",
        "if": "x > 1",
    }
    daemon.answers["POST /pipelines"] = {**FED, "on": [policy]}
    assert trainauto("add", str(file)).lines[1] == "it starts on drift_alert if x > 1  by watch"
    daemon.answers["POST /pipelines"] = {**FED, "on": []}
    assert trainauto("add", str(file)).lines[1] == "it has no schedule"


def test_runs_of_a_pipeline_that_never_was_exit_with_4(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    daemon.fail("GET /runs", 404, "there is no pipeline 'nosuch'")
    outcome = trainauto("runs", "nosuch")
    assert (outcome.code, outcome.out) == (4, "")
    assert "no pipeline 'nosuch'" in outcome.err


def test_events_default_to_the_last_ones(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    for _ in range(30):
        daemon.publish("retry_due", pipeline="nightly")
    lines = trainauto("events").lines
    assert len(lines) == 20
    assert lines[-1].endswith("    30 12:00:00 retry_due        nightly → its wait is over")


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2000, 2400, 2500, 9000])
def test_the_tail_is_the_last_ones_however_many_pages(
    daemon: ScriptedDaemon, trainauto: Trainauto, count: int
) -> None:
    for _ in range(2500):
        daemon.publish("slot_fired")
    document = trainauto("events", "--tail", str(count), "--json").document
    numbers = [event["seq"] for event in document["events"]]
    assert numbers == list(range(2501 - min(count, 2500), 2501))
    assert document["last"] == 2500


def test_events_of_a_pipeline_and_of_some_kinds(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    for kind in ("slot_fired", "run_submitted", "retry_due"):
        for pipeline in ("nightly", "weekly"):
            daemon.publish(kind, pipeline=pipeline)
    words = ("--pipeline", "weekly", "--kind", "slot_fired,retry_due")
    for more in ((), ("--after", "0"), ("--tail", "9")):
        lines = trainauto("events", *words, *more).lines
        assert [line.split()[2:4] for line in lines] == [
            ["slot_fired", "weekly"],
            ["retry_due", "weekly"],
        ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--tail", "-1"), "a number of events"),
        (("--tail", "3", "--after", "9"), "not allowed with"),
    ],
)
def test_a_start_that_makes_no_sense_is_refused(
    trainauto: Trainauto, words: tuple[str, ...], told: str
) -> None:
    outcome = trainauto("events", *words)
    assert outcome.code == 2
    assert told in outcome.err


def test_events_after_a_number_are_all_of_them_however_many_pages(
    daemon: ScriptedDaemon, trainauto: Trainauto
) -> None:
    for _ in range(2500):
        daemon.publish("slot_fired")
    outcome = trainauto("events", "--after", "10", "--json")
    assert [event["seq"] for event in outcome.document["events"]] == list(range(11, 2501))
    assert outcome.document["last"] == 2500


def test_events_of_one_run(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    daemon.advance(run_document("r", "running", step_document("a", "running")), "slots_granted")
    daemon.publish("slot_fired")
    lines = trainauto("events", "--run", "latest").lines
    assert len(lines) == 1
    assert lines[0].endswith("slots_granted    nightly r → a running, run running; starts")


def test_events_say_why(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    slot = {"cron": "0 2 * * *", "slot": "2013-07-10T02:00:00-04:00"}
    reason = "missed longer ago than catchup_window, 1d"
    counts = {"waiting": 0, "succeeded": 2, "failed": 1}
    daemon.publish(
        "slot_skipped", pipeline="nightly", data={**slot, "reason": "run r has not ended"}
    )
    daemon.publish("slot_skipped", pipeline="nightly", data={**slot, "reason": reason, "count": 3})
    daemon.publish("backfill_ended", pipeline="nightly", data={"backfill": "b", "counts": counts})
    assert [line.partition("nightly → ")[2] for line in trainauto("events").lines] == [
        "0 2 * * * for 2013-07-10 02:00: run r has not ended",
        "0 2 * * *, 3 slots: missed longer ago than catchup_window, 1d",
        "b: 2 succeeded, 1 failed",
    ]
