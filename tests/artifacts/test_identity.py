"""When a file's stat is enough."""

import os
from pathlib import Path

import pytest

from tests.artifacts.files import write
from trainautod.artifacts.identity import StatIdentity

NOW = 1_700_000_000_123_456_789
MS = 1_000_000


def identity(mtime: int = NOW - 1_000 * MS, ctime: int = NOW - 1_000 * MS) -> StatIdentity:
    return StatIdentity(1, 2, 3, mtime, ctime)


@pytest.mark.parametrize(
    ("age_ms", "enough"), [(0, False), (49, False), (51, True), (10_000, True), (-49, False)]
)
def test_a_change_within_fifty_milliseconds_is_not_trusted(age_ms: int, enough: bool) -> None:
    stamp = NOW - age_ms * MS
    assert identity(mtime=stamp).settled(NOW) is enough
    assert identity(mtime=stamp).reliable(NOW) is enough
    assert identity(ctime=stamp).reliable(NOW) is enough
    assert identity(ctime=stamp).settled(NOW)


def test_a_stamp_of_whole_seconds_needs_two_of_them() -> None:
    whole = NOW - NOW % 1_000_000_000
    assert not identity(mtime=whole - 1_000 * MS).settled(NOW)
    assert identity(mtime=whole - 3_000 * MS).settled(NOW)


@pytest.mark.parametrize("age_ms", [-50, -20, 0, 30, 50])
@pytest.mark.parametrize("other_ms", [-10, 20, 1_000, 10**9])
def test_a_young_file_tells_when_it_will_be_reliable(age_ms: int, other_ms: int) -> None:
    young = identity(mtime=NOW - other_ms * MS, ctime=NOW - age_ms * MS)
    left_ns = young.young_ns(NOW)
    assert 0 < left_ns <= 100 * MS + 1
    assert not young.reliable(NOW + left_ns - 1)
    assert young.reliable(NOW + left_ns)
    assert young.young_ns(NOW + left_ns) == 0


def test_whole_seconds_are_too_long_to_wait_for() -> None:
    whole = NOW - NOW % 1_000_000_000
    assert (
        identity(mtime=whole).young_ns(NOW) == identity(mtime=whole, ctime=NOW).young_ns(NOW) == 0
    )


def test_a_stamp_far_in_the_future_is_trusted_since_a_write_would_set_it_back() -> None:
    assert identity(mtime=NOW + 10**15).settled(NOW)


def test_only_the_change_time_may_move_while_the_bytes_stay() -> None:
    assert identity().same_bytes_as(identity(ctime=NOW))
    assert not identity().same_bytes_as(identity(mtime=NOW))


def test_a_rewritten_file_gets_another_identity(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b"1")
    os.utime(path, ns=(NOW, NOW))
    before = StatIdentity.of(path.stat())
    assert StatIdentity.of(path.stat()) == before
    path.write_bytes(b"2")
    assert StatIdentity.of(path.stat()) != before
