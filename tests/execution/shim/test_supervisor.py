"""How a command ends, and that nothing of it is left."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from trainautod.execution.attempt import ExitRecord
from trainautod.execution.local import LocalExecutor

from ..conftest import Lab, read_log, tagged, until_async

DAEMONISE = "(setsid sh -c 'sleep 60 & sleep 61' &) ; "
PYTHON = f"exec {sys.executable} -S -c"


@pytest.mark.parametrize("code", [0, 1, 75, 127, 255])
def test_an_exit_code_is_recorded_as_it_is(lab: Lab, code: int) -> None:
    record, _, _ = lab.run(f"exit {code}")
    assert (record.cause, record.exit_code, record.signal) == ("exited", code, None)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGPIPE])
def test_a_fatal_signal_is_recorded_as_a_signal(lab: Lab, number: int) -> None:
    record, _, _ = lab.run(f"kill -{number} $$")
    assert (record.cause, record.exit_code, record.signal) == ("exited", None, number)


def test_the_shell_stops_at_the_first_failure(lab: Lab) -> None:
    record, log, _ = lab.run("echo a; false; echo b")
    assert (record.exit_code, log) == (1, b"a\n")


def test_times_and_processor_seconds_are_those_of_the_whole_tree(lab: Lab) -> None:
    before = int(time.time() * 1000)
    burn = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done"
    record, _, _ = lab.run(f"({burn}) & (setsid sh -c '({burn}) &') ; wait; sleep 0.2")
    assert before <= record.started_at_ms <= record.ended_at_ms <= int(time.time() * 1000)
    assert 0.2 <= record.duration_s <= 20
    assert 0.02 < record.cpu_s < 20


def test_the_environment_and_the_folder_are_those_of_the_spec(lab: Lab) -> None:
    environment = {"PATH": "/usr/bin:/bin", "GREETING": "grüße \udcff"}
    record, log, directory = lab.run("env; pwd; tty || true", env=environment)
    lines = os.fsdecode(log).splitlines()
    assert record.exit_code == 0
    assert f"TRAINAUTO_ATTEMPT={lab.tokens[-1]}" in lines
    assert "GREETING=grüße \udcff" in lines
    assert str(directory / "sandbox") in lines
    assert not [line for line in lines if line.startswith(("HOME=", "TRAINAUTO_FAILPOINTS="))]
    assert "not a tty" in lines


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"argv": ("/no/such/shell", "-c", "x")}, "No such file"),
        ({"argv": ("no-such-program",)}, "no-such-program"),
        ({"argv": ("/etc/passwd",)}, "Permission denied"),
        ({"cwd": "/no/such/folder"}, "/no/such/folder"),
        ({"argv": ("/bin/sh", "-c", "x" * 200_000)}, "too long"),
        ({"argv": ("/bin/sh", "-c", "echo \0")}, "null"),
        ({"env": {"A=B": "1"}}, "environment"),
    ],
)
def test_a_command_that_cannot_start_says_why(
    lab: Lab, changes: dict[str, object], words: str
) -> None:
    record, _, _ = lab.run("true", **changes)
    assert (record.cause, record.exit_code, record.signal) == ("spawn_failed", None, None)
    assert words in record.message


def test_a_program_is_looked_up_in_the_path_of_the_command(lab: Lab) -> None:
    record, log, _ = lab.run("", argv=("echo", "found"))
    assert (record.exit_code, log) == (0, b"found\n")


def test_a_timeout_ends_grandchildren_and_daemons(lab: Lab) -> None:
    record, _, _ = lab.run(DAEMONISE + "sleep 62", timeout_s=0.3)
    assert (record.cause, record.signal) == ("timeout", signal.SIGTERM)
    assert 0.3 <= record.duration_s < 5
    assert "0.3 s" in record.message
    assert tagged(lab.tokens[-1]) == []


def test_a_child_that_ignores_the_stop_signal_is_killed_after_its_grace(lab: Lab) -> None:
    command = "trap '' TERM; sh -c 'sleep 60; true' & while :; do sleep 60 || :; done"
    record, _, _ = lab.run(command, timeout_s=0.3, grace_s=0.4)
    assert (record.cause, record.signal) == ("timeout", signal.SIGKILL)
    assert 0.7 <= record.duration_s < 5
    assert tagged(lab.tokens[-1]) == []


def test_the_stop_signal_of_the_spec_reaches_the_whole_tree(lab: Lab) -> None:
    child = "sh -c 'trap \"echo child; exit 0\" USR1; while :; do sleep 0.02; done'"
    command = f"trap 'wait; echo parent; exit 3' USR1; {child} & wait"
    record, log, _ = lab.run(command, timeout_s=0.4, stop_signal="SIGUSR1")
    assert (record.cause, record.exit_code) == ("timeout", 3)
    assert b"child\n" in log
    assert log.endswith(b"parent\n")


def test_a_command_that_saves_its_work_gets_its_whole_grace(lab: Lab) -> None:
    worker = "(trap 'sleep 0.5; touch saved; exit 0' TERM; while :; do sleep 0.02; done) & wait"
    record, _, directory = lab.run(worker, timeout_s=0.3, grace_s=10)
    assert record.cause == "timeout"
    assert (directory / "sandbox/saved").exists()


def test_a_stop_is_seen_as_a_file_and_as_a_signal(lab: Lab) -> None:
    directory, spec = lab.attempt(
        "trap '' TERM; echo up; while [ ! -e ../stop ]; do sleep 0.02; done; exit 0"
    )

    async def story(executor: LocalExecutor) -> ExitRecord:
        claim = await executor.launch(directory, spec)
        await until_async(lambda: read_log(directory))
        os.kill(claim.pid, signal.SIGTERM)
        return await executor.wait(directory)

    record = lab.do(story)
    assert (record.cause, record.exit_code) == ("stopped", 0)


def test_what_outlives_its_command_is_ended_and_told(lab: Lab) -> None:
    record, log, _ = lab.run(DAEMONISE + "echo done", grace_s=0.3)
    assert (record.cause, record.exit_code, log) == ("exited", 0, b"done\n")
    assert "outlived" in record.message
    assert record.duration_s < 5
    assert tagged(lab.tokens[-1]) == []


def test_an_orphan_that_ends_by_itself_is_no_news(lab: Lab) -> None:
    record, log, _ = lab.run("(sh -c 'echo late' &); sleep 0.2")
    assert (record.message, log) == ("", b"late\n")


def test_fifty_processes_that_fork_and_hide_are_all_ended(lab: Lab) -> None:
    bomb = (
        "i=0; while [ $i -lt 25 ]; do i=$((i+1));"
        " (trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 60; sleep 60' &) & done;"
        " echo up; sleep 60"
    )
    directory, spec = lab.attempt(bomb, grace_s=0.2)

    async def story(executor: LocalExecutor) -> ExitRecord:
        await executor.launch(directory, spec)
        await until_async(lambda: len(tagged(spec.token)) >= 50)
        await executor.stop(directory)
        return await executor.wait(directory)

    record = lab.do(story)
    assert record.cause == "stopped"
    assert tagged(spec.token) == []


def test_a_process_that_forks_without_end_cannot_run_from_the_kill(lab: Lab) -> None:
    flee = (
        "import os, time\n"
        "end = time.monotonic() + 20\n"
        "while time.monotonic() < end:\n"
        "    if os.fork():\n"
        "        os._exit(0)\n"
        "    os.setsid()\n"
        "    time.sleep(0.001)\n"
    )
    record, _, _ = lab.run(f'{PYTHON} "{flee}"', timeout_s=0.4, grace_s=0)
    assert record.duration_s < 10
    assert tagged(lab.tokens[-1]) == []


def test_a_stopped_process_is_ended_too(lab: Lab) -> None:
    record, _, _ = lab.run("kill -STOP $$", timeout_s=0.3, grace_s=0.2)
    assert (record.cause, record.signal) == ("timeout", signal.SIGKILL)


def test_memory_is_limited_over_the_whole_tree(lab: Lab) -> None:
    hold = f"{sys.executable} -S -c 'import time; x = b\"x\" * (60 << 20); time.sleep(30)'"
    record, _, _ = lab.run(f"{hold} & {hold} & {hold} & wait", memory_bytes=120 << 20)
    assert (record.cause, record.signal) == ("memory", signal.SIGKILL)
    assert "limit of 120 MiB" in record.message
    assert record.peak_memory_bytes > 110 << 20
    assert record.duration_s < 10
    assert tagged(lab.tokens[-1]) == []


def test_memory_shared_by_forked_workers_counts_once(lab: Lab) -> None:
    share = (
        "import os, time; x = b'x' * (80 << 20)\n"
        "for _ in range(4):\n"
        "    if not os.fork(): break\n"
        "time.sleep(0.8)"
    )
    record, _, _ = lab.run(f'{PYTHON} "{share}"', memory_bytes=200 << 20)
    assert (record.cause, record.exit_code) == ("exited", 0)
    assert 80 << 20 < record.peak_memory_bytes < 160 << 20


def test_pages_of_a_mapped_file_do_not_count_against_the_limit(lab: Lab) -> None:
    mapped = (
        "import mmap, time\n"
        "f = open('data', 'w+b'); f.truncate(100 << 20)\n"
        "m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)\n"
        "sum(m[i] for i in range(0, len(m), 4096)); time.sleep(0.5)"
    )
    record, log, _ = lab.run(f'{PYTHON} "{mapped}"', memory_bytes=64 << 20)
    assert (record.cause, record.exit_code) == ("exited", 0), log


def test_the_peak_of_a_short_command_is_its_own(lab: Lab) -> None:
    record, _, _ = lab.run(f"{PYTHON} 'x = b\"x\" * (150 << 20)'")
    assert 150 << 20 < record.peak_memory_bytes < 200 << 20


def test_an_idle_attempt_costs_next_to_nothing(lab: Lab) -> None:
    directory, spec = lab.attempt("sleep 60")

    async def story(executor: LocalExecutor) -> float:
        claim = await executor.launch(directory, spec)
        await asyncio.sleep(0.5)
        ticks = Path(f"/proc/{claim.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        await executor.stop(directory)
        await executor.wait(directory)
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    assert lab.do(story) <= 0.05
