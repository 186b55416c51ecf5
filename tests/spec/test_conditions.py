"""A condition that can be neither true nor false is refused before anything runs."""

import pytest

from tests.spec.specs import pipeline, told


def steps(condition: str) -> str:
    return (
        "params: {days: 7}\nsteps:\n  - {id: a, run: x, outputs: eval.json}\n"
        f"  - {{id: b, run: x, needs: a, when: '{condition}'}}\n"
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1 + 1", "'1 + 1' is the result of arithmetic, not true or false"),
        ("3", "'3' is a number"),
        ("-params.days", "is a number"),
        ('"yes"', "is a text"),
        ("[1, 2]", "is a list"),
        ("null", "'null' is null"),
        ("ds", "'ds' is a text, day or number"),
        ("len(a.b)", "is a number"),
        ("eval.passed and 1", "'and' wants true or false, not a number"),
        ("eval.passed or ds - 7", "'or' wants true or false, not the result of arithmetic"),
        ("not (eval.passed and not 2)", "'not' wants true or false, not a number"),
    ],
)
def test_what_cannot_be_a_truth_is_refused(written: str, said: str) -> None:
    (line,) = told(steps(written))
    assert said in line
    assert "at steps[1].when: compare it with something" in line


@pytest.mark.parametrize(
    "written",
    ["true", "eval.passed", "not eval.passed", "max(eval.a, eval.b)", "1 < 2", "7 in [7]"],
)
def test_what_may_be_a_truth_is_accepted(written: str) -> None:
    assert pipeline(steps(written)).steps[1].when == written
