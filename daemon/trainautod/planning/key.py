"""The cache key of a step: what its result depends on, and what changed between two of them."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from blake3 import blake3

from trainautod.planning.errors import KeyInputsUnreadable, KeyValueInvalid
from trainautod.planning.reason import added, changed, removed

# Raised when a key must not equal one made before; every result then counts as new.
FORMAT = 1

Scalar = str | int | float | bool | None

# In the order a person asks: my code, my data, what I set, how it was run, on what machine.
_LABELS = {
    "code": "code ",
    "inputs": "input ",
    "upstream": "upstream ",
    "params": "param ",
    "seed": "seed",
    "command": "command",
    "shell": "shell",
    "env": "env ",
    "outputs": "declared output ",
    "environment": "",
}


@dataclass(frozen=True, slots=True)
class KeyInputs:
    """All that decides a step's result; never a time, never a run's id.

    Attributes:
        command: As rendered.
        shell: What runs it.
        code: Path in the pipeline folder to digest.
        inputs: Declared input to digest, file by file.
        upstream: Path of each upstream artifact it can see to digest.
        outputs: The declared outputs; their order and repetition mean nothing.
        env: Declared variables.
        params: The params it refers to; `1`, `1.0` and `true` differ.
        seed: The pipeline's.
        environment: Interpreter, platform, lock digest, or `package NAME` to version.
    """

    command: str
    shell: str = "/bin/sh"
    code: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    upstream: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Scalar] = field(default_factory=dict)
    seed: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "outputs", tuple(sorted(set(self.outputs))))
        for name, value in self.params.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise KeyValueInvalid(f"params.{name}", repr(value))

    def to_json(self) -> str:
        """The canonical JSON text: sorted, no blanks, ASCII; equal inputs give equal text."""
        return _canonical({"format": FORMAT, **_plain(self)})

    @classmethod
    def from_json(cls, text: str) -> "KeyInputs":
        """The inputs that `to_json` wrote.

        Raises:
            KeyInputsUnreadable: The text is damaged or of another format.
        """
        try:
            document: dict[str, Any] = json.loads(text)
            if document.pop("format") != FORMAT:
                raise KeyInputsUnreadable
            return cls(**document)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyInputsUnreadable(detail=str(error)) from error


def cache_key(inputs: KeyInputs) -> str:
    """64 hexadecimal digits, equal exactly when the inputs are (blake3 of their canonical JSON)."""
    return blake3(b"trainauto cache key\n" + inputs.to_json().encode("ascii")).hexdigest()


def changes(old: KeyInputs, new: KeyInputs) -> tuple[str, ...]:
    """What differs, the most telling first, each in one line of at most 80 characters.

    Empty exactly when both have the same cache key.
    """
    before, after = _plain(old), _plain(new)
    return tuple(
        line
        for name, label in _LABELS.items()
        for line in _differences(label, before[name], after[name])
    )


def _plain(inputs: KeyInputs) -> dict[str, Any]:
    return {item.name: getattr(inputs, item.name) for item in fields(inputs)}


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=dict)


def _differences(label: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, tuple):
        old, new = dict.fromkeys(old, ""), dict.fromkeys(new, "")
    if not isinstance(old, Mapping):
        old, new = {"": old}, {"": new}
    for name in sorted({*old, *new}):
        if name not in old:
            yield added(label, name)
        elif name not in new:
            yield removed(label, name)
        elif _canonical(old[name]) != _canonical(new[name]):
            yield changed(label, name, *_shown(old[name], new[name]))


def _shown(old: object, new: object) -> tuple[str, str]:
    """Texts as they are; as JSON when one is none, so that `1` and `"1"` look different."""
    if isinstance(old, str) and isinstance(new, str):
        return old, new
    return _canonical(old), _canonical(new)
