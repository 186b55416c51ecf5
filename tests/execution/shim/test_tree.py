"""Finding and ending everything below a process."""

import subprocess
from collections.abc import Iterator

import pytest

from trainautod.execution.shim import identity, memory, tree

from ..conftest import until


@pytest.fixture
def family() -> Iterator[subprocess.Popen[bytes]]:
    """A shell with a child, a grandchild and a process of another session."""
    command = "sh -c 'sleep 60; :' & setsid sh -c 'sleep 61; :' & wait"
    with subprocess.Popen(("/bin/sh", "-c", command), start_new_session=True) as parent:
        until(lambda: len(tree.descendants(parent.pid)) == 4)
        yield parent
        tree.kill(parent.pid)
        parent.kill()


def test_both_ways_of_looking_find_the_same(family: subprocess.Popen[bytes]) -> None:
    found = tree.descendants(family.pid)
    assert len(set(found)) == 4
    assert sorted(found) == sorted(tree._below_in_ps(family.pid, 0))
    assert set(tree._below_in_ps(1, family.pid)) >= set(found[:1])


def test_a_kill_leaves_nothing_below(family: subprocess.Popen[bytes]) -> None:
    members = tree.descendants(family.pid)
    tree.kill(family.pid)
    until(lambda: not any(map(identity.started_ticks, members)))
    assert family.wait(5) == 0  # the parent itself was spared, and went on when they were gone


def test_signals_to_those_who_have_gone_are_no_error() -> None:
    tree.send([2**22 + 1], 15)
    assert tree.descendants(2**22 + 1) == []


def test_memory_reads_the_same_order_of_size_everywhere(family: subprocess.Popen[bytes]) -> None:
    members = tree.descendants(family.pid)
    resident = memory._resident(members)
    by_ps = memory._resident_by_ps(members)
    proportional, pinned = memory._shares(members)
    assert 0 < pinned <= proportional <= resident
    assert abs(resident - by_ps) < resident / 2
    assert memory._shares([2**22 + 1]) == (0, 0)
