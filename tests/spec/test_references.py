"""What steps say about one another: needs, circles, and the names in their texts."""

import pytest

from tests.spec.specs import pipeline, step, told


def steps(*lines: str) -> str:
    return "steps:\n" + "".join(f"  - {{{line}}}\n" for line in lines)


def test_an_unknown_need_suggests_the_nearest_step() -> None:
    assert told(steps("id: train, run: x", "id: b, run: x, needs: [trian]")) == [
        "a.yaml:3: there is no step 'trian' at steps[1].needs[0]: did you mean 'train'?"
    ]


def test_a_step_cannot_need_itself() -> None:
    assert told(steps("id: a, run: x, needs: a")) == [
        "a.yaml:2: the step 'a' needs itself at steps[0].needs"
    ]


def test_a_circle_is_named_whole_from_its_first_step() -> None:
    text = steps(
        "id: free, run: x",
        "id: b, run: x, needs: [free, d]",
        "id: c, run: x, needs: b",
        "id: d, run: x, needs: [c]",
        "id: after, run: x, needs: [d]",
    )
    (line,) = told(text)
    assert line == (
        "a.yaml:3: steps need one another in a circle: b → d → c → b at steps[1].needs: "
        "drop one need"
    )


def test_each_circle_is_told() -> None:
    text = steps(
        "id: a, run: x, needs: b", "id: b, run: x, needs: a",
        "id: c, run: x, needs: d", "id: d, run: x, needs: c",
    )  # fmt: skip
    lines = told(text)
    assert len(lines) == 2
    assert "a → b → a" in lines[0]
    assert "c → d → c" in lines[1]


def test_ids_that_expressions_cannot_tell_apart_are_refused() -> None:
    (line,) = told(steps("id: a-b, run: x", "id: a_b, run: x"))
    assert "the step ids 'a_b' and 'a-b' (line 2) are the same name 'a_b' in expressions" in line


@pytest.mark.parametrize(
    "written",
    [
        "run: 'echo {{ds-7}} {{ts}} {{run_id}} {{seed}} {{params.days}} {{trigger.file}}'",
        "run: 'echo {{feature}} {{size}}', foreach: {feature: [1], size: [2]}",
        "run: 'echo {{item}}', foreach: [1]",
        "run: 'echo {{up_stream.loss}} {{metrics.auc}}', needs: up-stream",
        "run: x, needs: up-stream, when: eval.passed and up_stream.loss < 1",
        "run: x, outputs: 'a-{{ds}} {{ params.days }}'",
        "run: x, env: {A: '{{params.days}}'}",
        "run: x, foreach: {a: trigger.affected}",
        "run: x, needs: up-stream, foreach: {a: drift.affected}",
    ],
)
def test_names_that_are_known_or_may_be_results(written: str) -> None:
    pipeline(f"params: {{days: 7}}\n{steps('id: up-stream, run: x', f'id: b, {written}')}")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("run: 'echo {{params.dys}}'", "'dys' is not declared at steps[1].run: did you mean"),
        ("run: 'echo {{params.zzz}}'", "declared are params.days"),
        ("run: 'echo {{params}}'", "'params' is a group of names"),
        ("run: 'echo {{ds.year}}'", "'ds' has no parts"),
        ("run: 'echo {{prams.days}}'", "'prams.days' is unknown here at steps[1].run: did you"),
        ("run: 'echo {{metrics.auc}}'", "a step without needs knows no results of others"),
        ("run: x, when: metrics.auc > 1", "'metrics.auc' is unknown here at steps[1].when"),
        ("run: x, when: params.zzz > 1, needs: a", "'zzz' is not declared at steps[1].when"),
        ("run: x, outputs: '{{params.zzz}}.pkl'", "'zzz' is not declared at steps[1].outputs"),
        ("run: x, outputs: ['{{params.zzz}}.pkl']", "'zzz' is not declared at steps[1].outputs[0]"),
        ("run: x, inputs: '{{params.zzz}}'", "'zzz' is not declared at steps[1].inputs"),
        ("run: x, env: {A: '{{params.zzz}}'}", "'zzz' is not declared at steps[1].env.A"),
        ("run: 'echo {{feature}}', foreach: {featur: [1]}", "did you mean 'featur'?"),
        ("run: x, foreach: {a: b, b: [1]}", "'b' is unknown here at steps[1].foreach.a"),
        ("run: x, foreach: drift.affected", "'drift.affected' is unknown here at steps[1].foreach"),
        ("run: 'echo {{item}}'", "'item' is unknown here"),
        ("run: 'echo {{item}}', foreach: {feature: [1]}", "'item' is unknown here"),
        ("run: 'echo {{a.loss}}'", "'a.loss' is of a step that this one does not need at steps[1]"),
        ("run: x, when: a.loss < 1", "at steps[1].when: add 'a' to needs"),
        ("run: x, needs: a, when: c_d.loss < 1", "add 'c-d' to needs"),
        ("run: x, needs: a, when: param.days < 1", "did you mean 'params.days'?"),
        ("run: x, needs: a, foreach: c_d.found", "at steps[1].foreach: add 'c-d' to needs"),
    ],
)  # fmt: skip
def test_names_that_cannot_be_known(written: str, said: str) -> None:
    body = steps("id: a, run: x", f"id: b, {written}", "id: c-d, run: x")
    text = f"params: {{days: 7}}\n{body}"
    (line,) = told(text)
    assert said in line


def test_a_param_is_missed_in_a_pipeline_without_params() -> None:
    (line,) = told("steps: [{id: a, run: 'x {{params.days}}'}]")
    assert line.endswith("declare it under 'params:'")


def test_variables_of_the_pipeline_know_no_results() -> None:
    (line,) = told("env: {vars: {A: '{{metrics.auc}}'}}\nsteps: [{id: a, run: x}]")
    assert "'metrics.auc' is unknown here at env.vars.A" in line


def test_the_place_of_a_name_is_inside_of_its_braces() -> None:
    (line,) = told(
        step("outputs: x", head="").replace("'true'", "|\n      params.a\n      {{params.a}}")
    )
    assert line.startswith("a.yaml:6: the param 'a' is not declared")


def test_what_cannot_be_read_is_told_once() -> None:
    assert len(told(step("when: nothing.here ="))) == 1


def test_a_step_knows_all_it_needs_however_far_and_the_files_they_declare() -> None:
    pipeline(
        steps(
            "id: a, run: x, outputs: out/late.json other.json",
            "id: b, run: x, needs: a",
            "id: c, run: x, needs: b, when: a.loss < 1 and late.passed and param.days == 7",
            "id: late, run: x",
        )
    )


def test_a_step_may_read_a_file_that_is_called_like_itself() -> None:
    pipeline(steps("id: train, run: x", "id: eval, run: x, needs: train, when: eval.passed"))
