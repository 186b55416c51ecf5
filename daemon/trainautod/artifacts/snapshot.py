"""What was placed in a sandbox before its step, as it can be written down and read again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trainautod.artifacts.errors import SnapshotUnreadable
from trainautod.artifacts.identity import StatIdentity

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Placed:
    """A file that came from the store; `target` is the object it links to, None for a copy.

    `identity` is that of the copy, or of the link itself.
    """

    digest: str
    size: int
    executable: bool
    identity: StatIdentity
    target: str | None


@dataclass(frozen=True, slots=True)
class Linked:
    """A link to one input file outside the sandbox, and what that file was then."""

    source: str
    digest: str
    size: int
    executable: bool
    identity: StatIdentity


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All files of a sandbox at its creation, by their path in it."""

    placed: Mapping[str, Placed]
    linked: Mapping[str, Linked]

    def to_json(self, directory: str) -> str:
        """One JSON document; `directory` is the sandbox's absolute path."""
        return json.dumps(
            {
                "format": FORMAT,
                "directory": directory,
                "placed": {path: _placed_row(item) for path, item in self.placed.items()},
                "linked": {path: _linked_row(item) for path, item in self.linked.items()},
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> tuple[str, "Snapshot"]:
        """The directory and snapshot that `to_json` wrote.

        Raises:
            SnapshotUnreadable: The text is damaged or of another format.
        """
        try:
            document: dict[str, Any] = json.loads(text)
            if document["format"] != FORMAT:
                raise SnapshotUnreadable(detail=f"format {document['format']}")
            placed = {path: _placed(row) for path, row in document["placed"].items()}
            linked = {path: _linked(row) for path, row in document["linked"].items()}
            return str(document["directory"]), cls(placed, linked)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SnapshotUnreadable(detail=str(error)) from error


def _placed_row(item: Placed) -> list[object]:
    return [item.digest, item.size, item.executable, list(item.identity), item.target]


def _linked_row(item: Linked) -> list[object]:
    return [item.source, item.digest, item.size, item.executable, list(item.identity)]


def _placed(row: list[Any]) -> Placed:
    digest, size, executable, identity, target = row
    return Placed(digest, size, executable, StatIdentity(*identity), target)


def _linked(row: list[Any]) -> Linked:
    source, digest, size, executable, identity = row
    return Linked(source, digest, size, executable, StatIdentity(*identity))
