"""The table of scenarios, in the order in which they run."""

from benchmarks.scenario import Scenario
from benchmarks.scenarios import (
    arrivals,
    bursts,
    commands,
    drawing,
    history,
    idle,
    inputs,
    latency,
    logs,
    reuse,
    screen,
    start,
    steps,
)

SCENARIOS = (
    Scenario("steps", "overhead per no-op step: a chain and a fan-out", steps.measure),
    Scenario("reuse", "a fully cached re-run of the chain", reuse.measure),
    Scenario("inputs", "large inputs: first digest, no-op re-run, after touch", inputs.measure),
    Scenario("commands", "latency of the command line", commands.measure),
    Scenario("start", "start of the daemon to the first accepted run", start.measure),
    Scenario("idle", "processor time and memory of an idle daemon", idle.measure),
    Scenario("history", "list pages over a long history", history.measure),
    Scenario("latency", "from a request to the step's process", latency.measure),
    Scenario("arrivals", "from a file that arrives to the step's process", arrivals.measure),
    Scenario("bursts", "files in bursts while the daemon is killed", bursts.measure),
    Scenario("drawing", "drawing a DAG as a rail and as boxes", drawing.measure),
    Scenario("logs", "a log of a million lines in the terminal UI", logs.measure),
    Scenario("screen", "the terminal UI: first frame, bytes, keys, memory", screen.measure),
)
