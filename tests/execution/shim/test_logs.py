"""What is kept of a command's output."""

import asyncio
import os
import random
import sys
import time
from pathlib import Path

import pytest

from trainautod.execution.attempt import ExitRecord
from trainautod.execution.local import LocalExecutor
from trainautod.execution.log import LogReader
from trainautod.execution.shim.logs import LogWriter

from ..conftest import Lab, read_log, until_async


def kept_bytes(directory: Path) -> int:
    return sum(path.stat().st_size for path in (directory / "log").glob("*.seg"))


def test_a_silent_command_makes_no_log(lab: Lab) -> None:
    record, log, directory = lab.run("true")
    assert (record.log_bytes, record.log_dropped_bytes, log) == (0, 0, b"")
    assert not (directory / "log").exists()


def test_both_streams_are_kept_in_order(lab: Lab) -> None:
    _, log, _ = lab.run("echo 1; echo 2 >&2; echo 3")
    assert log == b"1\n2\n3\n"


def test_bytes_are_kept_as_they_are(lab: Lab) -> None:
    program = "import os; os.write(1, bytes(range(256)) * 16)"
    record, log, _ = lab.run(f"{sys.executable} -S -c '{program}'")
    assert log == bytes(range(256)) * 16
    assert record.log_bytes == 4096


def test_a_line_of_a_megabyte_without_an_end_is_kept(lab: Lab) -> None:
    record, log, _ = lab.run("head -c 1048576 /dev/zero | tr '\\0' x")
    assert log == b"x" * 1048576
    assert record.log_dropped_bytes == 0


def test_a_flood_keeps_its_head_and_tail_and_counts_the_rest(lab: Lab) -> None:
    size, period = 100_000_000, b"0123456789abcde\n"
    record, _, directory = lab.run(
        f"yes 0123456789abcde | head -c {size}", log_head_bytes=1 << 20, log_tail_bytes=4 << 20
    )
    assert record.exit_code == 0
    assert record.log_bytes == size
    assert kept_bytes(directory) == size - record.log_dropped_bytes
    assert 4 << 20 < kept_bytes(directory) <= 5 << 20
    reader = LogReader(directory / "log")
    head, tail = reader.read(0, 1 << 30), reader.read(-1000, 1 << 30)
    assert head.data == period * (head.end // 16) == period * ((1 << 20) // 16)
    assert (tail.end, tail.size, tail.dropped) == (size, size, record.log_dropped_bytes)
    assert tail.data == (period * 64)[tail.start % 16 :][:1000]
    assert (directory / "log/index").stat().st_size < 16 * 10 * (record.duration_s + 2)


def test_a_live_log_can_be_followed(lab: Lab) -> None:
    directory, spec = lab.attempt("echo a; while [ ! -e go ]; do sleep 0.02; done; echo b")

    async def story(executor: LocalExecutor) -> ExitRecord:
        await executor.launch(directory, spec)
        await until_async(lambda: read_log(directory) == b"a\n")
        (directory / "sandbox/go").touch()
        return await executor.wait(directory)

    lab.do(story)
    assert LogReader(directory / "log").read(2).data == b"b\n"


def test_output_that_comes_in_drops_is_gathered_but_not_held_back(lab: Lab) -> None:
    program = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo $i; done"
    record, log, _ = lab.run(program)
    assert log == b"".join(b"%d\n" % number for number in range(1, 3001))
    assert record.exit_code == 0


def test_a_command_that_closes_its_output_runs_on_at_rest(lab: Lab) -> None:
    record, log, _ = lab.run("echo x; exec >/dev/null 2>&1; sleep 0.3; exit 4")
    assert (record.exit_code, log) == (4, b"x\n")
    assert record.cpu_s < 0.2


@pytest.mark.parametrize(("head", "tail"), [(0, 0), (10, 0), (0, 900), (7, 64), (100, 9000)])
def test_any_caps_hold_at_every_moment(tmp_path: Path, head: int, tail: int) -> None:
    rng = random.Random(head * 31 + tail)
    writer = LogWriter(str(tmp_path / "log"), head, tail)
    reader, whole = LogReader(tmp_path / "log"), b""
    for number in range(60):
        part = rng.randbytes(rng.choice((1, 5, 300, 5000)))
        writer.write(part, number)
        whole += part
        kept = sum(path.stat().st_size for path in (tmp_path / "log").glob("*.seg"))
        assert kept == writer.kept <= head + tail
        assert writer.size == len(whole)
    writer.close()
    assert writer.dropped == len(whole) - writer.kept
    offset = 0
    while (part_read := reader.read(offset, 777)).data:
        assert part_read.data == whole[part_read.start : part_read.end]
        offset = part_read.end
    assert head == 0 or reader.read(0, head).data == whole[:head]
    assert tail == 0 or part_read.size == len(whole)


def test_the_index_stays_small_however_long_the_log_lasts(tmp_path: Path) -> None:
    writer = LogWriter(str(tmp_path / "log"), 1 << 20, 1 << 20)
    for second in range(0, 30 * 86400, 30):
        writer.write(b"x", 1_700_000_000_000 + second * 1000)
    writer.close()
    assert (tmp_path / "log/index").stat().st_size < 2_000_000


def test_a_disk_that_refuses_bytes_drops_them_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = LogWriter(str(tmp_path / "log"), 1 << 20, 1 << 20)
    writer.write(b"before ", 1)
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    writer.write(b"lost", 2)
    writer.write(b"also lost", 3)
    monkeypatch.setattr(os, "write", real)
    time.sleep(0.11)  # the pause before the disk is asked again
    writer.write(b"after", 4)
    writer.close()
    assert (writer.size, writer.dropped) == (25, 13)
    reader = LogReader(tmp_path / "log")
    first = reader.read(0)
    second = reader.read(first.end)
    assert (first.data, second.data) == (b"before ", b"after")
    assert (second.start, second.end, second.dropped) == (20, 25, 13)


def test_two_readers_of_a_flood_never_see_wrong_bytes(lab: Lab) -> None:
    directory, spec = lab.attempt(
        "yes 0123456789abcde | head -c 10000000", log_head_bytes=65536, log_tail_bytes=65536
    )

    async def follow() -> int:
        reader, offset, seen = LogReader(directory / "log"), 0, 0
        while not (directory / "exit.json").exists():
            part = reader.read(offset)
            offset, seen = part.end, seen + len(part.data)
            expected = b"0123456789abcde\n" * (len(part.data) // 16 + 2)
            assert part.data == expected[part.start % 16 :][: len(part.data)]
            await asyncio.sleep(0)
        return seen

    async def story(executor: LocalExecutor) -> tuple[int, int]:
        await executor.launch(directory, spec)
        return await asyncio.gather(follow(), follow())

    assert min(lab.do(story)) > 0
