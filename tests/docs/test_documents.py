"""The JSON that cli.md shows has exactly the fields that the command line really prints."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import DOCS, Block, all_blocks, blocks
from tests.support.daemons import LiveDaemon
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow

MARK = "<!-- json: "
#: Mappings whose keys are the user's own, or depend on the case.
OPEN = {"params", "metrics", "trigger", "evidence", "data", "steps", "code", "upstream", "env",
        "environment"}  # fmt: skip

PIPELINE = """\
name: nightly
schedule: {cron: '0 2 * * *', timezone: America/New_York}
params: {days: 7}
steps:
  - id: train
    run: python train.py --days {{params.days}}
    outputs: models/model.pkl
"""
POLICY = """\
on: drift_alert
if: drift_score > 0.1
then: run pipeline: nightly
cooldown: 6h
"""
REPORT = """\
{"drift_score": 0.27, "features": {"dep_delay": 0.27, "distance": 0.02}}
"""
SCRIPT = """\
import os
import trainauto
os.mkdir("models")
open("models/model.pkl", "w").write("CONTENT")
trainauto.log_metric("auc", 0.91)
trainauto.register_model("models/model.pkl", "flights-delay", "staging", {"auc": 0.91})
"""


def shown() -> list[tuple[str, Block]]:
    """Each JSON block of the page with the command that prints it."""
    found = []
    for block in blocks(DOCS / "cli.md", "json"):
        _, mark, command = block.before.rpartition(MARK)
        assert mark, f"{block}: say which command prints it: {MARK}VERB … -->"
        found.append((command.removesuffix(" -->\n"), block))
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, LiveDaemon]]:
    """A folder with a pipeline that ran twice, for drift and for a backfill, and its daemon."""
    folder = tmp_path_factory.mktemp("shown")
    pipeline, script = folder / "nightly.yaml", folder / "train.py"
    pipeline.write_text(PIPELINE)
    daemon = LiveDaemon(folder / "home").start()
    daemon.client.add_pipeline(str(pipeline))
    script.write_text(SCRIPT)
    drift(folder, daemon)
    daemon.client.start_backfill(
        {"pipeline": "nightly", "since": "2013-07-11", "until": "2013-07-12"}
    )
    wait_until(lambda: daemon.client.backfill("latest")["state"] == "ended", "a backfill")
    daemon.client.test_notifications(["NOBODY_URL"])
    for content in ("first", "second"):
        script.write_text(SCRIPT.replace("CONTENT", content))
        assert daemon.run(pipeline, ds="2013-07-10")["status"] == "succeeded"
    yield folder, daemon
    daemon.stop()


def drift(folder: Path, daemon: LiveDaemon) -> None:
    """Let a policy start a run for a report of drift."""
    (folder / "monitoring").mkdir()
    (folder / "drift_policy.yaml").write_text(POLICY)
    daemon.client.add_pipeline(str(folder / "drift_policy.yaml"))
    (folder / "monitoring" / "flights.json").write_text(REPORT)

    def fired() -> str | None:
        return daemon.client.policies()[0]["fired_run_id"]

    daemon.finish(str(wait_until(fired, "the policy to fire")))


@pytest.mark.parametrize(("command", "block"), shown(), ids=lambda one: str(one))
def test_a_document_has_the_fields_that_are_shown(
    place: tuple[Path, LiveDaemon], command: str, block: Block
) -> None:
    folder, daemon = place
    words = [*command.split(), "--json", "--no-start", "--home", str(daemon.home)]
    program = "import sys; from trainauto_tui.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert list(fields(json.loads(block.text))) == list(fields(json.loads(done.stdout)))


@pytest.mark.parametrize("block", all_blocks("json"), ids=str)
def test_json_that_is_shown_is_json(block: Block) -> None:
    assert json.loads(block.text)


def fields(document: Any, path: str = "") -> Iterator[str]:
    """The path of every field, sorted; of a list, those of its first member."""
    if isinstance(document, list) and document:
        yield from fields(document[0], f"{path}[]")
    elif isinstance(document, dict):
        for name in sorted(document):
            yield f"{path}.{name}"
            value = document[name]
            if name not in OPEN or isinstance(value, list):
                yield from fields(value, f"{path}.{name}")


def test_fields_are_told_by_their_path() -> None:
    document = {"b": [{"c": 1}, {"d": 2}], "a": {"params": {"mine": 1}}, "steps": {"train": "x"}}
    assert list(fields(document)) == [".a", ".a.params", ".b", ".b[].c", ".steps"]
