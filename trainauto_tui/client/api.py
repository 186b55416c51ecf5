"""The daemon's API as a Python object: one method per route."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from urllib.parse import quote, urlencode

from trainauto_tui.client import wire
from trainauto_tui.errors import (
    Invalid,
    NotFound,
    Refused,
    TrainautoError,
    Unavailable,
    Unexpected,
)

if TYPE_CHECKING:
    from trainauto_tui.client.transport import Connect
    from trainauto_tui.documents import (
        AcceptedBackfill,
        AcceptedRun,
        Backfill,
        BackfillRequest,
        BackfillSummary,
        DriftReport,
        DriftSource,
        Event,
        EventPage,
        Explanation,
        Lineage,
        LogLine,
        LogMatches,
        LogTimes,
        MetricSeries,
        Model,
        Notification,
        PipelineDocument,
        Plan,
        PolicyDocument,
        Run,
        RunPage,
        RunRequest,
        SignalAnswer,
        Status,
        StepDocument,
        Target,
        Transition,
    )

ANSWER_TIMEOUT_S = 120.0  # planning digests inputs first, which may be many gigabytes
SILENCE_S = 16.0  # the stream pings every 5 s: three missed pings mean that the link is dead
LOG_PIECE = 262_144  # bytes of log asked for at once

ERRORS: dict[int, type[TrainautoError]] = {
    400: Invalid,
    403: Refused,
    404: NotFound,
    409: Refused,
    422: Invalid,
    503: Unavailable,
}


class LogSlice(NamedTuple):
    """A part of a step's log.

    Attributes:
        data: the bytes, as the step wrote them.
        start: offset of the first byte; later than asked for when what lies between was dropped.
        end: offset to ask for next.
        size: bytes that the step has written so far.
        dropped: bytes missing from the middle, because the log passed its cap.
        complete: the attempt has ended and ``size`` is final.
        attempt: the attempt that wrote it; 0 when there is none yet.
    """

    data: bytes
    start: int
    end: int
    size: int
    dropped: int
    complete: bool
    attempt: int


class Client:
    """Talks with one daemon. Safe to use from several threads: each call has its own connection.

    Every method raises NoDaemon when no daemon answers, LinkLost when it hangs up midway,
    NotFound, Refused and Invalid as the daemon says.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    def status(self) -> Status:
        """Return how the daemon is doing."""
        document: Status = self._get("/status")
        return document

    def stop_daemon(self) -> None:
        """Ask the daemon to stop; steps that run go on without it."""
        self._send("POST", "/daemon/stop")

    def pipelines(self) -> list[PipelineDocument]:
        """Return the registered pipelines."""
        found: list[PipelineDocument] = self._get("/pipelines")["pipelines"]
        return found

    def pipeline(self, name: str) -> PipelineDocument:
        """Return one registered pipeline; raises NotFound."""
        document: PipelineDocument = self._get(f"/pipelines/{_quoted(name)}")
        return document

    def add_pipeline(self, path: str) -> PipelineDocument:
        """Register the pipeline file at the absolute ``path``; raises Invalid with its problems."""
        document: PipelineDocument = self._send("POST", "/pipelines", {"path": path})
        return document

    def remove_pipeline(self, name: str) -> None:
        """Forget a pipeline; its runs and artifacts stay."""
        self._send("DELETE", f"/pipelines/{_quoted(name)}")

    def policies(self) -> list[PolicyDocument]:
        """Return the policies, with what each remembers and said last."""
        found: list[PolicyDocument] = self._get("/policies")["policies"]
        return found

    def signal(
        self, name: str, values: Mapping[str, object], key: str | None = None
    ) -> SignalAnswer:
        """Tell an event to the policies that are on its name.

        Args:
            name: of the event.
            values: what it carries, by name: numbers, truths, texts, lists and mappings of them.
            key: a second signal of this name and key does nothing, and is answered ``repeated``.
        """
        body = {"name": name, "values": dict(values), "key": key}
        answer: SignalAnswer = self._send("POST", "/signals", body)
        return answer

    def plan(self, request: RunRequest) -> Plan:
        """Return what a run would do, without running anything."""
        document: Plan = self._send("POST", "/plan", request)
        return document

    def submit(self, request: RunRequest) -> AcceptedRun:
        """Queue a run and return it."""
        document: AcceptedRun = self._send("POST", "/runs", request)
        return document

    def runs(
        self,
        pipeline: str | None = None,
        status: str | None = None,
        limit: int = 50,
        before: str | None = None,
        trigger: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> RunPage:
        """Return runs, newest first; raises NotFound for a pipeline that never was.

        Args:
            pipeline: only runs of this one.
            status: only runs in one of these, separated by commas.
            limit: at most this many.
            before: the ``next`` of the page above.
            trigger: only runs started by one of these kinds, separated by commas.
            since: only runs submitted at this date or time (ISO 8601) or later.
            until: only runs submitted at this time or earlier; a date is meant to its end.
        """
        query = {
            "pipeline": pipeline,
            "status": status,
            "limit": limit,
            "before": before,
            "trigger": trigger,
            "since": since,
            "until": until,
        }
        page: RunPage = self._get("/runs", query)
        return page

    def run(self, run_id: str) -> Run:
        """Return a run by its id, a unique beginning of it, or ``latest``."""
        document: Run = self._get(f"/runs/{_quoted(run_id)}")
        return document

    def step(self, run_id: str, step: str) -> StepDocument:
        """Return a step of a run with its command, environment, inputs and attempts."""
        document: StepDocument = self._get(f"/runs/{_quoted(run_id)}/steps/{_quoted(step)}")
        return document

    def cancel(self, run_id: str) -> Run:
        """Ask for the end of a run: its steps get their stop signal, then their grace."""
        document: Run = self._send("POST", f"/runs/{_quoted(run_id)}/cancel")
        return document

    def retry(self, run_id: str) -> AcceptedRun:
        """Let a failed run go on from what failed, under the same id."""
        document: AcceptedRun = self._send("POST", f"/runs/{_quoted(run_id)}/retry")
        return document

    def start_backfill(self, request: BackfillRequest) -> AcceptedBackfill:
        """Begin a backfill, or with ``dry_run`` return what it would run; raises Invalid."""
        document: AcceptedBackfill = self._send("POST", "/backfills", request)
        return document

    def backfills(self, pipeline: str | None = None, limit: int = 20) -> list[BackfillSummary]:
        """Return the newest backfills, of one pipeline or of all, without their slots."""
        query = {"pipeline": pipeline, "limit": limit}
        found: list[BackfillSummary] = self._get("/backfills", query)["backfills"]
        return found

    def backfill(self, backfill: str) -> Backfill:
        """Return a backfill by its id, a unique beginning of it, or ``latest``."""
        document: Backfill = self._get(f"/backfills/{_quoted(backfill)}")
        return document

    def stop_backfill(self, backfill: str, cancel_running: bool = False) -> Backfill:
        """Let a backfill start no more runs; its live runs go on unless they are cancelled."""
        query = {"cancel_running": "true" if cancel_running else None}
        target = _target(f"/backfills/{_quoted(backfill)}/stop", query)
        document: Backfill = self._send("POST", target)
        return document

    def resume_backfill(self, backfill: str) -> Backfill:
        """Let a stopped backfill go on with the slots that wait."""
        document: Backfill = self._send("POST", f"/backfills/{_quoted(backfill)}/resume")
        return document

    def log(
        self,
        run_id: str,
        step: str,
        offset: int = 0,
        limit: int = LOG_PIECE,
        attempt: int | None = None,
    ) -> LogSlice:
        """Return up to ``limit`` bytes of a step's log.

        Args:
            run_id: the run, or ``latest``.
            step: id of the step.
            offset: where to start; negative counts from the end.
            limit: at most this many bytes.
            attempt: which attempt; the latest when None.
        """
        target = _log(run_id, step)
        query = {"offset": offset, "limit": limit, "attempt": attempt}
        answer = self._ask("GET", _target(target, query))
        try:
            return _slice(answer)
        finally:
            answer.close()

    def log_times(
        self, run_id: str, step: str, start: int, end: int, attempt: int | None = None
    ) -> LogTimes:
        """Return when the bytes from ``start`` to ``end`` of a step's log came."""
        query = {"start": start, "end": end, "attempt": attempt}
        found: LogTimes = self._get(f"{_log(run_id, step)}/times", query)
        return found

    def log_line(self, run_id: str, step: str, number: int, attempt: int | None = None) -> LogLine:
        """Return where line ``number`` of a step's log begins, 1 being the first one kept."""
        query = {"number": number, "attempt": attempt}
        found: LogLine = self._get(f"{_log(run_id, step)}/line", query)
        return found

    def log_matches(
        self,
        run_id: str,
        step: str,
        text: str,
        invert: bool = False,
        after: int = 0,
        limit: int = 10_000,
        attempt: int | None = None,
        before: int | None = None,
    ) -> LogMatches:
        """Return up to ``limit`` lines of a step's log that have a text.

        Args:
            run_id: the run, or ``latest``.
            step: id of the step.
            text: plain; its case counts only if it has an upper-case letter.
            invert: the lines without it instead.
            after: only lines that begin at this byte or later.
            limit: at most this many, 10,000 at most.
            attempt: which attempt; the latest when None.
            before: only lines that begin before this byte.
        """
        query = {
            "text": text,
            "invert": "true" if invert else None,
            "after": after,
            "limit": limit,
            "attempt": attempt,
            "before": before,
        }
        found: LogMatches = self._get(f"{_log(run_id, step)}/matches", query)
        return found

    def metric_series(
        self, run_id: str, step: str, attempt: int | None = None, points: int = 500
    ) -> MetricSeries:
        """Return the curve of each metric of a step's attempt, in at most ``points`` points."""
        target = f"/runs/{_quoted(run_id)}/steps/{_quoted(step)}/metrics"
        found: MetricSeries = self._get(target, {"attempt": attempt, "points": points})
        return found

    def explain(self, run_id: str, step: str) -> Explanation:
        """Return why a step ran, or why an earlier result was reused."""
        document: Explanation = self._get(f"/runs/{_quoted(run_id)}/steps/{_quoted(step)}/explain")
        return document

    def lineage(self, of: str) -> Lineage:
        """Return what something comes from and what came of it.

        Args:
            of: ``run:ID``, ``step:RUN/STEP``, ``artifact:DIGEST`` or ``version:MODEL@N``, or
                without the kind; beginnings of ids and digests, and ``latest``, are understood.
        """
        found: Lineage = self._get("/lineage", {"of": of})
        return found

    def models(self) -> list[Model]:
        """Return the registered models with all of their versions."""
        found: list[Model] = self._get("/models")
        return found

    def transitions(self, model: str) -> list[Transition]:
        """Return the history of a model's stages, oldest first."""
        found: list[Transition] = self._get(f"/models/{_quoted(model)}/transitions")
        return found

    def drift(self) -> list[DriftSource]:
        """Return the drift files that policies watch, each with its newest valid report."""
        found: list[DriftSource] = self._get("/drift")["sources"]
        return found

    def drift_reports(
        self, path: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[DriftReport]:
        """Return valid drift reports, newest first.

        Args:
            path: only those of this file.
            before: only those older than the report with this id.
            limit: at most this many.
        """
        query = {"path": path, "before": before, "limit": limit}
        found: list[DriftReport] = self._get("/drift/reports", query)["reports"]
        return found

    def notifications(self, state: str | None = None, limit: int = 50) -> list[Notification]:
        """Return the newest messages to people, of all or in one state; raises Invalid."""
        query = {"state": state, "limit": limit}
        found: list[Notification] = self._get("/notifications", query)["notifications"]
        return found

    def targets(self) -> list[Target]:
        """Return whom pipelines and config.toml tell, by name."""
        found: list[Target] = self._get("/notifications/targets")["targets"]
        return found

    def test_notifications(self, targets: Sequence[str] = ()) -> list[Notification]:
        """Send a test message to targets, or to all there are, and return what became of each."""
        body = {"targets": list(targets)}
        found: list[Notification] = self._send("POST", "/notifications/test", body)["notifications"]
        return found

    def event_page(
        self,
        after: int = 0,
        limit: int = 1000,
        run_id: str | None = None,
        before: int | None = None,
        pipeline: str | None = None,
        kind: str | None = None,
    ) -> EventPage:
        """Return up to ``limit`` events, oldest first.

        Args:
            after: the first ones with numbers above this.
            limit: at most this many.
            run_id: only events of this run.
            before: the last ones with numbers below this instead.
            pipeline: only events of this pipeline and its runs.
            kind: only events of one of these kinds, separated by commas.
        """
        query = {
            "after": after,
            "limit": limit,
            "run_id": run_id,
            "before": before,
            "pipeline": pipeline,
            "kind": kind,
        }
        page: EventPage = self._get("/events", query)
        return page

    def pulses(
        self,
        after: int = 0,
        run_id: str | None = None,
        pipeline: str | None = None,
        kind: str | None = None,
    ) -> Iterator[Event | None]:
        """Yield events with numbers above ``after`` as they happen, and None for every ping.

        It ends only by an exception: LinkLost when the daemon goes away or stays silent for
        16 s. Go on with the number of the last event seen. Filters are those of ``event_page``.
        """
        query = {"after": after, "run_id": run_id, "pipeline": pipeline, "kind": kind}
        target = _target("/events", query)
        accept = {"Accept": "text/event-stream"}
        answer = self._ask("GET", target, headers=accept, timeout_s=SILENCE_S)
        try:
            yield from _events(answer)
        finally:
            answer.close()

    def events(self, after: int = 0, run_id: str | None = None) -> Iterator[Event]:
        """Yield events as ``pulses`` does, without the pings."""
        return (event for event in self.pulses(after, run_id) if event is not None)

    def openapi(self) -> dict[str, Any]:
        """Return the description of the API that the daemon makes from its code."""
        document: dict[str, Any] = self._get("/openapi.json")
        return document

    def _get(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        return self._send("GET", _target(path, query or {}))

    def _send(self, method: str, target: str, document: object = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        answer = self._ask(method, target, body)
        try:
            return _document(answer.body())
        finally:
            answer.close()

    def _ask(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> wire.Answer:
        """Return an answer below 300; anything else is raised."""
        connection = self._connect()
        connection.settimeout(timeout_s)
        try:
            answer = wire.ask(connection, method, target, body, headers)
        except BaseException:
            connection.close()
            raise
        if answer.status >= 300:
            try:
                _raise(answer.status, answer.body())
            finally:
                answer.close()
        return answer


def _events(answer: wire.Answer) -> Iterator[Event | None]:
    from trainauto_tui.client import sse
    from trainauto_tui.errors import LinkLost

    for message in sse.messages(answer.pieces()):
        yield None if message.event == ":" else json.loads(message.data)
    raise LinkLost("the daemon ended the event stream")


def _slice(answer: wire.Answer) -> LogSlice:
    headers = answer.headers
    data = answer.body()
    start = int(headers.get("x-log-start", 0))
    end = int(headers.get("x-log-end", start + len(data)))
    return LogSlice(
        data=data,
        start=start,
        end=end,
        size=int(headers.get("x-log-size", end)),
        dropped=int(headers.get("x-log-dropped", 0)),
        complete=headers.get("x-log-complete", "true").lower() == "true",
        attempt=int(headers.get("x-log-attempt") or 0),
    )


def _document(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        raise Unexpected from error


def _raise(status: int, body: bytes) -> NoReturn:
    """Raise what an error answer says."""
    try:
        error = json.loads(body)["error"]
        message, hint = str(error["message"]), str(error.get("hint") or "")
        problems = tuple(str(problem) for problem in error.get("problems") or ())
    except (ValueError, KeyError, TypeError):
        text = body.decode("utf-8", "replace").strip()[:500]
        message, hint, problems = f"the daemon answered {status}: {text}", "", ()
    raise ERRORS.get(status, Unexpected)(message, hint, problems)


def _log(run_id: str, step: str) -> str:
    return f"/runs/{_quoted(run_id)}/steps/{_quoted(step)}/log"


def _quoted(name: str) -> str:
    return quote(name, safe="")


def _target(path: str, query: Mapping[str, object]) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path
