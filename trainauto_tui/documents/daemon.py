"""The daemon itself: tasks, slots, disk and store."""

from typing import NotRequired, TypedDict

from trainauto_tui.documents.notifications import Undelivered


class Task(TypedDict):
    """A background task of the daemon; ``state`` is running, restarting or stopped."""

    name: str
    state: str
    restarts: int
    error: str | None


class Amount(TypedDict):
    """How much of something countable there is, and how much of it is leased to steps."""

    total: float
    used: float


class Devices(TypedDict):
    """GPU indexes: those of the machine, and those leased to steps."""

    total: list[int]
    used: list[int]


class Slots(TypedDict):
    """What steps may use of the machine."""

    cpus: Amount
    memory_bytes: Amount
    gpus: Devices


class StoreStatus(TypedDict):
    """The daemon's database."""

    path: str
    size_bytes: int
    events: int
    sqlite_version: str
    schema: int | str


class Disk(TypedDict):
    """The file system that holds the home; ``free_bytes`` is what its user may still write."""

    path: str
    total_bytes: int
    free_bytes: int


class SlotLease(TypedDict):
    """What one attempt holds of the machine; ``gpus`` are indexes."""

    run_id: str
    step: str
    attempt: int
    cpus: float
    memory_bytes: int
    gpus: list[int]


class Status(TypedDict):
    """The daemon itself; ``state`` is running, stopping or degraded (``detail`` says why).

    ``access`` is what this link may do, read-write or read-only; ``cpu_s`` and ``memory_bytes``
    (resident) are of the daemon's own process, ``host`` is the name of its machine.
    """

    pid: int
    version: str
    home: str
    started_at: str
    state: str
    detail: str | None
    pipelines: int
    runs: dict[str, int]
    slots: Slots
    tasks: list[Task]
    store: StoreStatus
    last_event: int
    access: NotRequired[str]
    host: NotRequired[str]
    cpu_s: NotRequired[float]
    memory_bytes: NotRequired[int]
    disk: NotRequired[Disk]
    leases: NotRequired[list[SlotLease]]
    undelivered: NotRequired[list[Undelivered]]
