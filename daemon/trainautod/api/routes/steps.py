"""GET /runs/{id}/steps/{step}: one step with everything that is known of it."""

import asyncio
import sqlite3
from functools import lru_cache
from typing import Any

from trainautod.api.routing import Call, Endpoint, NoBody, NoQuery
from trainautod.execution.attempt import ExitRecord
from trainautod.lineage.queries import sql
from trainautod.lineage.runs import find_run
from trainautod.lineage.steps import step_document
from trainautod.runtime.daemon import Daemon
from trainautod.spec import Pipeline, SpecInvalid, Step, load

_PIPELINES_KEPT = 16  # parsed; a screen asks about the steps of one run again and again


async def read_step(daemon: Daemon, call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """Tell one step of a run: command, resources, environment, inputs and every attempt."""
    document, text = await daemon.store.read(
        lambda c: _read(c, call.path["run"], call.path["step"])
    )
    return await asyncio.to_thread(_completed, daemon, document, text)


def _read(connection: sqlite3.Connection, run: str, step: str) -> tuple[dict[str, Any], str]:
    """Return the step as the store knows it, and the pipeline's text."""
    run_id = find_run(connection, run)
    document = step_document(connection, run_id, step)
    row = connection.execute(sql("run_row"), {"run_id": run_id}).fetchone()
    spec = connection.execute(sql("spec_text"), {"digest": row["spec_digest"]}).fetchone()
    return document, spec["text"]


def _completed(daemon: Daemon, document: dict[str, Any], text: str) -> dict[str, Any]:
    """Add what the pipeline declares, and what only the attempts' own files say."""
    run_id, step = document["run_id"], document["id"]
    for attempt in document["attempts"]:
        directory = daemon.attempts.directory(run_id, step, attempt["attempt"])
        try:
            record = ExitRecord.from_json((directory / "exit.json").read_bytes())
        except (OSError, ValueError):
            continue  # it runs, or its files are gone
        attempt["signal"] = record.signal
    daemon.live.fill_in(run_id, [document])
    return document | _declaration(text, document["group"] or step)


def _declaration(text: str, step: str) -> dict[str, Any]:
    """Return what the pipeline file says of a step; nothing where this version cannot read it."""
    declared = _steps(text).get(step)
    if declared is None:
        return {"template": None, "resources": None, "timeout_s": None, "retries": None}
    resources = declared.resources
    return {
        "template": declared.run,
        "resources": {
            "cpus": resources.cpus,
            "gpus": resources.gpus,
            "memory_bytes": resources.memory_bytes,
        },
        "timeout_s": declared.timeout_s,
        "retries": declared.retry.limit,
    }


@lru_cache(_PIPELINES_KEPT)
def _steps(text: str) -> dict[str, Step]:
    try:
        pipeline = load(text, "pipeline")
    except SpecInvalid:
        return {}
    return {step.id: step for step in pipeline.steps} if isinstance(pipeline, Pipeline) else {}


ENDPOINTS = (Endpoint("GET", "/runs/{run}/steps/{step}", read_step),)
