"""A disk without room stops neither a command nor the truth about it."""

import asyncio
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from trainautod.execution.attempt import ExitRecord
from trainautod.execution.local import LocalExecutor

from .conftest import Lab, read_log, until_async

IN_A_SMALL_DISK = """
import asyncio, os, sys
from pathlib import Path
from trainautod.execution.attempt import AttemptSpec
from trainautod.execution.local import LocalExecutor

disk = Path(sys.argv[1])
attempt = disk / "attempt"
attempt.mkdir()
(disk / "ballast").write_bytes(bytes(64 << 10))
spec = AttemptSpec("run", "step", 1, "token", ("/bin/sh", "-c", "yes | head -c 1000000"),
                   str(disk), {"PATH": os.defpath}, log_head_bytes=1 << 20)

async def main():
    executor = LocalExecutor()
    await executor.launch(attempt, spec)
    try:
        async with asyncio.timeout(0.5):
            await executor.wait(attempt)
    except TimeoutError:
        assert executor.inspect(attempt) == "alive"
        (disk / "ballast").unlink()
    record = await executor.wait(attempt)
    kept = sum(path.stat().st_size for path in (attempt / "log").glob("*.seg"))
    assert (record.cause, record.exit_code, record.log_bytes) == ("exited", 0, 1_000_000), record
    assert 100_000 < kept == record.log_bytes - record.log_dropped_bytes < 256 << 10, kept
    await executor.close()

asyncio.run(main())
"""


def limit_files(pid: int, size: int) -> None:
    """Make every write of a process beyond that size of a file fail."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def test_a_record_waits_for_room_and_lost_output_is_counted(lab: Lab) -> None:
    directory, spec = lab.attempt(
        "echo before; while [ ! -e go ]; do sleep 0.02; done; echo after; exit 7"
    )

    async def story(executor: LocalExecutor) -> ExitRecord:
        claim = await executor.launch(directory, spec)
        await until_async(lambda: read_log(directory) == b"before\n")
        limit_files(claim.pid, 0)
        (directory / "sandbox/go").touch()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await executor.wait(directory)
        assert executor.inspect(directory) == "alive"
        limit_files(claim.pid, resource.RLIM_INFINITY)
        return await executor.wait(directory)

    record = lab.do(story)
    assert (record.exit_code, record.log_bytes, record.log_dropped_bytes) == (7, 13, 6)
    assert read_log(directory) == b"before\n"
    assert not list(directory.glob("exit.json.*"))


def test_a_disk_that_fills_up_with_the_log_does_not_lose_the_record(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    enter = ("unshare", "-Urm", "sh", "-c")
    mount = f"mount -t tmpfs -o size=256k tmpfs '{disk}'"
    if not shutil.which("unshare") or subprocess.run((*enter, mount), check=False).returncode:
        pytest.skip("this system lets nobody mount in a namespace of its own")
    story = tmp_path / "story.py"
    story.write_text(IN_A_SMALL_DISK)
    run = f"{mount} && '{sys.executable}' '{story}' '{disk}'"
    subprocess.run((*enter, run), check=True, timeout=30)
