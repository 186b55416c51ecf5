"""Stories of a daemon whose home is on a small disk; each runs in a mount namespace of its own.

``python -m tests.daemon.full_disk STORY DISK OUTSIDE``: an empty small disk is mounted at ``DISK``,
``OUTSIDE`` is a folder with room.
"""

import contextlib
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.support.daemons import LiveDaemon, statuses
from tests.support.gates import Gate
from tests.support.stores import expect_sound
from tests.support.waiting import wait_until
from trainauto_tui.errors import TrainautoError

BLOCK = 4096
FULL_FOR_S = 3.0  # longer than the daemon takes between two looks


class SmallDisk:
    """A disk that can be filled to the last block, and given its room back."""

    def __init__(self, root: Path) -> None:
        self._ballast = root / "ballast"

    def fill(self) -> None:
        """Take all room there is."""
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(BLOCK))

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink()


class Submitter(threading.Thread):
    """Submits runs one after the other and keeps the ids of those that were accepted."""

    def __init__(self, live: LiveDaemon, pipeline: Path, count: int) -> None:
        super().__init__(daemon=True)
        self.accepted: list[str] = []
        self.refused: list[str] = []
        self._live = live
        self._pipeline = pipeline
        self._count = count
        self.start()

    def run(self) -> None:
        for _ in range(self._count):
            try:
                self.accepted.append(self._live.submit(self._pipeline, force_all=True))
            except TrainautoError as error:
                self.refused.append(str(error))


def work_goes_on(live: LiveDaemon, outside: Path) -> None:
    """Fill the disk while runs go on; say so; and carry on once there is room."""
    gate, room, pid = Gate(outside / "gate"), SmallDisk(live.home.parent), live.pid
    long, plain, coded = (outside / f"{name}.yaml" for name in ("long", "plain", "coded"))
    long.write_text(
        "steps:\n"
        f"  - {{id: a, run: 'echo up; {gate}; echo down'}}\n"
        "  - {id: b, needs: [a], run: 'echo x > x', outputs: x}\n"
    )
    plain.write_text("steps: [{id: a, run: 'true'}, {id: b, needs: [a], run: 'true'}]\n")
    (outside / "code.sh").write_text(": code\n" * 4000)
    coded.write_text("steps: [{id: a, run: sh code.sh}]\n")
    first = live.submit(long)
    wait_until(lambda: live.client.log(first, "a").data == b"up\n", "the first step to run")

    room.fill()
    submitters = [Submitter(live, pipeline, 8) for pipeline in (plain, plain, coded)]
    wait_until(lambda: live.client.status()["state"] == "degraded", "the daemon to tell")
    gate.open()
    end = time.monotonic() + FULL_FOR_S
    while time.monotonic() < end:
        expect_answers(live, first)
        time.sleep(0.2)

    room.free()
    for submitter in submitters:
        submitter.join(60)
    accepted = [first, *(run_id for s in submitters for run_id in s.accepted)]
    runs = [live.finish(run_id) for run_id in accepted]
    wait_until(lambda: live.client.status()["state"] == "running", "recovery to be told")
    status: Any = live.client.status()

    assert {(run["status"], run["error"] and run["error"]["message"]) for run in runs} == {
        ("succeeded", None)
    }
    assert all(len(s.accepted) == 8 for s in submitters[:2])
    assert submitters[2].refused
    assert {"full" in words for words in submitters[2].refused} == {True}
    assert [task for task in status["tasks"] if task["error"]] == []
    assert status["pid"] == pid
    wait_until(lambda: "store_recovered" in kinds(live), "the recovery among the events")
    live.stop()
    expect_sound(live.home)


def a_full_disk_keeps_nobody_from_stopping(live: LiveDaemon, outside: Path) -> None:
    """Cancel, stop and start again without room; what was accepted is done once there is some."""
    gate, room = Gate(outside / "gate"), SmallDisk(live.home.parent)
    long, plain = (outside / f"{name}.yaml" for name in ("long", "plain"))
    long.write_text(f"steps: [{{id: a, run: '{gate}'}}]\n")
    plain.write_text("steps: [{id: a, run: 'true'}]\n")
    first, unwanted = live.submit(long), live.submit(long)
    live.wait_for_step(first, "a", "running")
    live.wait_for_step(unwanted, "a", "running")

    room.fill()
    submitter = Submitter(live, plain, 200)
    wait_until(lambda: live.client.status()["state"] == "degraded", "the daemon to tell")
    threading.Thread(target=try_to_cancel, args=(live, unwanted), daemon=True).start()
    began = time.monotonic()
    live.stop()
    took = time.monotonic() - began
    submitter.join(10)
    room.free()
    live.start()
    gate.open()
    runs = {run_id: live.finish(run_id) for run_id in (first, unwanted, *submitter.accepted)}

    assert took < 10
    assert runs.pop(unwanted)["status"] in ("cancelled", "succeeded")
    assert {run["status"] for run in runs.values()} == {"succeeded"}
    live.stop()
    expect_sound(live.home)


def try_to_cancel(live: LiveDaemon, run_id: str) -> None:
    with contextlib.suppress(TrainautoError):
        live.client.cancel(run_id)


def expect_answers(live: LiveDaemon, run_id: str) -> None:
    """Check that all reading works, and that what ran runs on."""
    status = live.client.status()
    shown: Any = live.client.run(run_id)
    assert status["state"] == "degraded"
    assert "free some space" in str(status["detail"]), status["detail"]
    assert statuses(shown) == {"a": "running", "b": "pending"}
    assert run_id in [run["run_id"] for run in live.client.runs()["runs"]]
    assert live.client.log(run_id, "a").data.startswith(b"up\n")
    assert live.client.event_page(0)["events"]
    assert live.client.models() == []


def kinds(live: LiveDaemon) -> set[str]:
    return {event["kind"] for event in live.client.event_page(0, limit=5000)["events"]}


STORIES = {
    story.__name__: story for story in (work_goes_on, a_full_disk_keeps_nobody_from_stopping)
}

if __name__ == "__main__":
    told = LiveDaemon(Path(sys.argv[2]) / "h")
    try:
        STORIES[sys.argv[1]](told.start(), Path(sys.argv[3]))
    except BaseException:
        print(told.log()[-4000:], file=sys.stderr)
        raise
    finally:
        told.kill()
