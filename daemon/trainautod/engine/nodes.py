"""What the engine knows of a step: its needs, its retry rule, the slots it takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class RetryRule:
    """When a failed attempt is tried again.

    Attributes:
        limit: extra tries after the first one.
        interval_s: wait before the first retry, seconds.
        backoff: factor by which each further wait grows.
        max_interval_s: no wait is longer than this, seconds.
        exit_codes: retry only these; empty means every failure.
    """

    limit: int = 0
    interval_s: float = 0.0
    backoff: float = 1.0
    max_interval_s: float = 3600.0
    exit_codes: tuple[int, ...] = ()

    def allows(self, tries: int, exit_code: int | None) -> bool:
        """Tell whether a step that failed its ``tries``-th try may try again."""
        matches = not self.exit_codes or exit_code in self.exit_codes
        return tries <= self.limit and matches

    def delay_s(self, tries: int) -> float:
        """Return the wait after the ``tries``-th failure: interval x backoff^(tries-1), capped."""
        if not self.interval_s:
            return 0.0
        try:
            grown = self.interval_s * self.backoff ** (tries - 1)
        except OverflowError:
            grown = self.max_interval_s
        return min(grown, self.max_interval_s)


@dataclass(frozen=True, slots=True)
class Needs:
    """Slots of the machine that an attempt holds while it lives."""

    cpus: float = 1.0
    gpus: int = 0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class StepNode:
    """One step of a run, or a ``foreach`` group that expands into instances.

    Attributes:
        id: step id; of an instance, ``group[name=value]``.
        needs: ids of the steps (or groups) that must succeed first.
        group: the ``foreach`` step this instance belongs to.
        item: the names and values of this instance.
        foreach: true for the group itself.
    """

    id: str
    needs: tuple[str, ...] = ()
    retry: RetryRule = field(default_factory=RetryRule)
    slots: Needs = field(default_factory=Needs)
    foreach: bool = False
    group: str | None = None
    item: Mapping[str, Any] | None = None

    def instance(self, instance_id: str, item: Mapping[str, Any]) -> "StepNode":
        """Return the node of one instance of this group."""
        return replace(self, id=instance_id, foreach=False, group=self.id, item=item)

    def to_json(self) -> dict[str, Any]:
        """Return the node as plain JSON values."""
        retry, slots = self.retry, self.slots
        return {  # each by name: dataclasses.asdict takes ten times as long
            "id": self.id,
            "needs": self.needs,
            "retry": {name: getattr(retry, name) for name in RetryRule.__slots__},
            "slots": {name: getattr(slots, name) for name in Needs.__slots__},
            "foreach": self.foreach,
            "group": self.group,
            "item": None if self.item is None else dict(self.item),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "StepNode":
        """Return the node that ``to_json`` wrote."""
        retry = dict(data["retry"])
        retry["exit_codes"] = tuple(retry["exit_codes"])
        return cls(
            id=data["id"],
            needs=tuple(data["needs"]),
            retry=RetryRule(**retry),
            slots=Needs(**data["slots"]),
            foreach=data["foreach"],
            group=data["group"],
            item=data["item"],
        )
