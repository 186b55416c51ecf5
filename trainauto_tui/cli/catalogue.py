"""The table of verbs: what there is, how the help groups it, which module carries it out.

A verb ``name`` is carried out by two functions of its module: ``configure_<name>(parser)`` adds its
arguments, ``execute_<name>(arguments, session)`` does the work and returns the exit code. A dash in
the name is an underscore in theirs.
"""

from typing import NamedTuple


class Verb(NamedTuple):
    """One verb.

    Attributes:
        name: as typed.
        module: module of ``trainauto_tui.cli.verbs`` that has its two functions.
        summary: one line for the list of verbs.
        example: lines shown at the end of the verb's own help.
        local: it works on this machine alone, whatever ``TRAINAUTO_HOST`` says.
    """

    name: str
    module: str
    summary: str
    example: str
    local: bool = False

    @property
    def suffix(self) -> str:
        """What its two functions are called by."""
        return self.name.replace("-", "_")


GROUPS: dict[str, tuple[Verb, ...]] = {
    "Pipelines": (
        Verb(
            "add",
            "pipelines",
            "register a pipeline file: its schedules fire, its edits are picked up",
            "trainauto add nightly.yaml",
        ),
        Verb(
            "remove",
            "pipelines",
            "forget a pipeline; its runs and artifacts stay",
            "trainauto remove flights-nightly",
        ),
        Verb(
            "pipelines",
            "pipelines",
            "list the registered pipelines and when each fires next",
            "trainauto pipelines\ntrainauto pipelines --json | jq '.pipelines[].next_fire'",
        ),
        Verb(
            "policies",
            "policies",
            "list the policies, what each waits for and what it said last",
            "trainauto policies\ntrainauto policies --json | jq '.policies[].cooldown_until'",
        ),
        Verb(
            "signal",
            "signal",
            "send an event with values to the policies that are on its name",
            "trainauto signal latency_alert p95_ms=310\n"
            "trainauto signal drift_alert drift_score=0.3 --key 2013-07-01",
        ),
        Verb(
            "check",
            "files",
            "find every mistake in pipeline files, without a daemon",
            "trainauto check nightly.yaml\ntrainauto check sample_pipelines/*/*.yaml",
        ),
        Verb(
            "schema",
            "files",
            "print the JSON Schema of pipeline files, for an editor",
            "trainauto schema > trainauto.schema.json",
            local=True,
        ),
        Verb(
            "plan",
            "plan",
            "show what a run would do and why, without running anything",
            "trainauto plan nightly.yaml --ds 2013-07-10\ntrainauto plan nightly --force train",
        ),
    ),
    "Runs": (
        Verb(
            "run",
            "run",
            "run a pipeline and follow it to the end",
            "trainauto run nightly.yaml --ds 2013-07-10\n"
            "trainauto run flights-nightly --param days=14 --detach",
        ),
        Verb(
            "runs",
            "runs",
            "list runs, newest first",
            "trainauto runs flights-nightly --status failed --limit 5\n"
            "trainauto runs --trigger cron --since 2013-07-01 --until 2013-07-10",
        ),
        Verb(
            "show",
            "runs",
            "show one run: steps, reasons, metrics, outputs",
            "trainauto show latest\ntrainauto show 0mfz3k --follow",
        ),
        Verb(
            "logs",
            "logs",
            "print what the steps of a run wrote",
            "trainauto logs latest train\ntrainauto logs latest -f",
        ),
        Verb(
            "explain",
            "runs",
            "say why a step ran, or why its earlier result was reused",
            "trainauto explain latest train",
        ),
        Verb(
            "lineage",
            "lineage",
            "show what a run, step, file or model version comes from, and what came of it",
            "trainauto lineage latest\ntrainauto lineage flight-delay@3 --depth 5",
        ),
        Verb(
            "cancel", "runs", "stop a run: signal, grace, then the end", "trainauto cancel latest"
        ),
        Verb(
            "retry",
            "run",
            "let a failed run go on from what failed, under the same id",
            "trainauto retry latest",
        ),
        Verb(
            "backfill",
            "backfill",
            "run the slots of a range that have no run, or whose run failed",
            "trainauto backfill flights-nightly --since 2013-07-01 --until 2013-07-31 --dry-run\n"
            "trainauto backfill flights-nightly --since 2013-07-01 --until 2013-07-31 --parallel 2",
        ),
        Verb(
            "backfills",
            "backfill",
            "list backfills; show, stop or resume one",
            "trainauto backfills flights-nightly\ntrainauto backfills --show latest\n"
            "trainauto backfills --stop latest\ntrainauto backfills --resume latest --follow",
        ),
    ),
    "Models": (
        Verb("models", "models", "list models and their versions", "trainauto models"),
        Verb(
            "transitions",
            "models",
            "show who moved a model's versions from stage to stage, and why",
            "trainauto transitions flight-delay",
        ),
    ),
    "Drift": (
        Verb(
            "drift",
            "drift",
            "show the drift files that policies watch; compare two tables",
            "trainauto drift show\ntrainauto drift show monitoring/flights.json\n"
            "trainauto drift compute reference.parquet current.parquet -o monitoring/flights.json",
        ),
    ),
    "Daemon": (
        Verb("status", "status", "show how the daemon is doing", "trainauto status"),
        Verb(
            "events",
            "events",
            "print what happened, or follow what happens",
            "trainauto events --after 120\ntrainauto events --kind slot_fired --tail 5\n"
            "trainauto events -f --json",
        ),
        Verb(
            "notify",
            "notify",
            "send a test message to those who are told of things, or list what they were told",
            "trainauto notify test\ntrainauto notify test SLACK_URL\n"
            "trainauto notify list --state failed",
        ),
        Verb(
            "daemon",
            "daemon",
            "start, stop, restart, install, or look at the daemon",
            "trainauto daemon start\ntrainauto daemon install",
        ),
        Verb(
            "doctor",
            "doctor",
            "check this machine and this home; needs no daemon",
            "trainauto doctor",
            local=True,
        ),
        Verb(
            "completion",
            "completion",
            "print a completion script for a shell",
            'eval "$(trainauto completion bash)"',
            local=True,
        ),
    ),
    "Other machines": (
        Verb(
            "hosts",
            "hosts",
            "list the machines that you keep by name, add one, or remove one",
            "trainauto hosts\n"
            "trainauto hosts add gpu-box ssh://me@gpu-box\n"
            "trainauto hosts remove gpu-box",
            local=True,
        ),
        Verb(
            "dial-stdio",
            "dial",
            "connect standard input and output with the daemon; what --host runs over there",
            "trainauto dial-stdio --read-only",
            local=True,
        ),
    ),
}

VERBS: dict[str, Verb] = {verb.name: verb for group in GROUPS.values() for verb in group}
