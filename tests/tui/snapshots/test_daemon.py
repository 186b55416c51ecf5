"""Pictures of the daemon's screen, at both sizes: live, stale, empty, and in trouble.

After a deliberate change: ``pytest tests/tui/snapshots --snapshot-update``, and look.
"""

from typing import Any

import pytest

from tests.tui.documents import daemon
from tests.tui.snapshots.states import SIZES, Compare, MakeApp, opened, silent
from tests.tui.stage import Hands, Stage

pytestmark = pytest.mark.parametrize("size", SIZES)
go = opened("0", "daemon")


def test_live(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=go)


def test_stale(snap_compare: Compare, make_app: MakeApp, hands: Hands, size: Any) -> None:
    assert snap_compare(make_app(), terminal_size=size, run_before=silent(hands, go))


def test_empty(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    """A daemon that was just started, on a machine without GPUs."""
    slots = {
        "cpus": {"total": 2.0, "used": 0.0},
        "memory_bytes": {"total": 8 * daemon.GIB, "used": 0},
        "gpus": {"total": [], "used": []},
    }
    store = daemon.status()["store"] | {"size_bytes": 245_760, "events": 1}
    fresh = daemon.status(
        slots=slots,
        store=store,
        leases=[],
        runs={"queued": 0, "running": 0},
        pipelines=0,
        started_at="2013-07-10T06:11:00.000+00:00",
        cpu_s=0.5,
    )
    stage.answers["/status"] = daemon.answered(fresh, lambda: stage.sequence)
    assert snap_compare(make_app(theme="light"), terminal_size=size, run_before=go)


def test_error(snap_compare: Compare, make_app: MakeApp, stage: Stage, size: Any) -> None:
    """Its disk is full, and a task of it dies again and again."""
    stage.answers["/status"] = daemon.answered(daemon.troubled(), lambda: stage.sequence)
    assert snap_compare(make_app(), terminal_size=size, run_before=go)


def test_ascii(snap_compare: Compare, make_app: MakeApp, size: Any) -> None:
    assert snap_compare(make_app(ascii=True), terminal_size=size, run_before=go)
