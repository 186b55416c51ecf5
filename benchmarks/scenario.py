"""What every scenario gets, and how it names itself."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.peers import PEERS, Peer
from benchmarks.table import Table
from benchmarks.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Context:
    """What a scenario works with.

    Attributes:
        workspace: scratch space.
        quick: one round over small sizes: shows that everything runs, not how fast.
        with_peers: whether peers are measured too.
    """

    workspace: Workspace
    quick: bool
    with_peers: bool

    def rounds(self, wanted: int) -> int:
        """Return how many samples to take of each figure."""
        return 1 if self.quick else wanted

    def size(self, full: int, quick: int) -> int:
        """Return the size to measure at."""
        return quick if self.quick else full

    def peers(self) -> tuple[Peer, ...]:
        """Return the peers to measure, installed or not."""
        return PEERS if self.with_peers else ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One question that the benchmark answers.

    Attributes:
        name: as typed on the command line.
        summary: one line for the help.
        measure: answers it.
    """

    name: str
    summary: str
    measure: Callable[[Context], Table]
