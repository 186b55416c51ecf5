"""What people do with runs: submit, plan, cancel, retry; and finding them again at start-up."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from trainautod import engine
from trainautod.artifacts.objects import ObjectStore
from trainautod.engine import IllegalTransition, RunState, RunSubmitted, Succeeded
from trainautod.engine.replay import replay
from trainautod.lineage import Store
from trainautod.lineage.environments import put_environment
from trainautod.lineage.errors import StoreClosed
from trainautod.lineage.projection import Submission
from trainautod.lineage.queries import sql
from trainautod.lineage.results import AttemptRef, result_of_attempt
from trainautod.lineage.runs import find_run
from trainautod.runtime.catalog import read_source
from trainautod.runtime.clock import Clock
from trainautod.runtime.conductor import Conductor
from trainautod.runtime.context import RunContext, StepResult
from trainautod.runtime.errors import Conflict, PipelineInvalid, RequestInvalid
from trainautod.runtime.ids import RunIds
from trainautod.runtime.provenance import git_state
from trainautod.runtime.registrations import Documents
from trainautod.runtime.snapshot import CodeSnapshot
from trainautod.runtime.submission import (
    RunRequest,
    Source,
    commands_of,
    forced_steps,
    nodes_of,
    scheduled_time,
    typed_params,
)
from trainautod.spec import Pipeline, SpecInvalid, load

log = logging.getLogger(__name__)

#: What reading a run may raise that another version, or a defect, has written.
_BROKEN = (SpecInvalid, IllegalTransition, LookupError, TypeError, ValueError, AssertionError)
Claim = Callable[[sqlite3.Connection, str], Documents]


class Runs:
    """Makes runs out of requests and stored rows."""

    def __init__(
        self,
        store: Store,
        objects: ObjectStore,
        conductor: Conductor,
        clock: Clock,
        default_parallel: int,
    ) -> None:
        self._store = store
        self._objects = objects
        self._conductor = conductor
        self._clock = clock
        self._default_parallel = default_parallel
        self._ids = RunIds()
        self._background: set[asyncio.Task[None]] = set()
        self._retrying: set[str] = set()

    async def submit(self, source: Source, request: RunRequest, claim: Claim | None = None) -> str:
        """Accept a run; it is stored when this returns.

        Args:
            source: the pipeline.
            request: what is asked for.
            claim: writes more in the same transaction, given the run's id; may refuse by raising.

        Raises:
            DaemonError: the request does not fit the pipeline.
        """
        context, event = await asyncio.to_thread(self.prepare, source, request)

        def also(connection: sqlite3.Connection) -> Documents:
            return claim(connection, context.run_id) if claim else []

        await self._conductor.begin(context, event, also)
        self._record_git(context)
        return context.run_id

    async def cancel(self, wanted: str, actor: str) -> str:
        """Stop a run; return its full id."""
        run_id = await self._store.read(lambda c: find_run(c, wanted))
        self._conductor.cancel(run_id, actor)
        return run_id

    async def retry(self, wanted: str, actor: str) -> tuple[str, list[str]]:
        """Let a failed or cancelled run go on, with the code as it is now.

        Returns:
            Its full id, and what a person should know: that the pipeline's file is not used.

        Raises:
            Conflict: the run has not ended, or has succeeded.
        """
        run_id = await self._store.read(lambda c: find_run(c, wanted))
        if run_id in self._conductor.live or run_id in self._retrying:
            raise Conflict(f"run {run_id} has not ended; cancel it first, or wait")
        self._retrying.add(run_id)  # a second retry would go on from a state that is past
        try:
            return run_id, await self._retry(run_id, actor)
        finally:
            self._retrying.discard(run_id)

    async def _retry(self, run_id: str, actor: str) -> list[str]:
        warnings: list[str] = []
        try:
            context = await self._restore(run_id, refresh=True, warn=warnings.append)
        except _BROKEN as error:
            raise Conflict(f"run {run_id} cannot go on ({error}); submit it anew") from error
        code = await asyncio.to_thread(context.code.freeze, commands_of(context.pipeline.steps))

        def also(connection: sqlite3.Connection) -> Documents:
            _update_code(connection, context, code)
            return []

        self._conductor.go_on(context, actor, also)
        self._record_git(context)  # as the code: what goes on is what lies there now
        return warnings

    async def recover(self) -> int:
        """Take over every run that an earlier daemon left unfinished; return how many."""
        rows = await self._store.read(lambda c: c.execute(sql("unfinished_runs")).fetchall())
        contexts = []
        for row in rows:
            try:
                context = await self._restore(row["run_id"], refresh=False)
            except _BROKEN as error:
                await self._conductor.give_up(row["run_id"], row["pipeline"], error)
                continue
            contexts.append(context)
            if row["environment"] is None:  # the daemon did not live to record it
                self._record_git(context)
        self._conductor.adopt(contexts)
        return len(contexts)

    def prepare(self, source: Source, request: RunRequest) -> tuple[RunContext, RunSubmitted]:
        """Return a run that nobody has stored: the first half of submitting, all of planning."""
        now_ms = self._clock.now_ms()
        pipeline = source.pipeline
        params = typed_params(pipeline, request.params)
        when = scheduled_time(pipeline, request, now_ms)
        forced = forced_steps(pipeline, request)
        code = CodeSnapshot(Path(source.path).parent, self._objects)
        submission = Submission(
            run_id=self._ids.make(now_ms),
            pipeline=pipeline.name,
            path=source.path,
            spec_digest=source.digest,
            scheduled_time=when.isoformat(),
            trigger=request.trigger,
            params=params,
            options={"forced": list(forced)},
            code=code.freeze(commands_of(pipeline.steps)),
            submitted_ms=now_ms,
        )
        parallel = pipeline.max_parallel or self._default_parallel
        event = RunSubmitted(submission.run_id, nodes_of(pipeline), parallel)
        state, _ = engine.begin(event)
        return RunContext(submission, pipeline, source.text, code, state), event

    async def _restore(
        self, run_id: str, *, refresh: bool, warn: Callable[[str], None] = log.warning
    ) -> RunContext:
        """Build a run's context from the store.

        Args:
            run_id: a stored run.
            refresh: read pipeline file and code anew, as far as the file still has these steps.
            warn: told why the file is not used, if it is not.
        """

        def read(connection: sqlite3.Connection) -> tuple[Any, str, list[tuple[str, Any]]]:
            row = connection.execute(sql("run_row"), {"run_id": run_id}).fetchone()
            key = {"digest": row["spec_digest"]}
            text = connection.execute(sql("spec_text"), key).fetchone()["text"]
            told = connection.execute(sql("events_of_run"), {"run_id": run_id}).fetchall()
            return row, text, [(event["kind"], json.loads(event["data"])) for event in told]

        row, text, told = await self._store.read(read)
        state = replay(told)
        results = await self._store.read(lambda c: _results(c, state))
        source = await asyncio.to_thread(_source, row["path"], text, refresh, warn)
        return await asyncio.to_thread(self._context, row, source, state, results, refresh)

    def _context(
        self,
        row: Any,
        source: Source,
        state: RunState,
        results: dict[str, StepResult],
        refresh: bool,
    ) -> RunContext:
        frozen = {} if refresh else json.loads(row["code"])
        submission = Submission(
            run_id=row["run_id"],
            pipeline=row["pipeline"],
            path=row["path"],
            spec_digest=source.digest,
            scheduled_time=row["scheduled_time"],
            trigger=json.loads(row["trigger"]),
            params=json.loads(row["params"]),
            options=json.loads(row["options"]),
            code=frozen,
            submitted_ms=row["submitted_ms"],
        )
        code = CodeSnapshot(Path(row["path"]).parent, self._objects, frozen)
        return RunContext(submission, source.pipeline, source.text, code, state, results)

    def _record_git(self, context: RunContext) -> None:
        """Record the commit of the pipeline's folder, off the way to the first step."""

        async def record() -> None:
            found = await asyncio.to_thread(git_state, context.folder)
            with suppress(StoreClosed):  # the daemon ends; the next one takes the run over
                await self._store.write(
                    lambda c: put_environment(c, context.run_id, {"git": found}), urgent=False
                )

        task = asyncio.create_task(record(), name=f"git state of {context.run_id}")
        self._background.add(task)
        task.add_done_callback(self._git_recorded)

    def _git_recorded(self, task: asyncio.Task[None]) -> None:
        """Tell when a commit was not recorded; the run goes on without."""
        self._background.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            where = {"action": "record_git", "task": task.get_name()}
            log.warning("a run's commit is not recorded", exc_info=error, extra=where)


def _results(connection: sqlite3.Connection, state: RunState) -> dict[str, StepResult]:
    found: dict[str, StepResult] = {}
    for step, reached in state.states.items():
        if not isinstance(reached, Succeeded) or state.nodes[step].foreach:
            continue
        query = {"run_id": state.run_id, "step": step}
        row = connection.execute(sql("step_row"), query).fetchone()
        ref = AttemptRef(state.run_id, step, row["attempt"])
        if row["cached"]:
            ref = AttemptRef(row["source_run"], row["source_step"], row["source_attempt"])
        result = result_of_attempt(connection, ref)
        found[step] = StepResult.of(result)
    return found


def _source(path: str, text: str, refresh: bool, warn: Callable[[str], None]) -> Source:
    """Return a run's pipeline as stored, or as its file is now if that has the same graph."""
    pipeline = load(text, path)
    assert isinstance(pipeline, Pipeline)
    stored = Source(path, text, pipeline)
    if not refresh:
        return stored
    try:
        found = read_source(Path(path))
    except (PipelineInvalid, RequestInvalid) as error:
        told = "; ".join(getattr(error, "problems", ())) or str(error)
    else:
        if _graph(found.pipeline) == _graph(pipeline):
            return found
        told = f"{path}: its steps are others now, or need others"
    warn(f"the run goes on with the pipeline as it was submitted: {told}")
    return stored


def _graph(pipeline: Pipeline) -> dict[str, tuple[bool, Sequence[str]]]:
    """Return whether each step is a group, and its needs: what a retry cannot change."""
    return {step.id: (step.foreach is not None, tuple(step.needs)) for step in pipeline.steps}


def _update_code(connection: sqlite3.Connection, context: RunContext, code: dict[str, str]) -> None:
    spec = {"digest": context.submission.spec_digest, "text": context.spec_text}
    connection.execute(sql("add_spec"), spec)
    row = {
        "run_id": context.run_id,
        "spec_digest": context.submission.spec_digest,
        "code": json.dumps(code),
    }
    connection.execute(sql("set_run_code"), row)
