"""What ``register_model`` asked for, carried out with the event that ends its step."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trainautod.lineage import events
from trainautod.lineage.results import AttemptRef
from trainautod.registry import register
from trainautod.runtime.clock import Clock
from trainautod.runtime.context import RunContext

Documents = list[dict[str, Any]]
Also = Callable[[sqlite3.Connection], Documents]


def registering(
    context: RunContext, ref: AttemptRef, wishes: Sequence[Mapping[str, Any]], clock: Clock
) -> Also:
    """Return the work that registers each wished version, and answers their events' documents."""

    def also(connection: sqlite3.Connection) -> Documents:
        documents = []
        at_ms = clock.now_ms()
        for wish in wishes:
            version = register(connection, wish, ref, at_ms)
            if version is not None:
                told = {"model": wish["name"], "version": version, "stage": wish["stage"]}
                documents.append(
                    events.append(
                        connection,
                        kind="model_registered",
                        at_ms=at_ms,
                        run_id=context.run_id,
                        step=ref.step,
                        pipeline=context.submission.pipeline,
                        data={**told, "digest": wish["digest"]},
                    )
                )
        return documents

    return also
