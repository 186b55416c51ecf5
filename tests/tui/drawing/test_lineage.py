from datetime import UTC
from typing import Any, cast

from tests.tui.documents import lineage as documents
from trainauto_tui.documents import LineageNode
from trainauto_tui.drawing.columns import text_of
from trainauto_tui.drawing.lineage import facts, name_of, node_look, node_row

NOW = 1373436662.0  # 2013-07-10 06:11:02 UTC


def node(one: dict[str, Any]) -> LineageNode:
    return cast("LineageNode", one)


def told(one: dict[str, Any], more: dict[str, Any] | None = None) -> list[str]:
    return [text_of(line) for line in facts(node(one), more, UTC, plain=False)]


def test_a_node_is_a_row() -> None:
    row = node_row(node(documents.version(18, "production")), NOW, plain=True)
    assert row.key == "version:delay@18"
    assert [text_of(cell) for cell in row.cells] == [
        "*",
        "version",
        "delay@18",
        "production",
        "roc_auc 0.8712, rows 1204113",
        "5m",
    ]


def test_each_kind_has_its_look() -> None:
    assert node_look(node(documents.run(status="failed")))[:] == ("✘", "x", "failed", "bad")
    assert node_look(node(documents.version(1, "canary"))).role == "warn"
    assert node_look(node(documents.version(1, "retired"))).word == "retired"
    assert node_look(node(documents.file("a", "ff", "input", "1 B"))).word == ""


def test_a_node_is_asked_about_by_kind_and_id() -> None:
    assert name_of(node(documents.step("fit"))) == f"step:{documents.RUN}/fit"


def test_facts_of_a_neighbour_are_those_of_the_node() -> None:
    assert told(documents.file("model.joblib", "3f2a", "output", "1.8 MiB")) == [
        "id        3f2a",
        "about     output, 1.8 MiB",
    ]


def test_the_whole_document_tells_more_of_a_run() -> None:
    more = {
        "duration_s": 200.0,
        "params": {"days": 7},
        "error": {"step": "fit", "message": "exited with 1\nboom"},
        "steps": [
            {"status": "succeeded", "cached": True},
            {"status": "succeeded", "cached": False},
            {"status": "failed", "cached": False},
        ],
    }
    assert told(documents.run(status="failed"), more)[1:] == [
        "status    ✘ failed  3:20  2013-07-10 06:00:00",
        "error     exited with 1",
        "params    days=7",
        "steps     1 reused, 1 succeeded, 1 failed",
        "about     cron, for 2013-07-10 02:00",
    ]


def test_the_whole_document_tells_more_of_a_step_and_a_version() -> None:
    step = {
        "metrics": {"roc_auc": 0.87121},
        "command": "python fit.py\n",
        "reason": "new",
        "error": "",
    }
    assert told(documents.step("fit"), step)[2:5] == [
        "metrics   roc_auc 0.8712",
        "reason    new",
        "command   python fit.py",
    ]
    version = documents.models()[0]["versions"][0]
    assert told(documents.version(18, "staging"), version)[3].startswith("digest    3f2a91bc")
