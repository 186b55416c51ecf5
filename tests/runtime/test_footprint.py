"""What a process takes of the machine."""

import shutil
from pathlib import Path

from trainautod.runtime import footprint


def test_work_takes_processor_time() -> None:
    before = footprint.cpu_s()
    while footprint.cpu_s() < before + 0.02:
        sum(range(1000))


def test_memory_is_what_is_resident() -> None:
    before = footprint.memory_bytes()
    block = bytearray(b"x" * (64 << 20))
    grown = footprint.memory_bytes() - before

    assert len(block) * 0.9 < grown < len(block) * 1.5


def test_the_disk_is_that_of_the_home(tmp_path: Path) -> None:
    found = footprint.disk(tmp_path)

    assert found["path"] == str(tmp_path)
    assert found["total_bytes"] == shutil.disk_usage(tmp_path).total
    assert 0 <= found["free_bytes"] <= found["total_bytes"]
