"""GET /lineage: what a run, step, file or model version comes from, and what came of it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trainautod.api.routing import Call, Endpoint, NoBody
from trainautod.lineage.walks import lineage_document
from trainautod.runtime.daemon import Daemon

LONGEST_NAME = 500


class LineageQuery(BaseModel):
    """``run:ID``, ``step:RUN/STEP``, ``artifact:DIGEST`` or ``version:MODEL@N``; or ``latest``."""

    model_config = ConfigDict(extra="forbid")
    of: str = Field(min_length=1, max_length=LONGEST_NAME)


async def read_lineage(daemon: Daemon, call: Call[LineageQuery, NoBody]) -> dict[str, Any]:
    """Tell what is one step up and one step down from a run, step, file or model version."""
    return await daemon.store.read(lambda c: lineage_document(c, call.query.of))


ENDPOINTS = (Endpoint("GET", "/lineage", read_lineage, query=LineageQuery),)
