"""What messages say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.notify.test_notices import event
from tests.support.scripted_daemon import run_document, step_document
from trainautod.notify.message import (
    LOG_LINES,
    LONGEST_BODY,
    LONGEST_TITLE,
    Merged,
    Message,
    Place,
    Subject,
    compose,
    digest,
    plain,
)
from trainautod.spec.notify import NOTICES

HERE = Place("box")
FAR = Place("box", "--host ssh://me@box", far=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def failed_run(**fields: Any) -> dict[str, Any]:
    train = step_document(
        "train", "failed", attempt=3, error="exited with 3", metrics={"auc": 0.91234567}
    )
    return run_document(
        "0mfz3k",
        "failed",
        train,
        **{
            "error": {"step": "train", "message": "exited with 3\nlast words"},
            "trigger": {"kind": "data", "cause": "3 files: data/a.parquet, …"},
            "duration_s": 200.4,
            **fields,
        },
    )


def tell_failure(log: str = "", place: Place = FAR, **fields: Any) -> Message:
    ended = event("attempt_finished", run_id="0mfz3k", pipeline="nightly")
    return compose("run_failed", Subject(ended, failed_run(**fields), log), place)


def test_a_failed_run_is_told_with_all_that_helps() -> None:
    message = tell_failure("epoch 1\nepoch 2\nMemoryError")

    assert message.title == "nightly failed in train [box]"
    assert message.tone == "failure"
    assert message.body.splitlines() == [
        "pipeline  nightly",
        "run       0mfz3k",
        "cause     data: 3 files: data/a.parquet, …",
        "slot      2013-07-10T02:00:00-04:00",
        "took      3 min 20 s",
        "step      train, attempt 3",
        "error     exited with 3",
        "metrics   train.auc=0.912346",
        "at        2013-07-10T02:00:00.000+00:00",
        "",
        "Last lines of train:",
        "  epoch 1",
        "  epoch 2",
        "  MemoryError",
        "",
        "Open it: trainauto-tui --host ssh://me@box --run 0mfz3k",
    ]


def test_without_a_log_the_errors_own_lines_are_quoted() -> None:
    assert "Last lines of train:\n  last words\n" in tell_failure().body


def test_where_no_address_is_known_the_machine_is_named() -> None:
    assert tell_failure(place=HERE).body.endswith("trainauto-tui --run 0mfz3k   (on box)")


def test_a_run_that_has_no_metrics_and_no_error_has_no_line_for_them() -> None:
    run = run_document("0mfz3k", "succeeded", step_document("train"), duration_s=1.26)
    ended = event("attempt_finished", run_id="0mfz3k", pipeline="nightly")
    message = compose("run_succeeded", Subject(ended, run), FAR)

    assert (message.title, message.tone) == ("nightly succeeded [box]", "success")
    words = [line.split()[0] for line in message.body.splitlines() if line]
    assert words == ["pipeline", "run", "cause", "slot", "took", "at", "Open"]


def test_other_events_are_told_with_what_they_carry() -> None:
    data = {"path": "/m/x.json", "reason": "it is empty", "last_good": None, "pipelines": ["a"]}
    message = compose("drift_unknown", Subject(event("drift_unknown", data=data)), HERE)

    assert message.title == "Drift is unknown [box]"
    assert "reason     it is empty\n" in message.body
    assert "last_good" not in message.body


def test_a_long_log_is_its_last_lines_without_what_only_terminals_understand() -> None:
    lines = [f"\x1b[31mline {n}\x1b[0m\x07" for n in range(100)]
    body = tell_failure("\n".join([*lines, "10%\r50%\r100%", "a\u202eb" + "y" * 5000])).body

    assert body.count("  line ") == LOG_LINES - 2
    assert "  100%\n" in body
    assert "50%" not in body
    assert "\x1b" not in body
    assert "\u202e" not in body
    assert "…" in body


@given(notice=st.sampled_from(NOTICES), data=st.dictionaries(st.text(), JSON), log=st.text())
def test_whatever_an_event_carries_makes_a_message(
    notice: str, data: dict[str, Any], log: str
) -> None:
    run = failed_run(trigger=data, error={"step": "train", "message": log})
    told = event("x", data=data, run_id="0mfz3k", pipeline="nightly")
    message = compose(notice, Subject(told, run, log), FAR)

    assert message.title.isprintable()
    assert len(message.title) <= LONGEST_TITLE
    assert len(message.body) <= LONGEST_BODY
    assert message.body.endswith("--run 0mfz3k")
    assert plain(message.body) == message.body
    assert Message.from_json(message.to_json()) == message


@given(st.text())
def test_plain_text_has_no_control_characters(text: str) -> None:
    assert not {c for c in plain(text) if c < " " and c not in "\n\t"}


def test_a_digest_counts_and_names_the_first_few() -> None:
    merged = [
        Merged("run_failed", f"p{n % 2}", f"run{n:03}", f"p{n % 2} failed in train [box]")
        for n in range(1000)
    ]
    message = digest([*merged, Merged("task_died", None, None, "A task died")], FAR)

    assert message.title == "1001 messages in one [box]"
    assert message.tone == "failure"
    assert "   1000  run_failed\n      1  task_died\n" in message.body
    assert "    500  p0\n    500  p1\n      1  no pipeline\n" in message.body
    assert "  run000            p0 failed in train [box]\n" in message.body
    assert "and 996 more" in message.body
    assert "run005" not in message.body


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (3725, "1 h 2 min"), (None, None)]
)
def test_how_long_it_took(seconds: float | None, shown: str | None) -> None:
    body = tell_failure(duration_s=seconds).body
    assert f"took      {shown}\n" in body if shown else "took" not in body


def test_a_message_is_stored_as_json() -> None:
    assert json.loads(Message("t", "b").to_json()) == {"title": "t", "body": "b", "tone": "warning"}
