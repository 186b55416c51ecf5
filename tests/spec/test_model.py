"""What each key of a pipeline means, and which of its values are refused."""

import pytest
from pydantic import ValidationError

from tests.spec.specs import FULL, WEEKLY, pipeline, problems, step, told
from trainautod.spec import Pipeline, Step


def test_a_short_pipeline_has_the_documented_defaults() -> None:
    loaded = pipeline(WEEKLY, "weekly.yaml")
    (schedule,) = loaded.schedule
    assert (schedule.cron, schedule.timezone, schedule.catchup) == ("30 4 * * mon", None, "latest")
    assert (loaded.params, loaded.seed, loaded.max_parallel, loaded.shell) == ({}, None, None, "sh")
    collect, fit, score, keep = loaded.steps
    assert collect.needs == ()
    assert fit.outputs == ("model.pkl", "scores.json")
    assert score.outputs == ()
    assert keep.when == "scores.good == true"
    assert (fit.retry.limit, fit.timeout_s, fit.foreach) == (0, None, None)
    assert (fit.stop.signal, fit.stop.grace_s) == ("SIGTERM", 10)
    assert (fit.resources.cpus, fit.resources.gpus, fit.resources.memory_bytes) == (1, 0, None)
    assert (fit.cache.enabled, fit.cache.ttl_s) == (True, None)
    assert (fit.shell, fit.env) == ("sh", {})


def test_all_keys_of_a_pipeline_are_read() -> None:
    loaded = pipeline(FULL)
    assert [each.cron for each in loaded.schedule] == ["@daily", "0 6 1 * *"]
    assert loaded.schedule[1].timezone == "Europe/Berlin"
    assert loaded.params == {
        "days": 7, "rate": 0.1, "city": "New York", "fast": True, "lambda": 2
    }  # fmt: skip
    assert [type(each) for each in loaded.params.values()] == [int, float, str, bool, int]
    assert (loaded.seed, loaded.max_parallel, loaded.shell) == (42, 3, "bash")
    assert loaded.env.lock == "requirements.lock"
    assert loaded.env.secrets == ("SLACK_URL",)


def test_a_version_keeps_its_zero_where_text_is_wanted() -> None:
    assert pipeline(FULL).env.python == "3.10"


def test_all_keys_of_a_step_are_read() -> None:
    train = pipeline(FULL).steps[1]
    assert train.run.startswith("python train.py")
    assert train.needs == ("fetch-raw",)
    assert train.foreach is not None
    assert train.foreach.over == {
        "feature": ("dep_delay", "distance"), "size": "fetch_raw.sizes"
    }  # fmt: skip
    assert (train.timeout_s, train.cache.ttl_s) == (90, 86_400)
    assert (train.stop.signal, train.stop.grace_s) == ("SIGINT", 0.5)
    assert (train.resources.cpus, train.resources.gpus) == (0.5, 1)
    assert train.resources.memory_bytes == 4 * 2**30


def test_defaults_lie_under_what_a_step_says_key_by_key() -> None:
    fetch, train, report = pipeline(FULL).steps
    assert (fetch.retry.limit, fetch.retry.interval_s, fetch.timeout_s) == (2, 5, 3600)
    assert (train.retry.limit, train.retry.interval_s) == (3, 5)
    assert (report.retry.limit, report.retry.interval_s) == (2, 5)
    assert (report.retry.backoff, report.retry.exit_codes) == (1.5, (75,))
    assert (fetch.resources.cpus, train.resources.cpus) == (2, 0.5)
    assert report.timeout_s is None  # an empty value takes the default away
    assert (fetch.shell, train.shell) == ("bash", "sh")


def test_variables_of_the_pipeline_lie_under_those_of_a_step_and_are_text() -> None:
    fetch, train, _ = pipeline(FULL).steps
    assert fetch.env == {"OMP_NUM_THREADS": "2", "DEBUG": "true", "DAY": "{{ds}}"}
    assert train.env["DEBUG"] == "no"
    assert train.env["LEVEL"] == "{{feature}}"


def test_words_of_a_line_are_split_as_a_shell_does() -> None:
    outputs = pipeline(FULL).steps[0].outputs
    assert outputs == ("data/raw.parquet", "a b.txt", "{{ ds }}.csv")


@pytest.mark.parametrize(
    ("written", "outputs"),
    [
        ("outputs: a b", ("a", "b")),
        ("outputs: [a b, c]", ("a b", "c")),
        ("outputs: models/", ("models",)),
        ("outputs: 'plots/*.png'", ("plots/*.png",)),
        ("outputs: 12", ("12",)),
        ("outputs:", ()),
        ("outputs: []", ()),
        ("outputs: ''", ()),
        ("outputs: a..b", ("a..b",)),
        ("outputs: \"'{{ ds }} x'\"", ("{{ ds }} x",)),
    ],
)
def test_outputs(written: str, outputs: tuple[str, ...]) -> None:
    assert pipeline(step(written)).steps[0].outputs == outputs


@pytest.mark.parametrize(
    ("written", "foreach"),
    [
        ("foreach: [1, 2.5, x, true]", {"item": (1, 2.5, "x", True)}),
        ("foreach: {a: [x], b: [1, 2]}", {"a": ("x",), "b": (1, 2)}),
        ("foreach: {a: \"['x', 'y']\"}", {"a": "['x', 'y']"}),
        ("foreach: trigger.affected", {"item": "trigger.affected"}),
    ],
)
def test_foreach(written: str, foreach: dict[str, object]) -> None:
    found = pipeline(step(written)).steps[0].foreach
    assert found is not None
    assert found.over == foreach


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("timeout: 0", "must be more than 0, found 0 at steps[0].timeout"),
        ("timeout: -3", "a duration cannot be negative"),
        ("timeout: .inf", "NaN and infinity are not numbers here"),
        ("timeout: [1]", "expected a number, found a list"),
        ("timeout: true", "expected a number, found 'true'"),
        ("timeout: 999999999999", "longer than ten years"),
        ("retry: -1", "must be at least 0, found -1"),
        ("retry: 1.5", "expected a whole number, found '1.5'"),
        ("retry: '3'", "expected keys with values, found the text '3'"),
        ("retry: true", "expected a whole number, found 'true'"),
        ("retry: {limit: 1000}", "must be at most 100, found 1,000"),
        ("retry: {backoff: 0.5}", "must be at least 1, found 0.5"),
        ("retry: {exit_codes: [0]}", "must be at least 1, found 0 at steps[0].retry.exit_codes[0]"),
        ("retry: {exit_codes: 75}", "expected a list, found '75'"),
        ("stop: {signal: SIGSTOP}", "'SIGSTOP' is not a signal that ends a step"),
        ("stop: {signal: 9}", "'9' is not a signal"),
        ("stop: SIGINT", "expected keys with values"),
        ("resources: {cpus: 0}", "must be more than 0, found 0"),
        ("resources: {cpus: .nan}", "NaN and infinity"),
        ("resources: {gpus: 0.5}", "expected a whole number"),
        ("resources: {gpus: -1}", "must be at least 0, found -1"),
        ("resources: {memory: 0}", "no memory at all"),
        ("resources: {memory: 4XB}", "'4XB' is not a size"),
        ("resources: {memory: 1.5}", "expected a whole number"),
        ("cache: maybe", "expected true or false, found 'maybe'"),
        ("cache: yes", "expected true or false, found 'yes'"),
        ("cache: {ttl: 0s}", "must be more than 0, found 0"),
        ("cache: {enabled: 1}", "expected true or false, found '1'"),
        ("shell: zsh", "'zsh' is not known at steps[0].shell: one of sh, bash"),
        ("outputs: /tmp/x", "is not relative to the sandbox"),
        ("outputs: ~/x", "is not relative to the sandbox"),
        ("outputs: a/../../b", "leads out of the sandbox"),
        ("outputs: a ./a", "'a' is listed twice"),
        ("outputs: \"'a\"", "a quote in ''a' is not closed"),
        ("outputs: {a: b}", "expected a list, found a mapping"),
        ("outputs: ['']", "expected text, found nothing at steps[0].outputs[0]"),
        ("outputs: '{{ds'", "is not closed"),
        ("needs: [a, a]", "'a' is listed twice"),
        ("needs: 'a b'", "'a b' is not a step id"),
        ("needs: {a: b}", "expected a list, found a mapping"),
        ("when: '{{ds > 1}}'", "write it without {{ }}"),
        ("when: {{ds}}", "a condition is an expression already: write it without {{ }}"),
        ("when:\n  - a", "expected text, found a list"),
        ("env: {A B: x}", "'A B' is not a variable name"),
        ("env: {TRAINAUTO_X: x}", "'TRAINAUTO_X' is set for each step"),
        ("env: {A: [x]}", "expected text, found a list at steps[0].env.A"),
        ("env: {A: }", "expected text, found nothing"),
        ("env: {A: '{{ds'}", "is not closed"),
        ("env: [A]", "expected keys with values, found a list"),
        ("foreach: []", "the list is empty"),
        ("foreach: {}", "foreach has no name to run over"),
        ("foreach: {a: [1, 1]}", "'1' is in the list twice"),
        ("foreach: {a: [[1]]}", "expected a number, found a list"),
        ("foreach: {a: [null]}", "a value is missing"),
        ("foreach: {a: 3}", "expected a list or an expression, found '3'"),
        ("foreach: {a: x = y}", "write == to compare"),
        ("foreach: {ds: [1]}", "'ds' has a meaning of its own"),
        ("foreach: {a-b: [1]}", "'a-b' is not a name"),
        (f"foreach: {{a: {list(range(101))}, b: {list(range(100))}}}", "10,100 instances"),
        ("zzz: 1", "unknown key 'zzz'"),
    ],
)  # fmt: skip
def test_values_of_a_step_that_are_refused(written: str, said: str) -> None:
    assert any(said in line for line in told(step(written)))


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("name: a/b", "'a/b' is not a pipeline name"),
        ("name: ..", "'..' is not a pipeline name"),
        (f"name: {'x' * 101}", "at most 100 characters"),
        ("schedule: 'x'", "has 1 at schedule"),
        ("schedule: 5", "has 1"),
        ("schedule: ['@daily', 61 * * * *]", "'61' is not a minute of cron at schedule[1]"),
        ("schedule: {timezone: UTC}", "missing key 'cron' at schedule"),
        ("schedule: {cron: '@daily', timezone: Europe/Berln}", "did you mean 'Europe/Berlin'?"),
        ("schedule: {cron: '@daily', timezone: ../../etc/passwd}", "is not known"),
        ("schedule: {cron: '@daily', timezone: Europe}", "the time zone 'Europe' is not known"),
        ("schedule:\n  - [a]", "expected keys with values, found a list at schedule[0]"),
        ("params: {ds: 1}", "'ds' has a meaning of its own"),
        ("params: {item: 1}", "'item' has a meaning of its own"),
        ("params: {a-b: 1}", "'a-b' is not a name at params"),
        ("params: {a: [1]}", "expected a number, found a list at params.a"),
        ("params: {a: }", "a value is missing at params.a"),
        ("params: {a: .nan}", "NaN and infinity are not numbers here at params.a"),
        ("params: {a: 1e999}", "NaN and infinity"),
        ("params: [a]", "expected keys with values, found a list at params"),
        ("seed: 1.5", "expected a whole number"),
        ("seed: -1", "must be at least 0, found -1"),
        ("seed: 4294967296", "must be at most"),
        ("max_parallel: 0", "must be at least 1, found 0"),
        ("max_parallel: yes", "expected a whole number, found the text 'yes'"),
        ("env: {secrets: [A B]}", "'A B' is not a variable name at env.secrets[0]"),
        ("env: {vars: {A: {}}}", "expected text, found a mapping at env.vars.A"),
        ("env: {lock: }", "."),
        ("env: {pyton: x}", "unknown key 'pyton' at env: did you mean 'python'?"),
        ("defaults: {timeout: 1x}", "'1x' is not a duration at defaults.timeout"),
        ("defaults: {needs: [a]}", "unknown key 'needs' at defaults"),
        ("shell: fish", "'fish' is not known"),
        ("description: [a]", "expected text, found a list"),
    ],
)
def test_values_of_a_pipeline_that_are_refused(head: str, said: str) -> None:
    if said == ".":
        assert pipeline(step("", head)).env.lock is None
    else:
        assert any(said in line for line in told(step("", head)))


@pytest.mark.parametrize("name", ["a", "A_b-9", "_x"])
def test_step_ids_that_are_fine(name: str) -> None:
    assert pipeline(f"steps: [{{id: {name}, run: x}}]").steps[0].id == name


@pytest.mark.parametrize("name", ["9a", "a b", "a/b", "a.b", "é", "''", "'a\n'", "x" * 101, "-a"])
def test_step_ids_that_are_refused(name: str) -> None:
    assert problems(f"steps: [{{id: {name}, run: x}}]")[0].key.startswith("steps[0].id")


@pytest.mark.parametrize("run", ["''", "'  '", "~", "[a]", "'{{ds'", '"a\\0b"'])
def test_commands_that_are_refused(run: str) -> None:
    assert problems(f"steps: [{{id: a, run: {run}}}]")


def test_a_command_longer_than_a_process_can_be_given_is_refused() -> None:
    lines = "\n".join(f"      echo {'x' * 80} {n}" for n in range(1200))
    (problem,) = problems(f"steps:\n  - id: a\n    run: |\n{lines}\n")
    assert "longer than 100,000 bytes" in problem.message


def test_commands_may_look_like_other_values() -> None:
    assert pipeline("steps: [{id: a, run: true}]").steps[0].run == "true"


def test_numbers_and_truth_values_are_not_words() -> None:
    assert pipeline("name: 2024\nsteps: [{id: a, run: x}]").name == "2024"
    assert pipeline("description: yes\nsteps: [{id: a, run: x}]").description == "yes"


def test_models_can_be_made_in_code_by_their_field_names() -> None:
    made = Pipeline(name="p", steps=(Step(id="a", run="true", timeout_s=5.0),))
    assert made.steps[0].timeout_s == 5
    with pytest.raises(ValidationError):
        Step(id="a b", run="true")


def test_a_file_cannot_use_the_field_names() -> None:
    assert "unknown key 'timeout_s'" in told(step("timeout_s: 5"))[0]
