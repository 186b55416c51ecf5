"""Every command does what it says: given by its key, or by the palette where it has none."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.tui.desk import LOG, RUNS, Desk, Look, Scenario, played
from tests.tui.driving import place
from tests.tui.stage import DONE, FAILED, LIVE, Stage
from trainauto_tui.client import hosts
from trainauto_tui.commands import COMMANDS
from trainauto_tui.screens.confirm import ConfirmScreen
from trainauto_tui.screens.drift_history import HistoryChart
from trainauto_tui.screens.help import HelpScreen
from trainauto_tui.screens.palette import PaletteScreen
from trainauto_tui.screens.runs import PAGE
from trainauto_tui.screens.trigger import TriggerScreen
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.boxes_view import BoxesView
from trainauto_tui.widgets.live_rows import LiveRows
from trainauto_tui.widgets.log_view import LogView
from trainauto_tui.widgets.rail_view import RailView

NEW = "0bq3newnewnewnew"
BEYOND = RUNS - PAGE  # runs on the second page


def at(*address: str) -> Look:
    """Return what holds on the screen with this address."""
    return lambda desk: desk.at == address


def says(text: str) -> Look:
    """Return what holds while ``text`` is on the screen."""
    return lambda desk: text in desk.text


def there(address: str, text: str) -> Look:
    """Return what holds on a screen that shows ``text``."""
    return lambda desk: desk.at[:1] == (address,) and text in desk.text


def on(key: str) -> Look:
    """Return what holds while the cursor of the list is on ``key``."""
    return lambda desk: desk.selected == key


def at_epoch(first: int, last: int | None = None) -> Look:
    """Return what holds while the cursor of the log is on one of these epochs."""
    return lambda desk: first <= desk.epoch <= (first if last is None else last)


def shown(kind: type) -> Look:
    """Return what holds while a dialog of this kind is open."""
    return lambda desk: isinstance(desk.app.screen, kind)


def file_is(name: str) -> Look:
    """Return what holds once the whole log is in a file."""
    return lambda desk: (desk.folder / name).is_file() and (desk.folder / name).read_text() == LOG


def is_zoomed(desk: Desk) -> bool:
    return isinstance(place(desk.pilot).zoomed, RailView) and "log train_xgb" not in desk.text


def is_sorted(desk: Desk) -> bool:
    return desk.pane(LiveRows).render_line(0).text.count("▲") == 1


def is_marked(desk: Desk) -> bool:
    return any("●" in line for line in desk.log)


def boxed(desk: Desk) -> bool:
    return desk.pane(BoxesView).has_focus


CONFIRMING = shown(ConfirmScreen)
FOUND = ("/", *"epoch  1", "enter", at_epoch(10))

SCENARIOS: Mapping[str, Scenario] = {
    "help": Scenario(
        "runs", lambda desk: shown(HelpScreen)(desk) and "Cancel this run, after" in desk.text
    ),
    "palette": Scenario(
        "runs",
        lambda desk: shown(PaletteScreen)(desk) and "Show the keys of this screen." in desk.text,
    ),
    "open": Scenario("runs", at("run", LIVE)),
    "filter": Scenario(
        "runs",
        lambda desk: desk.keys == [FAILED] and "1 of 3" in desk.text,
        then=(*"failed", "enter"),
    ),
    "search": Scenario("log", at_epoch(12), then=(*"epoch  12", "enter")),
    "follow": Scenario("log", says("f follows")),
    "view": Scenario("wide", lambda desk: desk.pane(BoxesView).size.height > 0),
    "chart": Scenario("run", says("━ loss 0.207")),
    "history": Scenario(
        "drift",
        lambda desk: isinstance(place(desk.pilot).zoomed, HistoryChart) and "0.200 ┤" in desk.text,
    ),
    "next_tab": Scenario("step", says("[attempts]")),
    "previous_tab": Scenario("step", says("[curves]")),
    "attempt": Scenario("step", says("log of attempt 1")),
    "older": Scenario("pages", lambda desk: len(desk.keys) == BEYOND and "page 2" in desk.text),
    "newer": Scenario(
        "pages",
        lambda desk: len(desk.keys) == PAGE,
        first=("]", lambda desk: len(desk.keys) == BEYOND),
    ),
    "trigger": Scenario(
        "pipelines",
        lambda desk: desk.asked("POST /runs") and desk.at == ("run", NEW),
        then=(shown(TriggerScreen), lambda desk: desk.app.focused, *["enter"] * 6),
    ),
    "cancel": Scenario(
        "run",
        lambda desk: desk.asked(f"POST /runs/{LIVE}/cancel") and "cancelled" in desk.text,
        then=(CONFIRMING, "y"),
    ),
    "retry": Scenario(
        "failed",
        lambda desk: desk.asked(f"POST /runs/{FAILED}/retry"),
        then=(CONFIRMING, "y"),
    ),
    "rerun": Scenario(
        "run",
        lambda desk: (
            desk.at == ("run", NEW) and desk.stage.bodies[-1].get("from_step") == "train_xgb"
        ),
        then=(CONFIRMING, "y"),
    ),
    "add_pipeline": Scenario(
        "pipelines",
        lambda desk: "daily" in desk.keys and desk.asked("POST /pipelines"),
        then=(*"daily.yaml", "enter"),
    ),
    "remove_pipeline": Scenario(
        "pipelines",
        lambda desk: desk.asked("DELETE /pipelines/hello") and "hello" not in desk.keys,
        first=("j", on("hello")),
        then=(CONFIRMING, *"hello", "enter"),
    ),
    "add_host": Scenario(
        "hosts",
        lambda desk: "new" in desk.keys and str(hosts.kept()["new"]) == "ssh://me@new",
        then=(*"new ssh://me@new", "enter"),
    ),
    "remove_host": Scenario(
        "hosts",
        lambda desk: "gpu-box" not in desk.keys and "gpu-box" not in hosts.kept(),
        first=("g", "j", on("gpu-box")),
        then=(CONFIRMING, "y"),
    ),
    "next_match": Scenario("log", at_epoch(11), first=FOUND),
    "previous_match": Scenario("log", at_epoch(10), first=(*FOUND, "n", at_epoch(11))),
    "keep": Scenario(
        "log",
        lambda desk: [line[:9] for line in desk.log if line] == ["epoch  12"],
        then=(*"epoch  12", "enter"),
    ),
    "wrap": Scenario("log", lambda desk: desk.log[-1] == "end"),
    "times": Scenario(
        "log", lambda desk: any(re.match(r"\d\d:\d\d:\d\d", line) for line in desk.log)
    ),
    "mark": Scenario("log", is_marked),
    "next_mark": Scenario("log", at_epoch(0), first=("g", at_epoch(0), "m", "G", at_epoch(-1))),
    "clear_marks": Scenario(
        "log",
        lambda desk: not is_marked(desk),
        first=("m", is_marked),
    ),
    "pager": Scenario("log", file_is("paged")),
    "save": Scenario("log", file_is(f"{LIVE}-train_xgb.log"), then=("enter",)),
    "goto_line": Scenario("log", at_epoch(6), argument="7"),
    "sort": Scenario("runs", is_sorted),
    "lineage": Scenario("runs", there("lineage", "data/incoming")),
    "open_node": Scenario("lineage", at("run", LIVE)),
    "walk_back": Scenario(
        "lineage",
        lambda desk: desk.at == ("lineage", f"run:{LIVE}") and "1 back" not in desk.text,
        first=("l", "enter", says("1 back"), there("lineage", "raw.parquet")),
    ),
    "zoom": Scenario("run", is_zoomed),
    "copy": Scenario("runs", lambda desk: desk.app.clipboard == LIVE),
    "climb": Scenario("runs", at("pipelines")),
    "previous": Scenario("run", at("run", LIVE), first=("2", at("runs"))),
    "go.pipelines": Scenario("runs", there("pipelines", "weekly-report")),
    "go.runs": Scenario("runs", at("runs")),
    "go.drift": Scenario("runs", there("drift", "monitoring/flights.json")),
    "go.lineage": Scenario("runs", there("lineage", "data/incoming")),
    "go.events": Scenario("runs", there("events", "FOLLOW")),
    "go.hosts": Scenario("runs", there("hosts", "this machine")),
    "go.daemon": Scenario("runs", there("daemon", "pid 4242")),
    "open_pipeline": Scenario("runs", at("runs", "weekly-report"), argument="weekly-report"),
    "open_run": Scenario("runs", at("run", FAILED), argument=FAILED),
    "open_step": Scenario("run", at("step", LIVE, "ingest"), argument="ingest"),
    "open_lineage": Scenario("runs", there("lineage", "data/incoming"), argument="latest"),
    "open_host": Scenario("host", lambda desk: desk.app.wanted_host == "lab", argument="lab"),
    "refresh": Scenario("runs", lambda desk: desk.asked("GET /runs")),
    "pause": Scenario("runs", says("paused (p)")),
    "down": Scenario("runs", on(DONE)),
    "up": Scenario("runs", on(DONE), first=("G", on(FAILED))),
    "left": Scenario("wide", on("train_lr"), first=("v", boxed)),
    "right": Scenario("wide", on("train_mlp"), first=("v", boxed)),
    "top": Scenario("runs", on(LIVE), first=("G", on(FAILED))),
    "bottom": Scenario("runs", on(FAILED)),
    "page_down": Scenario("log", at_epoch(2, 20), first=("g", at_epoch(0))),
    "page_up": Scenario("log", at_epoch(20, 38)),
    "focus_next": Scenario("run", lambda desk: desk.pane(LogView).has_focus),
    "focus_previous": Scenario("log", lambda desk: desk.pane(RailView).has_focus),
    "theme": Scenario("runs", lambda desk: desk.app.theme == "textual-light", argument="light"),
    "quit": Scenario("quit", lambda desk: desk.app._exit),
}


@pytest.mark.parametrize("start", sorted({one.start for one in SCENARIOS.values()}))
def test_every_command_does_what_it_says(
    start: str,
    make_app: Callable[..., TrainautoApp],
    stage: Stage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("PAGER", f"sh -c 'cat > {tmp_path}/paged'")
    monkeypatch.chdir(tmp_path)
    wanted = {
        one.name: (one, SCENARIOS[one.name])
        for one in COMMANDS
        if one.name in SCENARIOS and SCENARIOS[one.name].start == start
    }
    results = played(make_app(), stage, tmp_path, wanted)
    assert {name: error for name, error in results.items() if error is not None} == {}


def test_every_command_has_a_scenario_and_every_scenario_its_command() -> None:
    assert set(SCENARIOS) == {one.name for one in COMMANDS}
