"""GET /runs/{id}/steps/{step}/log, its times, lines and matches: a log by byte offset."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from trainautod.api.routing import Call, Endpoint, NoBody
from trainautod.execution.log import LogReader
from trainautod.execution.log_lines import find_line
from trainautod.execution.log_search import LogSearch, Needle
from trainautod.lineage.runs import find_run
from trainautod.lineage.steps import find_attempt
from trainautod.runtime.daemon import Daemon

LARGEST_RANGE = 4 << 20
LARGEST_ATTEMPT = 1_000_000
LARGEST_OFFSET = (1 << 63) - 1
MOST_TIMES = 10_000
MOST_MATCHES = 10_000
LONGEST_TEXT = 1000  # characters

AttemptNumber = Annotated[int | None, Field(ge=1, le=LARGEST_ATTEMPT)]
Offset = Annotated[int, Field(ge=0, le=LARGEST_OFFSET)]


class LogQuery(BaseModel):
    """Which bytes of which attempt; a negative offset counts from the end."""

    model_config = ConfigDict(extra="forbid")
    offset: int = 0
    limit: int = Field(65536, ge=0, le=LARGEST_RANGE)
    attempt: AttemptNumber = None


class TimesQuery(BaseModel):
    """The times of which bytes of which attempt."""

    model_config = ConfigDict(extra="forbid")
    start: Offset = 0
    end: Offset | None = None
    attempt: AttemptNumber = None


class LineQuery(BaseModel):
    """Which line, by its number in what is kept of the log; 1 is the first."""

    model_config = ConfigDict(extra="forbid")
    number: int = Field(ge=1, le=LARGEST_OFFSET)
    attempt: AttemptNumber = None


class MatchesQuery(BaseModel):
    """What to find in the lines that begin at byte ``after`` or later, and before ``before``."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=LONGEST_TEXT, pattern=r"^[^\n]*$")
    invert: bool = False
    after: Offset = 0
    before: Offset | None = None
    limit: int = Field(MOST_MATCHES, ge=1, le=MOST_MATCHES)
    attempt: AttemptNumber = None


async def read_log(daemon: Daemon, call: Call[LogQuery, NoBody]) -> Response:
    """Return bytes of an attempt's log; the headers tell where they stand in it."""
    log = await _find(daemon, call)
    found = await asyncio.to_thread(log.reader.read, call.query.offset, call.query.limit)
    headers = {
        "X-Log-Start": str(found.start),
        "X-Log-End": str(found.end),
        "X-Log-Size": str(found.size),
        "X-Log-Dropped": str(found.dropped),
        "X-Log-Complete": "true" if log.complete else "false",
        "X-Log-Attempt": str(log.attempt),
    }
    return Response(found.data, media_type="application/octet-stream", headers=headers)


async def read_times(daemon: Daemon, call: Call[TimesQuery, NoBody]) -> dict[str, Any]:
    """Tell when the bytes of a log came: offsets, each with its Unix time in milliseconds."""
    log, query = await _find(daemon, call), call.query
    end = LARGEST_OFFSET if query.end is None else query.end
    times = await asyncio.to_thread(log.reader.times, query.start, end, MOST_TIMES)
    return {"started_at": log.started_at, "times": times}


async def read_line(daemon: Daemon, call: Call[LineQuery, NoBody]) -> dict[str, Any]:
    """Tell where a line of a log begins; the last line stands for those after it."""
    log = await _find(daemon, call)
    line = await asyncio.to_thread(find_line, log.reader, call.query.number)
    return {
        "number": line.number,
        "start": line.start,
        "size": line.size,
        "complete": log.complete,
    }


async def find_matches(daemon: Daemon, call: Call[MatchesQuery, NoBody]) -> dict[str, Any]:
    """Find lines of a log by a text; the case counts if the text has an upper-case letter."""
    log, query = await _find(daemon, call), call.query
    search = LogSearch(log.reader, Needle(query.text), invert=query.invert, complete=log.complete)
    found = await asyncio.to_thread(search.run, query.after, query.before, query.limit)
    return {
        "matches": found.lines,
        "scanned": found.scanned,
        "size": found.size,
        "complete": log.complete,
    }


@dataclass(frozen=True, slots=True)
class _Log:
    """The log of an attempt, which will not grow any more if it is ``complete``."""

    reader: LogReader
    attempt: int
    started_at: str | None
    complete: bool


async def _find(daemon: Daemon, call: Call[Any, NoBody]) -> _Log:
    run, step, wanted = call.path["run"], call.path["step"], call.query.attempt
    found = await daemon.store.read(lambda c: find_attempt(c, find_run(c, run), step, wanted))
    ref = found.ref
    directory = daemon.attempts.directory(ref.run_id, ref.step, ref.attempt) / "log"
    return _Log(LogReader(directory), ref.attempt, found.started_at, found.ended)


_LOG = "/runs/{run}/steps/{step}/log"
ENDPOINTS = (
    Endpoint("GET", _LOG, read_log, query=LogQuery),
    Endpoint("GET", f"{_LOG}/times", read_times, query=TimesQuery),
    Endpoint("GET", f"{_LOG}/line", read_line, query=LineQuery),
    Endpoint("GET", f"{_LOG}/matches", find_matches, query=MatchesQuery),
)
