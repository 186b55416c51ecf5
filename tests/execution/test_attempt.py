"""The files of an attempt outlive a release."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.execution.attempt import FORMAT, AttemptSpec, Claim, ExitRecord
from trainautod.execution.errors import FormatUnknown

CLAIM = Claim(boot_id="b", pid=1, started_ticks=2, token="t")
RECORD = ExitRecord("exited", 0, None, 1, 2, 0.5, 0.25, 3, 4, 5, "")


@settings(max_examples=50)
@given(st.text(), st.lists(st.text(), min_size=1), st.dictionaries(st.text(), st.text()))
def test_a_spec_comes_back_as_it_went(step: str, argv: list[str], env: dict[str, str]) -> None:
    spec = AttemptSpec("run", step, 1, "token", tuple(argv), "/sandbox", env, timeout_s=1.5)
    assert AttemptSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize("document", [CLAIM, RECORD])
def test_a_file_names_its_format_and_comes_back(document: Claim | ExitRecord) -> None:
    text = document.to_json()
    assert json.loads(text)["format"] == FORMAT
    assert type(document).from_json(text.encode()) == document


def test_what_a_later_release_adds_is_left_alone_but_its_format_is_not_guessed() -> None:
    values = json.loads(CLAIM.to_json())
    assert Claim.from_json(json.dumps({**values, "new": 1})) == CLAIM
    with pytest.raises(FormatUnknown, match="upgrade"):
        Claim.from_json(json.dumps({**values, "format": FORMAT + 1}))


def test_what_an_earlier_release_did_not_write_is_not_known() -> None:
    values = json.loads(RECORD.to_json())
    del values["inputs_kept"]
    assert ExitRecord.from_json(json.dumps(values)) == RECORD


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"pid": 1}'])
def test_a_broken_file_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any text of it
        Claim.from_json(text)


def test_a_spec_that_could_not_run_is_refused() -> None:
    with pytest.raises(ValueError, match="argv is empty"):
        AttemptSpec("run", "step", 1, "token", (), "/", {})
    with pytest.raises(ValueError, match="'SIGNONE' is no signal"):
        AttemptSpec("run", "step", 1, "token", ("x",), "/", {}, stop_signal="SIGNONE")
