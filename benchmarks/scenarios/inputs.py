"""Large declared inputs: what it takes to know their content."""

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from blake3 import blake3

from benchmarks.contest import Contest
from benchmarks.daemon import Daemon, serving
from benchmarks.measure import Figures, wall_s
from benchmarks.scenario import Context
from benchmarks.table import Table

FIRST, AGAIN, TOUCHED = "first run (ms)", "no-op re-run (ms)", "after touch (ms)"
REREAD = "read by the no-op re-run (MB)"
OURS = "trainauto"
MD5 = "md5, 1 thread"
FILES = 20
FILE_BYTES, QUICK_FILE_BYTES = 100_000_000, 1_000_000
PIECE = 1 << 20
SETTLE_S = 0.1  # a file changed just now is not trusted; real data is older than that
ROUNDS = 5
REMARK = "After a touch the bytes are read again, and the step's result is reused all the same."
GOALS = {FIRST: 400.0, AGAIN: 50.0, REREAD: 1.0}

PIPELINE = """\
name: inputs
steps:
  - {id: use, run: 'true', inputs: [data]}
"""


def measure(context: Context) -> Table:
    """Digest two gigabytes in twenty files for the first time, again, and after a touch."""
    folder = context.workspace.folder("inputs")
    files = _write(folder / "data", context.size(FILE_BYTES, QUICK_FILE_BYTES))
    pipeline = folder / "inputs.yaml"
    pipeline.write_text(PIPELINE)
    cores = os.cpu_count() or 1
    contest = Contest(
        ours={OURS: partial(_ours, context, pipeline, files)},
        limits={
            "plain read, 1 thread": partial(_limit, _read, files, 1),
            "plain read, a thread per core": partial(_limit, _read, files, cores),
            "blake3, 1 thread": partial(_limit, _blake3, files, 1),
            "blake3, a thread per core": partial(_limit, _blake3, files, cores),
            MD5: partial(_limit, _md5, files, 1),
        },
        notes={
            OURS: "request to end, the step's process included",
            MD5: "what DVC and doit must at least do",
        },
        goals={OURS: GOALS},
    )
    rows = contest.rows(context.rounds(ROUNDS))
    total = sum(path.stat().st_size for path in files) / 1e9
    title = f"{total:g} GB of input in {len(files)} files, in the page cache"
    return Table(title, (FIRST, AGAIN, TOUCHED, REREAD), rows, (REMARK,))


def _write(folder: Path, size: int) -> list[Path]:
    folder.mkdir()
    files = [folder / f"part-{number:02}.bin" for number in range(FILES)]
    for path in files:
        path.write_bytes(os.urandom(size))
    os.sync()
    return files


def _ours(context: Context, pipeline: Path, files: Sequence[Path]) -> Figures:
    time.sleep(SETTLE_S)
    with serving(context.workspace.folder("h")) as daemon:
        figures = {FIRST: _run_ms(daemon, pipeline)}
        before = daemon.bytes_read()
        figures[AGAIN] = _run_ms(daemon, pipeline)
        figures[REREAD] = (daemon.bytes_read() - before) / 1e6
        for path in files:
            path.touch()
        time.sleep(SETTLE_S)
        figures[TOUCHED] = _run_ms(daemon, pipeline)
    return figures


def _run_ms(daemon: Daemon, pipeline: Path) -> float:
    return wall_s(lambda: daemon.follow(pipeline)) * 1000


def _limit(digest: Callable[[Path], object], files: Sequence[Path], threads: int) -> Figures:
    with ThreadPoolExecutor(threads) as pool:
        return {FIRST: wall_s(lambda: list(pool.map(digest, files))) * 1000}


def _read(path: Path) -> None:
    buffer = bytearray(PIECE)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def _blake3(path: Path) -> bytes:
    return blake3().update_mmap(path).digest()


def _md5(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "md5").digest()
