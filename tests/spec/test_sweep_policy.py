"""Sweep policies: budgets, pruning rules, objectives, and what is refused."""

import pytest

from tests.spec.specs import SWEEP, sweep_policy, told


def test_a_short_policy_is_read() -> None:
    loaded = sweep_policy(SWEEP, "budget.yaml")
    assert (loaded.name, loaded.max_time_s, loaded.max_parallel) == ("budget", 1800, 2)
    assert (loaded.pruning.rule, loaded.pruning.at) == ("asha", 3)
    assert [(each.metric, each.goal) for each in loaded.objective] == [
        ("loss", "minimize"),
        ("accuracy", "maximize"),
    ]


def test_all_keys_are_read() -> None:
    loaded = sweep_policy(
        "{trials: 50, max_cpus: 1.5, max_memory: 8GiB, max_cost: 12.5, trial_timeout: 5m, "
        "sampler: random, seed: 3, stop: asap, pruning: none, "
        "objective: [max auc, {metric: p95, goal: minimize, tolerance: 0.5}]}"
    )
    assert (loaded.trials, loaded.max_cpus, loaded.max_cost) == (50, 1.5, 12.5)
    assert (loaded.max_memory_bytes, loaded.trial_timeout_s) == (8 * 2**30, 300)
    assert (loaded.sampler, loaded.seed, loaded.stop) == ("random", 3, "asap")
    assert loaded.objective[0].goal == "maximize"
    assert loaded.objective[1].tolerance == 0.5


def test_nothing_is_pruned_unless_it_is_said() -> None:
    assert sweep_policy("trials: 3").pruning.rule == "none"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pruning: asha", "the sweep has no budget: set one of max_time, trials, max_cost"),
        ("trials: 3\npruning: medan_stopping_rule@5", "did you mean 'median_stopping_rule'?"),
        ("trials: 3\npruning: asha@x", "'asha@x' is not a pruning rule"),
        ("trials: 3\npruning: {rule: x}", "'x' is not known at pruning.rule"),
        ("trials: 3\nobjective: roc_auc", "'roc_auc' is not an objective at objective"),
        ("trials: 3\nobjective: best auc", "write it as: maximize METRIC"),
        ("trials: 3\nobjective: []", "the list of objectives is empty"),
        ("trials: 3\nobjective: {metric: x}", "expected 'maximize METRIC', found a mapping"),
        ("trials: 3\nobjective: [{metric: x}]", "missing key 'goal' at objective[0]"),
        ("trials: 0", "must be at least 1, found 0 at trials"),
        ("max_time: 0", "must be more than 0, found 0 at max_time"),
        ("max_tme: 3s\ntrials: 1", "did you mean 'max_time'?"),
        ("trials: 1\nsampler: magic", "one of tpe, random"),
        ("trials: 1\nstop: now", "one of graceful, asap"),
        ("trials: 1\nmax_cpus: 0", "must be more than 0, found 0"),
    ],
)
def test_what_is_wrong_is_told(text: str, said: str) -> None:
    assert any(said in line for line in told(text))
