"""What the pages show works: pipelines load, command lines parse, Python runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, Block, all_blocks, blocks, commands, pages, prose
from trainauto_tui import app
from trainauto_tui.cli.arguments import parse
from trainauto_tui.cli.catalogue import VERBS
from trainautod.home import sdk_directory
from trainautod.runtime.machine import load_config
from trainautod.runtime.records import read_records
from trainautod.spec import Pipeline, Policy, SpecInvalid, load

PIPELINES = [
    block for block in all_blocks("yaml") if re.search(r"^steps:", block.text, re.MULTILINE)
]
POLICIES = [block for block in all_blocks("yaml") if re.search(r"^then:", block.text, re.MULTILINE)]
WRONG = [block for block in PIPELINES if "wrong" in block.info]
SHELL = all_blocks("sh")
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_there_is_something_to_check() -> None:
    assert len(PIPELINES) > 3
    assert WRONG
    assert len(SHELL) > len(VERBS)


@pytest.mark.parametrize("block", [b for b in PIPELINES if b not in WRONG], ids=str)
def test_a_pipeline_that_is_shown_loads(block: Block) -> None:
    assert isinstance(load(block.text, "shown.yaml"), Pipeline)


@pytest.mark.parametrize("block", POLICIES, ids=str)
def test_a_policy_that_is_shown_loads(block: Block) -> None:
    assert isinstance(load(block.text, "shown.yaml"), Policy)


@pytest.mark.parametrize("block", WRONG, ids=str)
def test_a_pipeline_that_is_shown_as_wrong_fails_with_what_is_shown(block: Block) -> None:
    told = next(other for other in blocks(block.page, "text") if other.line > block.line)
    with pytest.raises(SpecInvalid) as caught:
        load(block.text, told.text.partition(":")[0])
    assert [str(problem) for problem in caught.value.problems] == told.text.splitlines()


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_a_command_line_that_is_shown_is_understood(block: Block) -> None:
    for words in commands(block.text):
        program, *rest = words[: words.index(">")] if ">" in words else words
        if program == "trainauto":
            assert parse(rest).verb in VERBS
        elif program == "trainauto-tui":
            app.parser().parse_args(rest)
        elif program == "make":
            assert set(rest) <= TARGETS


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_verb_that_is_named_in_a_sentence_exists(page: Path) -> None:
    for word in re.findall(r"`trainauto ([a-z]\S*?)[ `]", prose(page)):
        assert word in VERBS
    for target in re.findall(r"`make ([a-z]+)`", prose(page)):
        assert target in TARGETS


@pytest.mark.parametrize(
    "block", [b for b in all_blocks("python") if "import trainauto " in f"{b.text} "], ids=str
)
def test_a_use_of_the_sdk_that_is_shown_records_what_it_says(block: Block, tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"model")
    records = tmp_path / "records.jsonl"
    environment = {
        **os.environ,
        "PYTHONPATH": str(sdk_directory()),
        "TRAINAUTO_RECORDS": str(records),
    }
    command = [sys.executable, "-W", "error", "-c", block.text]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=60)
    found = read_records(records)
    assert not found.problems
    assert [(one.name, one.value, one.at_step) for one in found.metrics] == [("auc", 0.91, 10)]
    assert found.params == {"rounds": 100}
    (model,) = found.registrations
    assert (model["path"], model["name"]) == ("model.pkl", "flights-delay")


def test_the_record_forms_that_are_shown_are_those_that_the_sdk_writes(tmp_path: Path) -> None:
    rows = re.findall(r"^\| `(\w+\(.+?\))` \| `(\{.+?\})` \|$", _section("Records"), re.MULTILINE)
    assert len(rows) == 5
    for call, line in rows:
        for name in ("m.pkl", "report.html"):
            (tmp_path / name).write_text("made")
        records = tmp_path / "records.jsonl"
        environment = {
            **os.environ,
            "PYTHONPATH": str(sdk_directory()),
            "TRAINAUTO_RECORDS": str(records),
        }
        subprocess.run(
            [sys.executable, "-c", f"import trainauto\ntrainauto.{call}"],
            cwd=tmp_path, env=environment, check=True, timeout=60,
        )  # fmt: skip
        assert records.read_text().strip() == line
        assert not read_records(records).problems
        records.unlink()


def test_the_configuration_that_is_shown_is_accepted(tmp_path: Path) -> None:
    (block,) = blocks(DOCS / "pipelines.md", "toml")
    (tmp_path / "config.toml").write_text(block.text)
    config = load_config(tmp_path)
    assert (config.capacity.cpus, config.capacity.gpus) == (8, (0, 1))
    assert (config.log_head_bytes, config.log_tail_bytes) == (16 << 20, 48 << 20)


def _section(title: str) -> str:
    text = (DOCS / "pipelines.md").read_text("utf-8")
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
