"""What the names in a pipeline's expressions mean while a run goes on."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from trainautod.artifacts.objects import ObjectStore
from trainautod.lineage.projection import Artifact
from trainautod.runtime.context import RunContext
from trainautod.spec import Day

MAX_DOCUMENT = 4 << 20  # bytes of a JSON file that an expression may read


def base_namespace(context: RunContext, item: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the names that need no result: ``ds ts run_id seed params trigger`` and the item."""
    submission = context.submission
    scheduled = datetime.fromisoformat(submission.scheduled_time)
    return {
        "ds": Day(scheduled.date()),
        "ts": submission.scheduled_time,
        "run_id": submission.run_id,
        "seed": context.pipeline.seed,
        "params": dict(submission.params),
        "trigger": dict(submission.trigger),
        **(item or {}),
    }


def step_namespace(
    context: RunContext,
    step_id: str,
    visible: Mapping[str, Artifact],
    roots: Iterable[str],
    objects: ObjectStore,
) -> dict[str, Any]:
    """Return every name that the expressions of a step use and that has a meaning.

    Args:
        visible: files of the steps it needs, by path.
        roots: first parts of the names in use; only these are looked up.
    """
    names = base_namespace(context, context.state.nodes[step_id].item)
    wanted = {root for root in roots if root not in names}
    if not wanted:
        return names
    for need in context.ancestors(step_id):
        word = need.replace("-", "_")
        if word in wanted and need in context.results:
            names[word] = _step_values(context, need, objects)
    for path, artifact in visible.items():
        stem = _stem(path)
        if stem in wanted and stem not in names:
            names[stem] = _document(artifact, objects)
        elif stem in wanted and isinstance(names[stem], dict):
            names[stem] = {**names[stem], **_mapping(_document(artifact, objects))}
    return names


def _step_values(context: RunContext, need: str, objects: ObjectStore) -> dict[str, Any]:
    result = context.results[need]
    values: dict[str, Any] = {}
    for path, artifact in result.artifacts.items():
        if path.endswith(".json"):
            values |= _mapping(_document(artifact, objects))
    return values | {name: value for name, value in result.metrics.items() if value is not None}


def _stem(path: str) -> str | None:
    name = path.rpartition("/")[2]
    return name.removesuffix(".json").replace("-", "_") if name.endswith(".json") else None


def _document(artifact: Artifact, objects: ObjectStore) -> Any:
    """Return a JSON file's value; one that is not JSON has no names."""
    if artifact.size > MAX_DOCUMENT:
        return {}
    try:
        return json.loads(objects.path(artifact.digest).read_bytes())
    except (ValueError, OSError, RecursionError):
        return {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
