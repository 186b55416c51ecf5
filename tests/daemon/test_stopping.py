"""Stopping a daemon takes a moment, whatever it is at."""

import os
import time
from pathlib import Path

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from tests.support.stores import expect_sound
from tests.support.waiting import wait_until

HUGE = 1 << 42  # bytes of a file with a hole: hours to read
LONGEST_S = 15.0  # a few, on a machine that is busy with a whole test suite


def test_an_input_that_takes_hours_to_read_does_not_hold_up_the_end(
    home: Path, write: Write, tmp_path: Path
) -> None:
    huge = tmp_path / "huge.bin"
    huge.touch()
    os.truncate(huge, HUGE)
    live = LiveDaemon(home).start()
    run_id = live.submit(write("steps: [{id: a, run: 'true', inputs: [huge.bin]}]"))
    opened = Path("/proc", str(live.pid), "fd")
    wait_until(
        lambda: any(os.path.realpath(fd) == str(huge) for fd in opened.iterdir()), "it to be read"
    )

    began = time.monotonic()
    live.stop()

    assert time.monotonic() - began < LONGEST_S
    assert "a thread still reads" in live.log()
    expect_sound(home)
    huge.write_text("short")
    live.start()
    assert live.finish(run_id)["status"] == "succeeded"
    live.stop()
