"""The subjects of one table, measured in turns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.measure import Subject, in_rounds
from benchmarks.table import Kind, Row


@dataclass(frozen=True, slots=True)
class Contest:
    """Who is measured, by name.

    Attributes:
        ours: our own subjects.
        limits: what the machine needs at the very least.
        peers: other tools.
        notes: what a reader must know to compare, by subject.
        goals: the most that a figure may be, by subject and column.
    """

    ours: Mapping[str, Subject]
    limits: Mapping[str, Subject] = field(default_factory=dict)
    peers: Mapping[str, Subject] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    goals: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def rows(self, rounds: int, warm_ups: int = 0) -> list[Row]:
        """Measure and return a row per subject; one without figures says why it has none."""
        found = in_rounds({**self.ours, **self.limits, **self.peers}, rounds, warm_ups)
        return [
            Row(
                subject=name,
                kind=self._kind(name),
                measures=outcome.measures,
                goals=self.goals.get(name, {}),
                note=outcome.problem or self.notes.get(name, ""),
            )
            for name, outcome in found.items()
        ]

    def _kind(self, name: str) -> Kind:
        if name in self.ours:
            return Kind.OURS
        return Kind.LIMIT if name in self.limits else Kind.PEER
