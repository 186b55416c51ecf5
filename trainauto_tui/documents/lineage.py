"""What came from what."""

from typing import TypedDict


class LineageNode(TypedDict):
    """A run, step, artifact (any file that was made or used) or version of a model.

    ``kind:id`` asks about it; ``status`` is a run's, a step's, or a version's stage.
    """

    kind: str
    id: str
    label: str
    detail: str
    at: str | None
    status: str | None


class MoreLineage(TypedDict):
    """On which sides there are older neighbours than those that were told, the newest 200."""

    up: bool
    down: bool


class Lineage(TypedDict):
    """What a thing comes from (``up``) and what came of it (``down``), one step each way."""

    node: LineageNode
    up: list[LineageNode]
    down: list[LineageNode]
    more: MoreLineage
