"""The routes of a log's double that are about its lines: which match, and when each came."""

import re
from bisect import bisect_right
from typing import Any

STARTED_MS = 1_373_436_484_000  # 2013-07-10T06:08:04Z, when the running steps of the stage began
LINE_MS = 1500  # between two lines
COLOUR = re.compile(rb"\x1b\[[0-9;:]*[mK]")
SCANNED = 64 << 20  # bytes looked at for one answer


def matches(log: bytes, query: dict[str, str], complete: bool) -> dict[str, Any]:
    """Answer ``log/matches``: byte ranges of matching lines, newlines excluded.

    While the log grows, its last line counts once its newline is there.
    """
    flags = 0 if any(char.isupper() for char in query["text"]) else re.IGNORECASE
    wanted = re.compile(re.escape(query["text"].encode()), flags)
    after, limit = int(query.get("after", 0)), int(query.get("limit", 10_000))
    before = int(query.get("before", len(log)))
    invert = query.get("invert", "false").lower() in ("true", "1")
    found: list[tuple[int, int]] = []
    at, ends = after, min(after + SCANNED, len(log))
    if at and log[at - 1 : at] != b"\n":
        at = log.find(b"\n", at) + 1 or len(log)
    while at < min(ends, before) and len(found) < limit:
        newline = log.find(b"\n", at)
        if newline < 0 and not complete:
            break
        end = len(log) if newline < 0 else newline
        if bool(wanted.search(COLOUR.sub(b"", log[at:end]))) != invert:
            found.append((at, end))
        at = min(end + 1, len(log))
    return {"matches": found, "scanned": at, "size": len(log), "complete": complete}


def times(log: bytes, query: dict[str, str]) -> dict[str, Any]:
    """Answer ``log/times``: one line came every 1.5 s."""
    start, end = int(query.get("start", 0)), int(query.get("end", len(log)))
    begins = [0, *(match.end() for match in re.finditer(rb"\n", log))]
    first = max(bisect_right(begins, start) - 1, 0)
    entries = [
        (begin, STARTED_MS + number * LINE_MS)
        for number, begin in enumerate(begins)
        if number >= first and begin < max(end, start + 1) and begin < len(log)
    ]
    return {"started_at": "2013-07-10T06:08:04.000+00:00", "times": entries}
