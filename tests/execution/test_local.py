"""Launch, adopt, wait, stop: the life of an attempt as the daemon sees it."""

import asyncio
import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.descriptors import descriptors_left
from trainautod.execution import local
from trainautod.execution.attempt import AttemptSpec, Claim, ExitRecord
from trainautod.execution.errors import LaunchFailed, NotLaunched
from trainautod.execution.local import LocalExecutor
from trainautod.execution.shim import failpoints, identity

from .conftest import Lab, read_log, tagged, until, until_async


def shim_of(owner: subprocess.Popen[str]) -> int:
    """Return the pid that an owner prints once it has launched."""
    assert owner.stdout is not None
    return int(owner.stdout.readline())


def claim_of(directory: Path) -> Claim:
    return Claim.from_json((directory / "claim.json").read_text())


def test_a_launch_claims_the_directory_and_the_record_follows(lab: Lab) -> None:
    directory, spec = lab.attempt("echo hello; exit 3")

    async def story(executor: LocalExecutor) -> ExitRecord:
        assert executor.inspect(directory) == "unclaimed"
        claim = await executor.launch(directory, spec)
        assert claim == claim_of(directory)
        assert claim.token == spec.token
        record = await executor.wait(directory)
        assert executor.inspect(directory) == "exited"
        assert await executor.wait(directory) == record
        return record

    record = lab.do(story)
    assert (record.cause, record.exit_code, record.signal) == ("exited", 3, None)
    assert read_log(directory) == b"hello\n"


def test_two_launches_of_one_directory_run_it_once(lab: Lab) -> None:
    directory, spec = lab.attempt("echo once >> ../ledger")

    async def story(executor: LocalExecutor) -> None:
        other = LocalExecutor()
        claims = await asyncio.gather(
            *(launcher.launch(directory, spec) for launcher in (executor, other, executor))
        )
        assert len(set(claims)) == 1
        await asyncio.gather(executor.wait(directory), other.wait(directory))
        assert await other.launch(directory, spec) == claims[0]
        await other.close()

    lab.do(story)
    assert (directory / "ledger").read_text() == "once\n"


def test_a_hundred_attempts_run_in_parallel(lab: Lab) -> None:
    attempts = [lab.attempt(f"sleep 0.2; exit {number}") for number in range(100)]

    async def one(executor: LocalExecutor, directory: Path, spec: AttemptSpec) -> int | None:
        await executor.launch(directory, spec)
        return (await executor.wait(directory)).exit_code

    async def story(executor: LocalExecutor) -> list[int | None]:
        return await asyncio.gather(*(one(executor, *attempt) for attempt in attempts))

    assert lab.do(story) == list(range(100))


def test_attempts_outlive_a_killed_owner_and_keep_their_pid(lab: Lab) -> None:
    directory, spec = lab.attempt(
        "echo $$ > pid; while [ ! -e go ]; do sleep 0.02; done; echo $$ >> pid; exit 7"
    )
    shim = shim_of(lab.own(directory, spec))
    until(lambda: (directory / "sandbox/pid").exists())
    lab.kill_owners()

    async def story(executor: LocalExecutor) -> ExitRecord:
        assert executor.inspect(directory) == "alive"
        assert (await executor.launch(directory, spec)).pid == shim
        (directory / "sandbox/go").touch()
        return await executor.wait(directory)

    record = lab.do(story)
    assert (record.cause, record.exit_code) == ("exited", 7)
    first, second = (directory / "sandbox/pid").read_text().split()
    assert first == second


def test_an_attempt_that_ended_while_nobody_watched_is_read_back(lab: Lab) -> None:
    directory, spec = lab.attempt("sleep 0.3; exit 5")
    shim_of(lab.own(directory, spec))
    lab.kill_owners()
    until(lambda: (directory / "exit.json").exists())
    record = lab.do(lambda executor: executor.wait(directory))
    assert record.exit_code == 5


def test_an_adopted_attempt_can_be_stopped(lab: Lab) -> None:
    directory, spec = lab.attempt("sleep 60")
    shim_of(lab.own(directory, spec))
    lab.kill_owners()

    async def story(executor: LocalExecutor) -> ExitRecord:
        await executor.stop(directory)
        return await executor.wait(directory)

    assert lab.do(story).cause == "stopped"


def test_a_closed_executor_leaves_its_attempts_running(lab: Lab) -> None:
    directory, spec = lab.attempt("while [ ! -e go ]; do sleep 0.02; done; exit 4")
    lab.do(lambda executor: executor.launch(directory, spec))
    (directory / "sandbox/go").touch()
    assert lab.do(lambda executor: executor.wait(directory)).exit_code == 4


def test_a_killed_shim_is_lost_and_its_processes_are_ended(lab: Lab) -> None:
    directory, spec = lab.attempt(
        "setsid sleep 60 & (trap '' TERM; sleep 61; :) & env -i sleep 62 & echo $!; wait"
    )

    async def story(executor: LocalExecutor) -> ExitRecord:
        claim = await executor.launch(directory, spec)
        await until_async(lambda: len(tagged(spec.token)) == 4 and read_log(directory))
        os.kill(claim.pid, signal.SIGKILL)
        await until_async(lambda: executor.inspect(directory) == "lost")
        first, second = await asyncio.gather(executor.wait(directory), executor.wait(directory))
        assert first == second
        assert executor.inspect(directory) == "exited"
        return first

    record = lab.do(story)
    assert (record.cause, record.exit_code) == ("lost", None)
    assert record.log_bytes == len(read_log(directory))
    assert "killed" in record.message
    assert (
        identity.started_ticks(int(read_log(directory))) is None
    )  # not tagged, but of its session
    assert tagged(spec.token) == []
    assert lab.do(lambda executor: executor.wait(directory)) == record


@pytest.mark.parametrize("claim", ['{"boot_id": "other", "pid": 1, "started_ticks": 1}', "", None])
def test_an_attempt_of_an_earlier_boot_is_lost_and_kills_nobody(
    lab: Lab, claim: str | None
) -> None:
    directory, spec = lab.attempt("true")
    before = Claim("another-boot", os.getpid(), identity.started_ticks(os.getpid()) or 0, "t")
    (directory / "claim.json").write_text(before.to_json() if claim is None else claim)

    async def story(executor: LocalExecutor) -> ExitRecord:
        assert executor.inspect(directory) == "lost"
        await executor.launch(directory, spec)
        await executor.stop(directory)
        return await executor.wait(directory)

    record = lab.do(story)
    assert record.cause == "lost"
    assert "restarted" in record.message


def test_a_reused_pid_is_not_taken_for_the_shim(lab: Lab) -> None:
    directory, _ = lab.attempt("true")
    claim = Claim(identity.boot_id(), os.getpid(), 1, lab.tokens[-1])
    (directory / "claim.json").write_text(claim.to_json())

    async def story(executor: LocalExecutor) -> ExitRecord:
        await executor.stop(directory)
        return await executor.wait(directory)

    assert lab.do(story).cause == "lost"


def test_a_killed_fork_server_is_replaced_at_the_next_launch(lab: Lab) -> None:
    first, first_spec = lab.attempt("while [ ! -e go ]; do sleep 0.02; done; exit 2")
    second, second_spec = lab.attempt("exit 3")

    async def story(executor: LocalExecutor) -> tuple[int | None, int | None]:
        await executor.launch(first, first_spec)
        server = executor.fork_server_pid
        assert server is not None
        os.kill(server, signal.SIGKILL)
        await executor.launch(second, second_spec)
        assert executor.fork_server_pid != server
        (first / "sandbox/go").touch()
        return (await executor.wait(first)).exit_code, (await executor.wait(second)).exit_code

    assert lab.do(story) == (2, 3)


def test_launches_under_way_survive_the_death_of_the_fork_server(lab: Lab) -> None:
    attempts = [lab.attempt("echo ran >> ../ledger") for _ in range(20)]

    async def story(executor: LocalExecutor) -> None:
        await executor.start()
        launches = asyncio.gather(*(executor.launch(*attempt) for attempt in attempts))
        await asyncio.sleep(0.005)
        os.kill(executor.fork_server_pid or 0, signal.SIGKILL)
        await launches
        await asyncio.gather(*(executor.wait(directory) for directory, _ in attempts))

    lab.do(story)
    assert {(directory / "ledger").read_text() for directory, _ in attempts} == {"ran\n"}


def test_the_fork_server_ends_with_its_owner(lab: Lab) -> None:
    directory, spec = lab.attempt("sleep 30")

    async def story(executor: LocalExecutor) -> int:
        await executor.launch(directory, spec)
        assert executor.fork_server_pid is not None
        return executor.fork_server_pid

    server = lab.do(story)
    assert identity.started_ticks(server) is None
    assert until(lambda: tagged(spec.token))


def test_a_stop_before_the_launch_keeps_the_command_from_starting(lab: Lab) -> None:
    directory, spec = lab.attempt("touch ran")

    async def story(executor: LocalExecutor) -> ExitRecord:
        await executor.stop(directory)
        assert executor.inspect(directory) == "unclaimed"
        await executor.launch(directory, spec)
        return await executor.wait(directory)

    record = lab.do(story)
    assert (record.cause, record.exit_code) == ("stopped", None)
    assert not (directory / "sandbox/ran").exists()


def test_stopping_is_idempotent_and_harmless_after_the_end(lab: Lab) -> None:
    directory, spec = lab.attempt("trap 'exit 9' TERM; echo up; while :; do sleep 0.02; done")

    async def story(executor: LocalExecutor) -> ExitRecord:
        await executor.launch(directory, spec)
        await until_async(lambda: read_log(directory))
        await asyncio.gather(executor.stop(directory), executor.stop(directory))
        record = await executor.wait(directory)
        await executor.stop(directory)
        return record

    record = lab.do(story)
    assert (record.cause, record.exit_code) == ("stopped", 9)
    assert (directory / "stop").exists()


def test_waiting_for_what_was_never_launched_is_an_error(lab: Lab) -> None:
    directory, _ = lab.attempt("true")
    with pytest.raises(NotLaunched, match="launch it first"):
        lab.do(lambda executor: executor.wait(directory))


def test_a_cancelled_wait_can_be_taken_up_again(lab: Lab) -> None:
    directory, spec = lab.attempt("while [ ! -e go ]; do sleep 0.02; done; exit 6")

    async def story(executor: LocalExecutor) -> ExitRecord:
        await executor.launch(directory, spec)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await executor.wait(directory)
        (directory / "sandbox/go").touch()
        return await executor.wait(directory)

    assert lab.do(story).exit_code == 6


def test_a_wait_without_descriptors_keeps_none_and_can_be_taken_up_again(lab: Lab) -> None:
    directory, spec = lab.attempt("while [ ! -e go ]; do sleep 0.02; done; exit 6")

    async def story(executor: LocalExecutor) -> int | None:
        await executor.launch(directory, spec)
        before = os.listdir("/proc/self/fd")
        for count in (0, 1):
            with descriptors_left(count), pytest.raises(OSError, match="Too many open files"):
                await executor.wait(directory)
        assert os.listdir("/proc/self/fd") == before
        (directory / "sandbox/go").touch()
        return (await executor.wait(directory)).exit_code

    assert lab.do(story) == 6


def test_a_directory_that_cannot_be_written_fails_the_launch(lab: Lab) -> None:
    directory, spec = lab.attempt("true")
    with pytest.raises(LaunchFailed, match="cannot be written"):
        lab.do(lambda executor: executor.launch(directory / "missing", spec))


def test_a_fork_that_the_system_refuses_is_a_clear_error(lab: Lab) -> None:
    if os.getuid() == 0:
        pytest.skip("the number of processes of root is not limited")
    directory, spec = lab.attempt("true")

    async def story(executor: LocalExecutor) -> None:
        await executor.start()
        resource.prlimit(executor.fork_server_pid or 0, resource.RLIMIT_NPROC, (1, 1))
        with pytest.raises(LaunchFailed, match="fork"):
            await executor.launch(directory, spec)

    lab.do(story)


def test_nothing_of_the_daemon_is_open_in_a_shim_or_a_command(lab: Lab) -> None:
    directory, spec = lab.attempt(
        "ls -l /proc/$$/fd; echo; sleep 0.1; ls -l /proc/$PPID/fd; umask; cat"
    )
    with (lab.root / "daemons-own").open("w") as file:
        os.set_inheritable(file.fileno(), True)

        async def story(executor: LocalExecutor) -> None:
            await executor.launch(directory, spec)
            await executor.wait(directory)

        lab.do(story)
    shown = read_log(directory).decode()
    assert shown.endswith("0022\n")
    in_command, in_shim = (
        [line.split(" -> ")[1] for line in part.splitlines() if " -> " in line]
        for part in shown.split("\n\n")
    )
    assert in_command[0] == "/dev/null"
    assert len(in_command) == 3
    own = ("/dev/null", "pipe:", f"{directory}/log")
    others = [target for target in in_shim if not target.startswith(own)]
    assert len(others) == 1  # the socket to the daemon, whose end it survives
    assert others[0].startswith("socket:")


def test_files_of_an_attempt_are_private(lab: Lab) -> None:
    _, _, directory = lab.run("echo x")
    for name in ("claim.json", "exit.json", "log/index", f"log/{0:020d}.seg"):
        assert (directory / name).stat().st_mode & 0o777 == 0o600, name
    assert (directory / "log").stat().st_mode & 0o777 == 0o700


def test_what_to_run_is_gone_once_it_runs_because_it_may_hold_secrets(lab: Lab) -> None:
    _, _, directory = lab.run("echo x")
    assert {path.name for path in directory.iterdir()} == {
        *("claim.json", "exit.json", "log", "sandbox")
    }


@pytest.mark.parametrize("name", failpoints.NAMES)
def test_a_shim_that_dies_at_any_point_leaves_one_true_answer(lab: Lab, name: str) -> None:
    directory, spec = lab.attempt("echo ran >> ../ledger")
    owner = lab.own(directory, spec, TRAINAUTO_FAILPOINTS=f"{name}=crash")
    if name == "shim.before_claim":
        assert owner.wait(10) == 1  # LaunchFailed, after a few tries
        assert not (directory / "claim.json").exists()
    else:
        assert owner.wait(10) == 0
    lab.kill_owners()

    async def story(executor: LocalExecutor) -> ExitRecord:
        await executor.launch(directory, spec)
        return await executor.wait(directory)

    record = lab.do(story)
    ran = (directory / "ledger").read_text().count("ran") if (directory / "ledger").exists() else 0
    if name in ("shim.before_claim", "shim.after_record"):
        assert (record.cause, ran) == ("exited", 1)
    else:
        assert record.cause == "lost"
        assert ran <= 1
    assert tagged(spec.token) == []


@pytest.mark.parametrize("name", [name for name in local.FAILPOINTS if ".launch." in name])
def test_an_owner_that_dies_while_it_launches_never_runs_a_step_twice(lab: Lab, name: str) -> None:
    directory, spec = lab.attempt("echo ran >> ../ledger")
    owner = lab.own(directory, spec, TRAINAUTO_FAILPOINTS=f"{name}=crash")
    assert owner.wait(10) == 137
    lab.kill_owners()

    async def story(executor: LocalExecutor) -> ExitRecord:
        await executor.launch(directory, spec)
        return await executor.wait(directory)

    assert lab.do(story).exit_code == 0
    assert (directory / "ledger").read_text() == "ran\n"
