"""Reading drift files: what of one can be judged now, and what is wrong with the rest.

A JSON file, a parquet file and a table with a feature in each row are read whole. Lines of JSONL
and of a wide CSV file are read on from where the last reading ended, if what was before is still
there, and only those that have ended.
"""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import BinaryIO

from blake3 import blake3

from trainautod.artifacts.identity import StatIdentity
from trainautod.drift.errors import ReportRefused
from trainautod.drift.reports import Report, parse_json
from trainautod.drift.rows import Header, csv_cells, csv_header, csv_whole
from trainautod.lineage.drift import DriftSource

MIB = 1 << 20
LARGEST_WHOLE = 8 * MIB  # bytes of a file that is one report
LARGEST = 64 * MIB  # of one that holds many: half a million lines of a few scores each
CHUNK = 2 * MIB  # bytes that are read on at once, and the longest line
MOST_LINES = 500  # of one transaction, so that the store answers others in between
UNFINISHED = ""  # in place of the digest of content of which only a part is recorded
PARQUET_S = 30.0
REFUSED = 2  # how the reader of parquet files ends when one is damaged
_EDGE = b"PAR1"  # a parquet file begins and ends so


@dataclass(frozen=True, slots=True)
class Line:
    """A line, a row, or a whole file that is one report.

    Attributes:
        number: of the line in its file, from 1.
        end: where it ends: bytes from the beginning of the file, or its number.
        digest: of its bytes.
        report: what it says; None when it is refused.
        reason: why it is refused.
    """

    number: int
    end: int
    digest: str
    report: Report | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a look at a file gave.

    Attributes:
        position: how far it is judged now; see ``DriftSource``.
        digest: of the content up to there.
        lines: what is to be judged, in order.
        whole: the file is one report.
        anew: what was judged before is not there any more.
        extent: the position at which the file ends.
        more: there is more to be read at once.
        growing: the rest may still be being written.
        open_ended: more rows would change what is read, so that it must have stood still.
        passing: another look may find otherwise, although the file stays as it is.
        trouble: what is wrong with the file, or with its rest, once it stood still.
        content: names the content that has the trouble.
    """

    position: int
    digest: str | None
    lines: tuple[Line, ...] = ()
    whole: bool = False
    anew: bool = False
    extent: int = 0
    more: bool = False
    growing: bool = False
    open_ended: bool = False
    passing: bool = False
    trouble: str | None = None
    content: str = ""


Reader = Callable[[BinaryIO, DriftSource], Reading]


class _ReaderDied(Exception):
    """The reader of parquet files ended without an answer; try again."""


def is_report_file(path: str) -> bool:
    """Tell whether a file's name says that it holds reports."""
    return PurePath(path).suffix.lower() in _READERS


def read(judged: DriftSource, still: bool) -> Reading:
    """Read a drift file on from where it was judged.

    Args:
        judged: the file as far as it was judged.
        still: it stood still, so that what is wrong with it is not just unfinished.

    Raises:
        FileNotFoundError: it is gone.
    """
    try:
        found = _read(judged)
    except ReportRefused as error:
        found = _unusable(judged, error.message)
    except FileNotFoundError:
        raise
    except OSError as error:
        found = replace(_unusable(judged, f"it cannot be read: {error.strerror}"), passing=True)
    except _ReaderDied as error:
        found = replace(_unusable(judged, str(error)), passing=True)
    if found.open_ended and not still:
        return _unchanged(judged, growing=True)
    if found.trouble is not None and not still:
        return replace(found, trouble=None, growing=True)
    return found


def parts(reading: Reading) -> Iterator[Reading]:
    """Yield a reading in parts of ``MOST_LINES`` lines, each of them for one transaction.

    Only the last names the content, the others have ``UNFINISHED`` there: after a crash before it
    the file is read again, and what was recorded of it is found again.
    """
    rest, anew = reading.lines, reading.anew
    while len(rest) > MOST_LINES:
        lines, rest = rest[:MOST_LINES], rest[MOST_LINES:]
        at = lines[-1].end
        yield replace(reading, position=at, digest=UNFINISHED, lines=lines, anew=anew, more=True)
        anew = False
    yield replace(reading, lines=rest, anew=anew)


def _read(judged: DriftSource) -> Reading:
    reader = _READERS.get(PurePath(judged.path).suffix.lower())
    if reader is None:
        raise ReportRefused(f"its name ends in none of {', '.join(_READERS)}")
    with open(judged.path, "rb", opener=_open_at_once) as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise ReportRefused("it is no regular file")
        if before.st_size == 0:
            raise ReportRefused("it is empty")
        found = reader(file, judged)
        if StatIdentity.of(os.fstat(file.fileno())) != StatIdentity.of(before):
            return _unchanged(judged, growing=True)
        return found


def _json(file: BinaryIO, judged: DriftSource) -> Reading:
    data = _content(file)
    digest = _digest(data)
    try:
        line = Line(1, 1, digest, parse_json(data))
    except ReportRefused as error:
        return _unusable(judged, error.message, digest)
    return Reading(1, digest, (line,), whole=True, extent=1)


def _jsonl(file: BinaryIO, judged: DriftSource) -> Reading:
    return _on(file, judged, parse_json)


def _csv(file: BinaryIO, judged: DriftSource) -> Reading:
    first = file.readline(CHUNK)
    if not first.endswith(b"\n"):
        file.seek(0)
        return _unusable(judged, _unended(1, len(first)), _digest(_content(file)))
    try:
        header = csv_header(first.rstrip(b"\r\n"))
    except ReportRefused as error:
        return _unusable(judged, f"line 1: {error.message}", _digest(first))
    file.seek(0)
    if header.is_long:
        return _long_csv(file, judged, header)
    return _on(file, judged, lambda line: header.report(csv_cells(line)), headed=True)


def _long_csv(file: BinaryIO, judged: DriftSource, header: Header) -> Reading:
    data = _content(file)
    digest = _digest(data)
    *lines, rest = data.split(b"\n")
    if rest.strip():
        return _unusable(judged, _unended(len(lines) + 1, len(rest)), digest)
    rows = ((n, line.rstrip(b"\r")) for n, line in enumerate(lines[1:], 2) if line.strip())
    try:
        line = Line(1, 1, digest, csv_whole(header, rows))
    except ReportRefused as error:
        return _unusable(judged, error.message, digest)
    return Reading(1, digest, (line,), whole=True, extent=1, open_ended=True)


def _parquet(file: BinaryIO, judged: DriftSource) -> Reading:
    digest = _digest_of(file)
    if digest == judged.digest:
        return _unchanged(judged)
    try:
        rows = list(_rows(file))
        header = Header.of(json.loads(rows[0]))
        lines = _parquet_lines(header, rows[1:])
    except ReportRefused as error:
        return _unusable(judged, error.message, digest)
    anew, end = judged.position > 0, len(lines)
    return Reading(end, digest, lines, whole=header.is_long, anew=anew, extent=end)


def _parquet_lines(header: Header, rows: list[bytes]) -> tuple[Line, ...]:
    if header.is_long:
        report = header.whole(json.loads(row) for row in rows)
        return (Line(1, 1, _digest(b"\n".join(rows)), report),)
    parse = lambda row: header.report(json.loads(row))  # noqa: E731
    return tuple(_line(number, number, row, parse, "row") for number, row in enumerate(rows, 1))


def _rows(file: BinaryIO) -> Iterator[bytes]:
    """Yield the columns and the rows of a parquet file, read by a process of its own."""
    file.seek(0)
    head = file.read(len(_EDGE))
    file.seek(-len(_EDGE), os.SEEK_END)
    if head != _EDGE or file.read() != _EDGE:
        raise ReportRefused("it is no parquet file, or is cut off")
    file.seek(0)
    command = [sys.executable, "-P", "-m", "trainautod.drift.parquet"]
    try:
        done = subprocess.run(
            command, stdin=file, capture_output=True, timeout=PARQUET_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise ReportRefused(f"it could not be read within {PARQUET_S:g} s") from None
    told = (done.stderr.decode("utf-8", "replace").strip() or "no word").splitlines()[-1]
    if done.returncode not in (0, REFUSED):
        raise _ReaderDied(f"its reader ended with {done.returncode}: {told}")
    if done.returncode == REFUSED:
        raise ReportRefused(f"it is no parquet file that can be read: {told}")
    yield from done.stdout.splitlines()


def _on(
    file: BinaryIO, judged: DriftSource, parse: Callable[[bytes], Report], *, headed: bool = False
) -> Reading:
    """Read on after the lines that were judged; from the beginning where those are gone."""
    size = os.fstat(file.fileno()).st_size
    if size > LARGEST:
        raise ReportRefused(f"it is larger than {LARGEST // MIB} MiB; begin a new file")
    hasher, number = blake3(), 0
    position = judged.position
    for piece in _pieces(file, position):
        hasher.update(piece)
        number += piece.count(b"\n")
    anew = position > 0 and (file.tell() != position or hasher.hexdigest() != judged.digest)
    if anew:
        hasher, number, position = blake3(), 0, 0
        file.seek(0)
    chunk = file.read(CHUNK)
    *whole, rest = chunk.split(b"\n")
    lines: list[Line] = []
    for raw in whole[:MOST_LINES]:
        number, position = number + 1, position + len(raw) + 1
        hasher.update(raw + b"\n")
        if raw.strip() and not (headed and number == 1):
            lines.append(_line(number, position, raw, parse, "line"))
    found = Reading(position, hasher.hexdigest(), tuple(lines), anew=anew, extent=size)
    if whole and (len(whole) > MOST_LINES or len(chunk) == CHUNK):
        return replace(found, more=True)
    if rest.strip():
        hasher.update(rest)
        told = _unended(number + 1, len(rest))
        return replace(found, trouble=told, content=hasher.hexdigest())
    return found


def _line(number: int, end: int, raw: bytes, parse: Callable[[bytes], Report], what: str) -> Line:
    digest = _digest(raw)
    try:
        return Line(number, end, digest, parse(raw.rstrip(b"\r")))
    except ReportRefused as error:
        return Line(number, end, digest, reason=f"{what} {number}: {error.message}")


def _unended(number: int, size: int) -> str:
    if size >= CHUNK:
        return f"line {number} is longer than {CHUNK // MIB} MiB"
    return f"line {number} does not end: it may be cut off; end it with a newline"


def _unusable(judged: DriftSource, trouble: str, content: str = "") -> Reading:
    found = _unchanged(judged)
    return replace(found, trouble=trouble, content=content or _digest(trouble.encode()))


def _unchanged(judged: DriftSource, growing: bool = False) -> Reading:
    return Reading(judged.position, judged.digest, growing=growing)


def _content(file: BinaryIO) -> bytes:
    data = file.read(LARGEST_WHOLE + 1)
    if len(data) > LARGEST_WHOLE:
        raise ReportRefused(f"it is larger than {LARGEST_WHOLE // MIB} MiB")
    return data


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the first ``size`` bytes of a file, or what there is of them."""
    while size > 0 and (piece := file.read(min(size, MIB))):
        size -= len(piece)
        yield piece


def _digest_of(file: BinaryIO) -> str:
    size = os.fstat(file.fileno()).st_size
    if size > LARGEST:
        raise ReportRefused(f"it is larger than {LARGEST // MIB} MiB")
    hasher = blake3()
    for piece in _pieces(file, size):
        hasher.update(piece)
    return hasher.hexdigest()


def _digest(data: bytes) -> str:
    return blake3(data).hexdigest()


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would wait for a writer


_READERS: dict[str, Reader] = {
    ".json": _json,
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".csv": _csv,
    ".parquet": _parquet,
}
