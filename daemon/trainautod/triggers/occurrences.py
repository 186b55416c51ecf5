"""What happened, as policies see it: an event's name, and the values that it carries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from posixpath import relpath
from typing import Any

from trainautod.lineage.policies import Happening, RunFacts
from trainautod.spec import Policy
from trainautod.spec.policy import DRIFT_ALERT, ENDS
from trainautod.triggers.globs import Pattern

#: Events that are stored under the name that policies know them by.
STORED = (DRIFT_ALERT, "data_arrived", "model_stale")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event that policies can be on.

    Attributes:
        seq: number of the event.
        at_ms: when it happened, Unix milliseconds.
        name: what policies call it.
        carries: the values that conditions and templates read.
        is_signal: somebody sent it; the daemon did not find it out.
        run_id: the run that it belongs to.
        generation: how many policies in a row, each without a cooldown, led to that run.
    """

    seq: int
    at_ms: int
    name: str
    carries: Mapping[str, Any]
    is_signal: bool = False
    run_id: str | None = None
    generation: int = 0


def kinds_for(events: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds of stored events that may be one of these for policies, ends aside."""
    return ("signal", *sorted(set(events).intersection(STORED)))


def occurrence(happening: Happening) -> Occurrence | None:
    """Return what an event is to policies, or None."""
    name, carries = _read(happening)
    if name is None:
        return None
    run = happening.run
    return Occurrence(
        seq=happening.seq,
        at_ms=happening.at_ms,
        name=name,
        carries=carries,
        is_signal=happening.kind == "signal",
        run_id=happening.run_id,
        generation=_generation(run.trigger) if run else 0,
    )


def concerns(policy: Policy, watch: Iterable[Pattern], event: Occurrence) -> bool:
    """Tell whether an event is one that a policy is on.

    A signal concerns every policy on its name; a report of drift those that watch its file, a
    model's event those of that model, and one of its age the policy that asked for that age.

    Args:
        policy: the policy.
        watch: the files of the reports that it reads.
        event: the event.
    """
    if event.name != policy.on:
        return False
    carries = event.carries
    if policy.model is not None and carries.get("model") != policy.model:
        return False
    if event.is_signal:
        return True
    if event.name == DRIFT_ALERT:
        path = str(carries.get("path"))
        return any(pattern.matches(path) for pattern in watch)
    return event.name != "model_stale" or carries.get("policy") == policy.name


def place(event: Occurrence, folder: str) -> str:
    """Return where an event's values come from, in words.

    Args:
        event: the event.
        folder: what paths are told from, absolute.
    """
    if event.is_signal:
        return f"in the signal {event.name}"
    carries = event.carries
    if event.name in ENDS:
        return f"in run {event.run_id} of {carries.get('pipeline')}"
    if event.name == "model_stale":
        return f"for {carries.get('model')}"
    path = carries.get("path")
    if event.name == DRIFT_ALERT and isinstance(path, str):
        return f"in {_from(path, folder)}"
    return f"in {event.name} of {carries.get('pipeline')}"


def _read(happening: Happening) -> tuple[str | None, Mapping[str, Any]]:
    data = happening.data
    if happening.kind == "signal":
        return data["name"], data["values"]
    if happening.kind in STORED:
        about = {"pipeline": happening.pipeline, "run_id": happening.run_id}
        return happening.kind, {**{k: v for k, v in about.items() if v is not None}, **data}
    if happening.run is not None and happening.status in ("failed", "succeeded"):
        return f"run_{happening.status}", _end(happening, happening.run)
    return None, {}


def _end(happening: Happening, run: RunFacts) -> dict[str, Any]:
    return {
        "pipeline": happening.pipeline,
        "run_id": happening.run_id,
        "params": dict(run.params),
        "error": run.error,
        "duration_s": run.duration_s,
        "metrics": _metrics(run.metrics),
    }


def _metrics(by_step: Mapping[str, Mapping[str, float | None]]) -> dict[str, Any]:
    """Return metrics by name, a later step's last, and by step; what is not finite is left out."""
    finite = {
        step.replace("-", "_"): {name: value for name, value in found.items() if value is not None}
        for step, found in by_step.items()
    }
    flat = {name: value for found in finite.values() for name, value in found.items()}
    return {**flat, **finite}


def _generation(trigger: Mapping[str, Any]) -> int:
    found = trigger.get("generation")
    return found if isinstance(found, int) else 0


def _from(path: str, folder: str) -> str:
    return relpath(path, folder) if path.startswith(folder.rstrip("/") + "/") else path
