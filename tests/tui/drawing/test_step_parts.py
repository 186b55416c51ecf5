from typing import Any, cast

from tests.tui.documents import steps
from tests.tui.stage import NOW, step
from trainauto_tui.documents import Explanation, StepDocument
from trainauto_tui.drawing.step_parts import Line, environment, explanation, facts, resources


def document(**more: Any) -> StepDocument:
    base = step("train_mlp", "succeeded") | steps.document("train_mlp", failed_before=True)
    return cast("StepDocument", base | more)


def text(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def test_facts_tell_the_try_the_command_and_the_error() -> None:
    found = document()
    assert text(facts(found, found["attempts"][0], NOW, plain=False)) == [
        "✘ failed 1:50  attempt 1 of 2",
        "$ python train.py --model mlp --days 7 --out model",
        "MemoryError: cannot allocate 2.1 GiB",
        "for the feature matrix",
    ]


def test_facts_of_a_step_that_waits_have_its_template() -> None:
    waiting = document(status="pending", command=None, attempts=[], duration_s=None)
    assert text(facts(waiting, None, NOW, plain=True)) == [
        "o pending",
        "$ python train.py --model {{item}} --days {{params.days}} --out model",
    ]


def test_a_reused_step_names_the_run_of_its_result() -> None:
    source = {"run_id": "0bq", "step": "train_mlp", "attempt": 1}
    reused = document(cached=True, attempts=[], source=source)
    assert text(facts(reused, None, NOW, plain=False))[0] == "✔ reused  result of run 0bq"


def test_why_lists_what_changed_once() -> None:
    why = cast("Explanation", steps.explanation("0bq", "train_mlp"))
    assert text(explanation(why, document())) == [
        "ran: code train.py changed: 3f2a1b2c → 91bc77aa",
        "  package numpy changed: 2.4.5 → 2.4.6",
        "compared  with run 0bq2z9c4v6b8n1mk, attempt 1",
        "key       3f2a91bc77aa",
    ]


def test_without_a_reason_it_was_not_decided() -> None:
    assert text(explanation(None, document())) == ["It was not decided yet."]


def test_memory_stands_against_what_was_asked_for() -> None:
    found = document()
    assert text(resources(found, found["attempts"][0], NOW, plain=True)) == [
        "time      1:50 of at most 30:00",
        "cpu       3:02, 1.7 cpus busy on average",
        "memory    [#########-] 3.64 GiB of 4 GiB at its peak",
        "asks for  2 cpus, 4 GiB memory",
        "retries   at most 2",
    ]


def test_a_step_that_was_never_tried_has_taken_nothing() -> None:
    waiting = document(
        status="pending",
        attempts=[],
        duration_s=None,
        cpu_s=None,
        peak_memory_bytes=None,
        resources=None,
        retries=None,
    )
    assert text(resources(waiting, None, NOW, plain=True)) == ["It has taken nothing yet."]


def test_the_environment_is_interpreter_commit_inputs_and_packages() -> None:
    assert text(environment(document())) == [
        "python    CPython 3.11.7",
        "platform  linux-x86_64",
        "lock      9c1185a5c5e9",
        "commit    8d1f0b2c9a7e, with changes",
        "upstream  data/features.parquet  3f2a91bc77aa",
        "code      train.py  887766554433",
        "",
        "3 packages",
        "  numpy 2.4.6",
        "  pandas 2.3.1",
        "  scikit-learn 1.7.2",
    ]
    assert text(environment(document(environment=None, inputs=[]))) == ["It has not run yet."]
