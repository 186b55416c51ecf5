from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui.stage import pipelines
from trainauto_tui.documents import PipelineDocument, Scalar
from trainauto_tui.screens.run_form import Param, RunForm
from trainautod.runtime.errors import RequestInvalid
from trainautod.runtime.submission import typed_params
from trainautod.spec import load

FORM = RunForm.of(cast("PipelineDocument", pipelines()[0]))


def edited(**texts: str) -> RunForm:
    return replace(
        FORM, params=tuple((param, texts.get(param.name, text)) for param, text in FORM.params)
    )


def test_a_form_begins_with_the_defaults_and_asks_for_nothing_else() -> None:
    assert [(param.name, text) for param, text in FORM.params] == [
        ("days", "7"),
        ("learning_rate", "0.1"),
    ]
    assert FORM.problems() == {}
    assert FORM.words() == ["run", "flights-nightly", "--detach"]
    assert FORM.request() == {
        "name": "flights-nightly",
        "params": {},
        "ds": None,
        "from_step": None,
        "force_all": False,
    }


def test_only_what_was_changed_is_asked_for() -> None:
    form = replace(edited(days=" 14 "), ds="2013-07-10 ", from_step="train_lr", force_all=True)
    assert form.request() == {
        "name": "flights-nightly",
        "params": {"days": "14"},
        "ds": "2013-07-10",
        "from_step": "train_lr",
        "force_all": True,
    }
    assert " ".join(form.words()) == (
        "run flights-nightly --param days=14 --ds 2013-07-10 --from train_lr --force-all --detach"
    )


@pytest.mark.parametrize(
    ("form", "problems"),
    [
        (edited(days="many"), {"param days": "not a whole number"}),
        (edited(days="1.5"), {"param days": "not a whole number"}),
        (edited(days=""), {"param days": "not a whole number"}),
        (edited(days="1e3"), {}),
        (edited(learning_rate="nan"), {"param learning_rate": "not a number"}),
        (edited(learning_rate="1"), {}),
        (replace(FORM, ds="10.7.2013"), {"ds": "no date such as 2013-07-10"}),
        (replace(FORM, ds=" 2013-07-10 "), {}),
        (replace(FORM, from_step="train"), {"from_step": "no such step: train_lr?"}),
        (replace(FORM, from_step="zzz"), {"from_step": "no such step"}),
        (replace(FORM, from_step="split"), {}),
    ],
)
def test_what_is_wrong_is_told_by_field(form: RunForm, problems: dict[str, str]) -> None:
    assert form.problems() == problems


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (FORM, "for the present time is queued. Steps whose inputs did not change are reused."),
        (replace(FORM, broken=True), "The file has problems: its last good version runs. A run"),
        (replace(FORM, ds="2013-07-10"), "A run for 2013-07-10 is queued."),
        (replace(FORM, from_step="split"), "split and all that follow it run;"),
        (replace(FORM, from_step="split", force_all=True), "Every step runs; nothing is reused."),
    ],
)
def test_it_says_what_will_happen(form: RunForm, words: str) -> None:
    assert words in form.effect()


@given(
    st.sampled_from([True, False, 7, 0.5, "text"]),
    st.text(" 01eE.+-truefalsyn_", max_size=6) | st.integers().map(str) | st.floats().map(str),
)
def test_it_refuses_exactly_what_the_daemon_would(default: Scalar, text: str) -> None:
    param = Param("x", default)
    source = f"name: p\nparams: {{x: {param.text}}}\nsteps: [{{id: a, run: 'true'}}]\n"
    pipeline = load(source, "p.yaml")
    request = RunForm("p", ((param, text),), ("a",)).request()
    try:
        typed_params(pipeline, request["params"])  # type: ignore[arg-type]
        refused = False
    except RequestInvalid:
        refused = True
    assert bool(param.problem(text)) is refused
