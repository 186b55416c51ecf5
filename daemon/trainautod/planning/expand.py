"""The instances of a `foreach` step: one per combination of its items, with readable ids."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from urllib.parse import quote

from blake3 import blake3

from trainautod.planning.errors import ForeachDuplicate, ForeachInvalid, ForeachTooLarge

Scalar = str | int | float | bool

MAX_INSTANCES = 10_000
# An id names a folder; file systems allow 255 bytes, and attempts add to it.
MAX_ID = 200
_SHORT = MAX_ID - 14


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a step: its id, and the value of each foreach name."""

    id: str
    item: Mapping[str, Scalar]


def instances(step: str, items: Mapping[str, Sequence[object]]) -> tuple[Instance, ...]:
    """The instances of `step`, the last name varying fastest, as in nested loops.

    Args:
        step: The step's own id.
        items: Each foreach name to its evaluated list. Without a name the step is its only
            instance, under its own id; an empty list makes none.

    Raises:
        ForeachInvalid: A value is not a text, finite number or truth value.
        ForeachDuplicate: Two values of a list would give the same id.
        ForeachTooLarge: There would be more than 10,000.
    """
    labels = {name: _labels(step, name, values) for name, values in items.items()}
    count = math.prod(len(values) for values in labels.values())
    if count > MAX_INSTANCES:
        raise ForeachTooLarge(step, f"{count:,}; at most {MAX_INSTANCES:,}")
    return tuple(_instance(step, labels, chosen) for chosen in product(*labels.values()))


def _instance(
    step: str, labels: Mapping[str, Mapping[str, Scalar]], chosen: Sequence[str]
) -> Instance:
    pairs = dict(zip(labels, chosen, strict=True))
    item = {name: labels[name][label] for name, label in pairs.items()}
    if not pairs:
        return Instance(step, item)
    listed = ",".join(f"{name}={label}" for name, label in pairs.items())
    return Instance(_bounded(f"{step}[{listed}]"), item)


def _labels(step: str, name: str, values: Sequence[object]) -> dict[str, Scalar]:
    """Each value by how an id shows it, in the order given."""
    labels: dict[str, Scalar] = {}
    for value in values:
        if not isinstance(value, str | int | float):
            raise ForeachInvalid(step, f"{name}: {value!r}")
        label = _label(step, name, value)
        if label in labels:
            raise ForeachDuplicate(step, f"{name}: {value!r}")
        labels[label] = value
    return labels


def _label(step: str, name: str, value: Scalar) -> str:
    """The value with all but letters, digits and `_.+-` of ASCII as %XX of its UTF-8 bytes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        raise ForeachInvalid(step, f"{name}: {value!r}")
    try:
        return quote(str(value), safe="+").replace("~", "%7E")
    except UnicodeEncodeError:
        raise ForeachInvalid(step, f"{name}: {value!r}") from None


def _bounded(identifier: str) -> str:
    """The id itself, or a long one cut, with `~` and a digest of the whole in place of the rest."""
    if len(identifier) <= MAX_ID:
        return identifier
    return f"{identifier[:_SHORT]}~{blake3(identifier.encode()).hexdigest(6)}]"
