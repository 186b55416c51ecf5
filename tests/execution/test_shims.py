"""Shims are used again, and that shows nowhere but in the time it takes."""

import asyncio
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from trainautod.execution import shims
from trainautod.execution.attempt import Claim, ExitRecord
from trainautod.execution.errors import ForkServerFailed, LaunchFailed
from trainautod.execution.local import LocalExecutor
from trainautod.execution.shim import identity

from .conftest import Lab, read_log, until_async


async def run_one(executor: LocalExecutor, lab: Lab, command: str) -> tuple[Claim, ExitRecord]:
    directory, spec = lab.attempt(command)
    claim = await executor.launch(directory, spec)
    return claim, await executor.wait(directory)


def children(pid: int | None) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def test_attempts_one_after_another_share_a_shim_but_no_figures(lab: Lab) -> None:
    async def story(executor: LocalExecutor) -> list[tuple[Claim, ExitRecord]]:
        big = "exec python3 -S -c 'x = b\"x\" * (100 << 20)'"
        return [await run_one(executor, lab, command) for command in (big, "kill -9 $$", "exit 3")]

    (first, big), (second, killed), (third, small) = lab.do(story)
    assert first.pid == second.pid == third.pid
    assert len({first.token, second.token, third.token}) == 3
    assert (big.exit_code, killed.signal, small.exit_code) == (0, 9, 3)
    assert big.peak_memory_bytes > 100 << 20 > small.peak_memory_bytes
    assert small.cpu_s < big.cpu_s
    assert small.log_bytes == 0


def test_only_a_few_shims_are_kept(lab: Lab) -> None:
    async def story(executor: LocalExecutor) -> None:
        await asyncio.gather(*(run_one(executor, lab, "sleep 0.2") for _ in range(20)))
        server = executor.fork_server_pid
        await until_async(lambda: len(children(server)) <= shims.FREE_MOST)
        _, record = await run_one(executor, lab, "exit 4")
        assert record.exit_code == 4

    lab.do(story)


def test_shims_that_nobody_needs_go_home(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shims, "FREE_FOR_S", 0.1)

    async def story(executor: LocalExecutor) -> None:
        first, _ = await run_one(executor, lab, "true")
        await until_async(lambda: children(executor.fork_server_pid) == [])
        second, _ = await run_one(executor, lab, "true")
        assert first.pid != second.pid

    lab.do(story)


def test_free_shims_end_with_their_executor(lab: Lab) -> None:
    claim, _ = lab.do(lambda executor: run_one(executor, lab, "true"))

    async def gone(executor: LocalExecutor) -> None:
        await until_async(lambda: identity.started_ticks(claim.pid) is None)

    lab.do(gone)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_free_shim_that_is_killed_is_not_missed(lab: Lab, number: int) -> None:
    async def story(executor: LocalExecutor) -> None:
        first, _ = await run_one(executor, lab, "true")
        os.kill(first.pid, number)
        async with asyncio.timeout(5):
            second, record = await run_one(executor, lab, "exit 6")
        assert (second.pid != first.pid, record.exit_code) == (True, 6)

    lab.do(story)


def test_a_late_stop_does_not_reach_the_next_attempt_of_the_shim(lab: Lab) -> None:
    async def story(executor: LocalExecutor) -> ExitRecord:
        first, _ = await run_one(executor, lab, "true")
        directory, spec = lab.attempt("echo up; while [ ! -e go ]; do sleep 0.02; done; exit 5")
        assert (await executor.launch(directory, spec)).pid == first.pid
        await until_async(lambda: read_log(directory))
        os.kill(first.pid, signal.SIGUSR1)  # what stop() of the first would have sent
        await asyncio.sleep(0.1)
        (directory / "sandbox/go").touch()
        return await executor.wait(directory)

    record = lab.do(story)
    assert (record.cause, record.exit_code) == ("exited", 5)


def test_a_free_shim_lets_go_of_the_last_sandbox(lab: Lab) -> None:
    async def story(executor: LocalExecutor) -> None:
        claim, _ = await run_one(executor, lab, "true")
        await until_async(lambda: os.readlink(f"/proc/{claim.pid}/cwd") == "/")
        assert len(os.listdir(f"/proc/{claim.pid}/fd")) == 6

    lab.do(story)


def test_an_interpreter_that_does_not_start_is_a_clear_error(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory, spec = lab.attempt("true")
    for broken in ("/bin/false", "/no/such/python"):
        monkeypatch.setattr("sys.executable", broken)
        with pytest.raises(ForkServerFailed, match="fork server does not start"):
            lab.do(lambda executor: executor.launch(directory, spec))


def test_closing_fails_the_launches_under_way(lab: Lab) -> None:
    attempts = [lab.attempt("true") for _ in range(10)]

    async def story(executor: LocalExecutor) -> list[Claim | BaseException]:
        await executor.start()
        launches = asyncio.gather(
            *(executor.launch(*attempt) for attempt in attempts), return_exceptions=True
        )
        await asyncio.sleep(0)
        await executor.close()
        assert executor.fork_server_pid is None
        return await launches

    outcomes = lab.do(story)
    assert outcomes
    assert all(isinstance(outcome, Claim | LaunchFailed) for outcome in outcomes)


def test_closing_takes_no_thread_of_those_that_are_busy(lab: Lab) -> None:
    async def story(executor: LocalExecutor) -> None:
        await executor.start()
        server = executor.fork_server_pid
        assert server is not None
        loop, free = asyncio.get_running_loop(), threading.Event()
        loop.set_default_executor(ThreadPoolExecutor(1))
        busy = loop.run_in_executor(None, free.wait)
        try:
            async with asyncio.timeout(10):
                await executor.close()
        finally:
            free.set()
            await busy
        assert identity.started_ticks(server) is None

    lab.do(story)
