"""The JSON documents of the daemon's API, as types.

They are plain ``dict`` objects at run time: fields that a newer daemon adds are kept and passed
through. Times are ISO 8601 text with milliseconds and offset, durations are seconds, sizes bytes.
"""

from typing import Any, NotRequired, TypedDict

Scalar = str | int | float | bool | None

FINAL_RUN_STATUSES = frozenset({"succeeded", "failed", "cancelled", "skipped"})
FINAL_STEP_STATUSES = FINAL_RUN_STATUSES


class Output(TypedDict):
    """One file that a step made; ``digest`` is the BLAKE3 of its bytes, in hex."""

    path: str
    digest: str
    size: int


class Progress(TypedDict):
    """How far a running step says it is; ``total`` may be 0 where there is nothing to do."""

    done: float
    total: float
    unit: str


class StepRun(TypedDict):
    """A step in a run; ``status`` is pending, running, succeeded, failed, skipped or cancelled.

    ``metrics`` are the last values; of a running step those that it has reported so far, as is
    ``progress``, which no other step has.
    """

    id: str
    status: str
    cached: bool
    attempt: int
    exit_code: int | None
    duration_s: float | None
    reason: str | None
    cache_key: str | None
    metrics: dict[str, float]
    outputs: list[Output]
    needs: NotRequired[list[str]]
    started_at: NotRequired[str | None]
    ended_at: NotRequired[str | None]
    error: NotRequired[str | None]
    cpu_s: NotRequired[float | None]
    peak_memory_bytes: NotRequired[int | None]
    log_bytes: NotRequired[int | None]
    source_run_id: NotRequired[str | None]
    progress: NotRequired[Progress | None]


class AttemptDocument(TypedDict):
    """One try of a step.

    ``status`` is running, succeeded, failed or cancelled; ``cause`` exited, timeout, memory,
    stopped, spawn_failed, refused (the step could not be prepared) or lost; ``signal`` the number
    of the signal that ended it.
    """

    attempt: int
    status: str
    cause: str | None
    exit_code: int | None
    signal: int | None
    started_at: str | None
    ended_at: str | None
    duration_s: float | None
    cpu_s: float | None
    peak_memory_bytes: int | None
    error: str | None
    log_bytes: int | None
    log_dropped_bytes: int | None


class Resources(TypedDict):
    """What an attempt of a step holds of the machine."""

    cpus: float
    gpus: int
    memory_bytes: int | None


class GitState(TypedDict):
    """The commit of the pipeline's folder; ``dirty`` when files in it differ from the commit."""

    commit: str
    dirty: bool


class Environment(TypedDict):
    """What an attempt ran in; ``packages`` has versions by name, ``lock`` is a file's digest."""

    python: str | None
    platform: str | None
    packages: dict[str, str]
    lock: str | None
    git: GitState | None


class Use(TypedDict):
    """A file that an attempt could see; ``role`` is upstream, input or code."""

    role: str
    path: str
    digest: str


class AttemptName(TypedDict):
    """Which attempt of which step of which run."""

    run_id: str
    step: str
    attempt: int


class StepDocument(StepRun):
    """A step of a run with all that is known of it.

    ``command`` is None until the step's templates are filled in, ``template`` what the pipeline
    file says. Of a reused step, command, environment and inputs are those of ``source``, and it
    has no attempts of its own. ``group`` is the ``foreach`` step that an instance belongs to.
    """

    run_id: str
    group: str | None
    source: AttemptName | None
    command: str | None
    template: str | None
    resources: Resources | None
    timeout_s: float | None
    retries: int | None
    environment: Environment | None
    inputs: list[Use]
    attempts: list[AttemptDocument]


class RunError(TypedDict):
    """Why a run failed: the step, and a message that ends with its last error lines."""

    step: str | None
    message: str


class RunSummary(TypedDict):
    """A run without its steps.

    ``status`` is queued, running, succeeded, failed, cancelled or skipped.
    """

    run_id: str
    pipeline: str
    status: str
    scheduled_time: str | None
    trigger: dict[str, Any]
    params: dict[str, Any]
    started_at: str | None
    ended_at: str | None
    error: RunError | None
    duration_s: NotRequired[float | None]


class Run(RunSummary):
    """A run with all of its steps, in the order of the pipeline."""

    steps: list[StepRun]


class AcceptedRun(Run):
    """A run that was submitted or retried; ``warnings`` tell why its file is not what runs."""

    warnings: list[str]


class RunPage(TypedDict):
    """Runs, newest first; ``next`` is the ``before`` of the page that follows, if any."""

    runs: list[RunSummary]
    next: str | None


class RunRequest(TypedDict, total=False):
    """What to run or plan: ``path`` (absolute) or ``name``, and what to change for this run."""

    path: str
    name: str
    params: dict[str, Scalar]
    ds: str | None
    from_step: str | None
    force: list[str]
    force_all: bool
    trigger: dict[str, Any]


class PlannedStep(TypedDict):
    """What would happen to a step; ``verdict`` is run, reuse, unknown, skip or refuse."""

    id: str
    needs: list[str]
    verdict: str
    reason: str
    cache_key: str | None


class Plan(TypedDict):
    """What a run would do, without running it."""

    pipeline: str
    scheduled_time: str | None
    steps: list[PlannedStep]


class Schedule(TypedDict):
    """One cron line and the zone that it is read in."""

    cron: str
    timezone: str | None


class PipelineStep(TypedDict):
    """A step as the pipeline file declares it."""

    id: str
    needs: list[str]


class RecentRun(TypedDict):
    """One of the last runs of a pipeline."""

    run_id: str
    status: str
    scheduled_time: str | None
    started_at: str | None
    ended_at: str | None


class PipelineDocument(TypedDict):
    """A registered pipeline; ``state`` is ok or broken, ``last_runs`` newest first (at most 10)."""

    name: str
    path: str
    description: str | None
    state: str
    problems: list[str]
    schedules: list[Schedule]
    next_fire: str | None
    params: dict[str, Any]
    steps: list[PipelineStep]
    last_runs: list[RecentRun]


class Changes(TypedDict):
    """What an event changed: the run's status, if it did, and the status of steps by id."""

    run: str | None
    steps: dict[str, str]


class Event(TypedDict):
    """One entry of the daemon's append-only history."""

    seq: int
    at: str
    kind: str
    run_id: str | None
    step: str | None
    attempt: int | None
    pipeline: str | None
    data: dict[str, Any]
    changes: Changes


class EventPage(TypedDict):
    """Events after a number, in order; ``last`` is the newest number that the daemon has."""

    events: list[Event]
    last: int


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


class MetricSeries(TypedDict):
    """The curve of each metric of an attempt, in order: [step, value, Unix milliseconds].

    Each of the three may be None: a value without a step, one that was not finite, a time that is
    not known. ``complete`` when the attempt has ended.
    """

    attempt: int
    complete: bool
    series: dict[str, list[tuple[float | None, float | None, int | None]]]


class LogTimes(TypedDict):
    """When a log's bytes came: ascending pairs of an offset and unix milliseconds."""

    started_at: str | None
    times: list[list[int]]


class LogLine(TypedDict):
    """Where a line begins; ``number`` is the last one's when a later one was asked for."""

    number: int
    start: int
    size: int
    complete: bool


class LogMatches(TypedDict):
    """Byte ranges of matching lines, newlines excluded; ``scanned`` is where to go on."""

    matches: list[tuple[int, int]]
    scanned: int
    size: int
    complete: bool


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


class Comparison(TypedDict):
    """The attempt that a step was compared with."""

    run_id: str
    attempt: int


class InstanceRun(TypedDict):
    """One instance of a ``foreach`` step."""

    id: str
    status: str
    cached: bool
    reason: str | None


class Explanation(TypedDict):
    """Why a step ran or was reused; ``changes`` lists what differed, most telling first.

    ``instances`` are those of a ``foreach`` step.
    """

    run_id: str
    step: str
    status: str
    cached: bool
    reason: str | None
    cache_key: str | None
    changes: list[str]
    compared_with: Comparison | None
    inputs: dict[str, Any] | None
    instances: list[InstanceRun]


class ModelVersion(TypedDict):
    """One version of a model; ``stage`` is none, staging, canary, production or archived."""

    version: int
    stage: str
    run_id: str | None
    digest: str
    metrics: dict[str, float]
    created_at: str


class Model(TypedDict):
    """A registered model; ``production`` is the version in production, if there is one."""

    name: str
    production: int | None
    versions: list[ModelVersion]


Transition = TypedDict(
    "Transition",
    {
        "version": int,
        "from": str | None,
        "to": str,
        "actor": str,
        "reason": str | None,
        "at": str,
        "evidence": Any,
    },
)
"""One append-only registry record: a version went from one stage to another."""
