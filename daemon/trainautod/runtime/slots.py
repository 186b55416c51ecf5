"""Who may use the machine: CPUs, memory and GPUs, shared by all runs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainautod.engine import Needs

Holder = tuple[str, str]  # run id, step id

PATIENCE = 32  # how often others may pass the head of the queue before all wait for it


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the machine has: CPUs, bytes of memory, GPU indexes."""

    cpus: float
    memory_bytes: int
    gpus: tuple[int, ...] = ()

    def refuses(self, needs: Needs) -> str | None:
        """Return why ``needs`` can never be met and what to do, or None when they can."""
        unmet = self.lacks(needs)
        advice = "lower resources, or declare more in config.toml [slots]"
        return None if unmet is None else f"{unmet}; {advice}"

    def lacks(self, needs: Needs) -> str | None:
        """Return why ``needs`` can never be met, or None when they can."""
        if needs.cpus > self.cpus:
            return f"needs {needs.cpus:g} cpus, this machine offers {self.cpus:g}"
        if needs.memory_bytes > self.memory_bytes:
            have = self.memory_bytes / 2**30
            return f"needs {needs.memory_bytes / 2**30:.1f} GiB, this machine offers {have:.1f} GiB"
        if needs.gpus > len(self.gpus):
            return f"needs {needs.gpus} gpus, this machine offers {len(self.gpus)}"
        return None


@dataclass(frozen=True, slots=True)
class Lease:
    """What one attempt holds."""

    needs: Needs
    gpus: tuple[int, ...]


@dataclass(slots=True)
class _Request:
    holder: Holder
    needs: Needs
    passed: int = 0


@dataclass(slots=True)
class SlotTable:
    """First come, first served; a request that fits may pass one that does not, for a while."""

    capacity: Capacity
    _queue: list[_Request] = field(default_factory=list)
    _leases: dict[Holder, Lease] = field(default_factory=dict)

    def request(self, holder: Holder, needs: Needs) -> None:
        """Queue for ``needs``; asking twice is asking once."""
        if holder not in self._leases and all(r.holder != holder for r in self._queue):
            self._queue.append(_Request(holder, needs))

    def restore(self, holder: Holder, needs: Needs, gpus: tuple[int, ...]) -> None:
        """Book what an attempt already holds, found alive at start-up."""
        self._leases[holder] = Lease(needs, gpus)

    def withdraw(self, holder: Holder) -> None:
        """Leave the queue, and give back what was granted."""
        self._queue = [request for request in self._queue if request.holder != holder]
        self._leases.pop(holder, None)

    def grant(self) -> list[tuple[Holder, Lease]]:
        """Grant whatever fits now; each grant is held until ``withdraw``."""
        granted: list[tuple[Holder, Lease]] = []
        waiting: list[_Request] = []
        blocked = False
        for request in self._queue:
            lease = None if blocked else self._try(request.needs)
            if lease is None:
                waiting.append(request)
                blocked = blocked or self._is_due(request)
                continue
            self._leases[request.holder] = lease
            granted.append((request.holder, lease))
            for passed in waiting:
                passed.passed += 1
        self._queue = waiting
        return granted

    @property
    def leases(self) -> Mapping[Holder, Lease]:
        """Who holds what now."""
        return self._leases

    def usage(self) -> dict[str, Any]:
        """Return totals and what is in use, as the status document shows them."""
        leases = self._leases.values()
        return {
            "cpus": {
                "total": self.capacity.cpus,
                "used": sum(lease.needs.cpus for lease in leases),
            },
            "memory_bytes": {
                "total": self.capacity.memory_bytes,
                "used": sum(lease.needs.memory_bytes for lease in leases),
            },
            "gpus": {
                "total": list(self.capacity.gpus),
                "used": sorted(gpu for lease in leases for gpu in lease.gpus),
            },
        }

    def _is_due(self, request: _Request) -> bool:
        """Tell whether all wait for a request; never for one that this machine cannot meet."""
        return request.passed >= PATIENCE and self.capacity.lacks(request.needs) is None

    def _try(self, needs: Needs) -> Lease | None:
        leases = self._leases.values()
        cpus = sum(lease.needs.cpus for lease in leases) + needs.cpus
        memory = sum(lease.needs.memory_bytes for lease in leases) + needs.memory_bytes
        taken = {gpu for lease in leases for gpu in lease.gpus}
        free = tuple(gpu for gpu in self.capacity.gpus if gpu not in taken)
        fits = cpus <= self.capacity.cpus + 1e-9 and memory <= self.capacity.memory_bytes
        if not fits or len(free) < needs.gpus:
            return None
        return Lease(needs, free[: needs.gpus])
