"""How problems are told."""

from trainautod.spec.errors import CronInvalid, ExpressionError, Problem, SpecInvalid, ValueRefused


def test_a_problem_names_file_line_key_and_what_to_do() -> None:
    problem = Problem(
        "nightly.yaml", 14, 5, "steps[2]", "unknown key 'need'", "did you mean 'needs'?"
    )
    assert str(problem) == (
        "nightly.yaml:14: unknown key 'need' at steps[2]: did you mean 'needs'?"
    )


def test_a_problem_of_the_whole_file_has_no_key_and_may_have_no_hint() -> None:
    assert str(Problem("a.yaml", 1, 1, "", "the file is empty")) == "a.yaml:1: the file is empty"


def test_an_invalid_spec_tells_all_its_problems_a_line_each() -> None:
    first, second = Problem("a", 1, 1, "", "one"), Problem("a", 2, 1, "", "two")
    error = SpecInvalid((first, second))
    assert error.problems == (first, second)
    assert str(error) == "a:1: one\na:2: two"


def test_an_exception_without_a_message_says_its_docstring() -> None:
    assert "Correct" in str(SpecInvalid(())) or "correct" in str(SpecInvalid(()))
    for kind in (ValueRefused, ExpressionError, CronInvalid):
        assert str(kind()) == kind.__doc__


def test_a_refusal_keeps_hint_and_position_apart() -> None:
    error = ExpressionError("wrong", "write right", 3)
    assert (error.message, error.hint, error.position) == ("wrong", "write right", 3)
    assert str(error) == "wrong: write right"
