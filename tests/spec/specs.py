"""Texts of the three documents, and short ways to load them."""

import pytest

from trainautod.spec import Pipeline, Policy, Problem, SpecInvalid, SweepPolicy, load

WEEKLY = """\
schedule: '30 4 * * mon'
steps:
  - id: collect
    run: python collect.py --from {{ds-7}} --to {{ds}}
    outputs: raw/trips.parquet
  - id: fit
    needs: [collect]
    run: python fit.py --data raw/trips.parquet --seed 7
    outputs: model.pkl scores.json
  - id: score
    needs: [fit]
    run: python score.py --scores scores.json --least 0.7
  - id: keep
    needs: [score]
    when: scores.good == true
    run: python keep.py --model model.pkl
"""

FULL = """\
name: everything
description: All keys that this version acts on
schedule:
  - '@daily'
  - {cron: '0 6 1 * *', timezone: Europe/Berlin}
params: {days: 7, rate: 0.1, city: "New York", fast: true, lambda: 2}
seed: 42
env:
  lock: requirements.lock
  python: 3.10
  vars: {OMP_NUM_THREADS: 2, DEBUG: true, DAY: '{{ds}}'}
  secrets: [SLACK_URL]
defaults:
  retry: {limit: 2, interval: 5s}
  timeout: 1h
  resources: {cpus: 2}
max_parallel: 3
shell: bash
steps:
  - id: fetch-raw
    run: |
      set -x
      python fetch.py --days {{params.days}} --city {{params.city}}
    inputs: [/data/incoming, ../shared/list.csv]
    outputs: ./data//raw.parquet 'a b.txt' "{{ ds }}.csv"
  - id: train
    command: python train.py {{feature}} {{size}} {{fetch_raw.rows}} {{params.lambda}}
    depends: fetch-raw
    foreach: {feature: [dep_delay, distance], size: fetch_raw.sizes}
    retry: 3
    timeout: 90
    stop: {signal: int, grace: 500ms}
    resources: {cpus: 0.5, gpus: 1, memory: 4GiB}
    cache: {ttl: 1d}
    shell: sh
    env: {DEBUG: no, LEVEL: '{{feature}}'}
  - id: report
    run: python report.py
    needs: [fetch-raw, train]
    when: seed == 42 and ds > '2013-01-01'
    cache: false
    timeout:
    retry: {backoff: 1.5, exit_codes: [75]}
"""

POLICY = """\
on: drift_alert
if: p95_ms > 250
then: 'run pipeline: smaller_model'
with: {size: 3, cause: '{{ p95_ms }}'}
cooldown: 6h
clear_below: 200
for: 3
watch: monitoring/*.json
max_age: 2d
"""

SWEEP = """\
max_time: 30m
max_parallel: 2
pruning: asha@3
objective: min loss, maximize accuracy
"""


def short(value: object) -> str:
    """A test's id from a long text."""
    return str(value)[:24]


def pipeline(text: str, source: str = "a.yaml") -> Pipeline:
    """Load a pipeline."""
    loaded = load(text, source)
    assert isinstance(loaded, Pipeline)
    return loaded


def policy(text: str, source: str = "a.yaml") -> Policy:
    """Load a policy."""
    loaded = load(text, source)
    assert isinstance(loaded, Policy)
    return loaded


def sweep_policy(text: str, source: str = "a.yaml") -> SweepPolicy:
    """Load a sweep policy."""
    loaded = load(text, source)
    assert isinstance(loaded, SweepPolicy)
    return loaded


def problems(text: str | bytes) -> list[Problem]:
    """All problems of a file that has some."""
    with pytest.raises(SpecInvalid) as caught:
        load(text, "a.yaml")
    return list(caught.value.problems)


def told(text: str | bytes) -> list[str]:
    """The problems, as people see them."""
    return [str(problem) for problem in problems(text)]


def step(lines: str, head: str = "params: {days: 7}") -> str:
    """A pipeline of one step with some more lines."""
    inner = "".join(f"    {line}\n" for line in lines.splitlines())
    return f"{head}\nsteps:\n  - id: only\n    run: 'true'\n{inner}"
