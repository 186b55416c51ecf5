from typing import Any, cast

from tests.tui.documents import daemon
from trainauto_tui.documents import SlotLease, Status, Task
from trainauto_tui.drawing.columns import text_of
from trainauto_tui.drawing.health import LinkFacts, facts, gauges, lease_row, task_row

NOW = 1373436662.0  # 2013-07-10 06:11:02 UTC
LINK = LinkFacts(12, 1)


def texts(lines: list[Any]) -> list[str]:
    return [text_of(line) for line in lines]


def status(**more: Any) -> Status:
    return cast("Status", daemon.status(**more))


def test_it_says_who_the_daemon_is_and_how_it_does() -> None:
    assert texts(facts(status(), LINK, 0.034, NOW, plain=False)) == [
        "● running   up 3d   pid 4242   version 0.1.0   access read-write",
        "host gpu-box   home /home/me/.local/share/trainauto",
        "runs 1 running, 2 queued   pipelines 3   cpu 12:04 (3%)   memory 80 MiB",
        "link 12ms   last event 812044   reconnects 1",
    ]


def test_trouble_is_told_in_a_line_of_its_own() -> None:
    lines = facts(cast("Status", daemon.troubled()), LINK, None, NOW, plain=True)
    assert texts(lines)[0].startswith("! degraded")
    assert "the disk is full" in texts(lines)[1]
    assert lines[1][0].role == "warn"


def test_an_older_daemon_tells_less() -> None:
    old = {
        name: value
        for name, value in daemon.status().items()
        if name not in ("host", "access", "cpu_s", "memory_bytes", "disk", "leases")
    }
    lines = texts(facts(cast("Status", old), LinkFacts(None, 0), None, NOW, plain=False))
    assert lines[1] == "home /home/me/.local/share/trainauto"
    assert lines[2] == "runs 1 running, 2 queued   pipelines 3"
    assert lines[3].startswith("link not live")
    assert texts(gauges(cast("Status", old), 80, plain=True))[0].startswith("store")


def test_little_changes_change_no_line() -> None:
    before = facts(status(), LINK, 0.001, NOW, plain=False)
    after = facts(status(cpu_s=724.9, memory_bytes=84_400_000), LINK, 0.003, NOW + 2, plain=False)
    assert before == after


def test_bars_say_what_is_taken() -> None:
    assert texts(gauges(status(), 80, plain=True)) == [
        "disk     [###############-------]  569 GiB free of 1.82 TiB",
        "store    [#---------------------]  1.15 GiB, 812044 events",
        "cpus     [################------]  12 of 16 taken",
        "memory   [#######---------------]  40 GiB of 128 GiB taken",
        "gpus     #-#-  2 of 4 taken",
    ]


def test_a_full_disk_is_bad() -> None:
    lines = gauges(cast("Status", daemon.troubled()), 80, plain=False)
    assert any(span.role == "bad" for span in lines[0])
    assert texts(lines)[-1] == "gpus     none"


def test_a_lease_is_a_row() -> None:
    row = lease_row(cast("SlotLease", daemon.lease("fit", 1.5, 2, 0, 3)))
    assert row.key == f"{daemon.LIVE}/fit"
    assert [text_of(cell) for cell in row.cells[1:]] == ["fit", "1", "1.5", "2 GiB", "0,3"]


def test_a_task_that_died_shows_why() -> None:
    row = task_row(
        cast("Task", daemon.task("watcher", "restarting", 3, "Boom: x\nmore")), plain=True
    )
    assert [text_of(cell) for cell in row.cells] == ["watcher", "r restarting", "3", "Boom: x"]
    assert row.cells[2][0].role == "warn"
