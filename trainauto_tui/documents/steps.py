"""Steps of a run: their attempts, files, environment, metrics, logs and reasons."""

from typing import Any, NotRequired, TypedDict


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
