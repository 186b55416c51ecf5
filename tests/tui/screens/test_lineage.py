from collections.abc import Callable

import pytest

from tests.tui.documents import lineage as documents
from tests.tui.driving import Driver, app, drive, lines, place, screen, settled, until
from tests.tui.stage import LIVE, Stage
from trainauto_tui.screens.lineage import LineageScreen, NodeRows
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.text_pane import TextPane

MakeApp = Callable[..., TrainautoApp]


def pane(pilot: Driver, name: str) -> NodeRows:
    current = place(pilot)
    assert isinstance(current, LineageScreen)
    return current.pane(name)


def facts(pilot: Driver) -> str:
    return "\n".join(lines(place(pilot).query_one("#facts", TextPane)))


async def open_lineage(pilot: Driver, stage: Stage) -> None:
    await until(pilot, lambda: app(pilot).session.live and stage.listeners == 1)
    await pilot.press("7")
    await until(pilot, lambda: place(pilot).SCOPE == "lineage")
    await settled(pilot)


async def centered(pilot: Driver, label: str) -> None:
    """Wait until ``label`` is in the middle."""
    await until(pilot, lambda: place(pilot).present and place(pilot).SCOPE == "lineage")
    await until(pilot, lambda: f" {label}" in lines(pane(pilot, "node"))[1])
    await until(pilot, lambda: place(pilot).at_rest)


def test_it_begins_at_the_latest_run(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_lineage(pilot, stage)
        assert pane(pilot, "node").selected == f"run:{LIVE}"
        assert pane(pilot, "node").has_focus
        assert len(pane(pilot, "from").rows) == 2
        assert len(pane(pilot, "into").rows) == 6
        assert f"id        {LIVE}" in facts(pilot)
        assert "params    days=7  learning_rate=0.1" in "\n".join(
            "".join(span.text for span in line)
            for line in place(pilot).query_one("#facts", TextPane)._said
        )

    drive(make_app(), script)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
def test_enter_walks_and_back_keys_return(
    make_app: MakeApp, stage: Stage, size: tuple[int, int]
) -> None:
    async def script(pilot: Driver) -> None:
        await open_lineage(pilot, stage)
        await pilot.press("l", "j", "j", "j", "enter")
        await centered(pilot, "train_lr")
        assert pane(pilot, "into").has_focus
        await pilot.press("enter")
        await centered(pilot, "delay@18")
        assert "2 back" in screen(pilot)
        assert pane(pilot, "node").has_focus  # nothing has come of it yet
        await pilot.press("backspace")
        await centered(pilot, "train_lr")
        assert pane(pilot, "into").selected == "version:delay@18"
        await pilot.press("minus")
        await centered(pilot, "flights-nightly")
        assert pane(pilot, "into").selected == f"step:{LIVE}/train_lr"
        await pilot.press("h", "h", "enter")
        await centered(pilot, "data/incoming/2013-07-09")
        await pilot.press("escape")
        await centered(pilot, "flights-nightly")
        assert "back" not in screen(pilot).split("\n", 1)[0]

    drive(make_app(), script, size)


def test_j_and_k_go_on_from_pane_to_pane_where_they_are_stacked(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_lineage(pilot, stage)
        await pilot.press("k")
        assert pane(pilot, "from").has_focus
        await pilot.press("j", "j", "j")
        assert pane(pilot, "into").has_focus
        await pilot.press("k", "k")
        assert pane(pilot, "from").has_focus

    drive(make_app(), script)


def test_side_by_side_they_stay_in_their_pane(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_lineage(pilot, stage)
        await pilot.press("l", "k", "k")
        assert pane(pilot, "into").has_focus
        tops = [pane(pilot, name).region.x for name in ("from", "node", "into")]
        assert tops == sorted(tops)
        assert len(set(tops)) == 3

    drive(make_app(), script, (120, 40))


def test_the_facts_are_those_of_the_node_under_the_cursor(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_lineage(pilot, stage)
        await pilot.press("h")
        await until(pilot, lambda: "input, 12.4 MiB" in facts(pilot))
        assert documents.DATA in facts(pilot).replace("\n", "").replace(" ", "")
        await pilot.press("y")
        assert pilot.app.clipboard == documents.DATA

    drive(make_app(), script)


def test_o_and_enter_on_the_middle_open_the_run(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_lineage(pilot, stage)
        await pilot.press("enter")
        await until(pilot, lambda: place(pilot).SCOPE == "run")
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).SCOPE == "lineage")
        await pilot.press("l", "enter")
        await centered(pilot, "ingest")
        await pilot.press("o")
        await until(pilot, lambda: place(pilot).address == ("step", LIVE, "ingest"))

    drive(make_app(), script)


def test_from_a_file_o_goes_to_the_step_that_made_it(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await until(pilot, lambda: app(pilot).session.live)
        app(pilot).open_lineage(f"artifact:{documents.MODEL_FILE}")
        await centered(pilot, "model.joblib")
        await pilot.press("o")
        await until(pilot, lambda: place(pilot).address == ("step", LIVE, "train_lr"))
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).SCOPE == "lineage")
        app(pilot).open_lineage(f"artifact:{documents.DATA}")
        await centered(pilot, "data/incoming/2013-07-09")
        await pilot.press("o")
        await until(pilot, lambda: "No run made it" in screen(pilot))

    drive(make_app(), script)


def test_a_node_that_cannot_be_had_leaves_the_walk_as_it_was(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_lineage(pilot, stage)
        await pilot.press("l", "j", "enter")  # validate: nothing is told of it
        await until(pilot, lambda: "no such thing: /lineage" in screen(pilot))
        assert place(pilot).address == ("lineage", f"run:{LIVE}")
        assert "1 back" not in screen(pilot)

    drive(make_app(), script)


def test_what_is_unknown_is_said_in_the_middle(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await until(pilot, lambda: app(pilot).session.live)
        app(pilot).open_lineage("run:0none")
        await until(pilot, lambda: "no such thing: /lineage" in screen(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).SCOPE == "pipelines")

    drive(make_app(), script)


def test_a_status_changes_with_its_event(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_lineage(pilot, stage)
        told = documents.walks()
        told[f"run:{LIVE}"]["node"]["status"] = "succeeded"
        stage.answers["/lineage"] = documents.answered(told)
        stage.tell("attempt_finished", LIVE, run="succeeded")
        await until(pilot, lambda: "succeeded" in lines(pane(pilot, "node"))[1])

    drive(make_app(), script)


def test_the_facts_of_a_run_stay_where_they_are_read(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_lineage(pilot, stage)
        text = place(pilot).query_one("#facts", TextPane)
        text.focus()
        await pilot.press("G")
        await until(pilot, lambda: text.scroll_offset.y > 0)
        read = text.scroll_offset.y
        told = documents.walks()
        told[f"run:{LIVE}"]["node"]["status"] = "succeeded"
        stage.answers["/lineage"] = documents.answered(told)
        stage.tell("attempt_finished", LIVE, run="succeeded")
        await until(pilot, lambda: "succeeded" in lines(pane(pilot, "node"))[1])
        await settled(pilot)
        assert text.scroll_offset.y == read
        pane(pilot, "into").focus()
        await until(pilot, lambda: text.scroll_offset.y == 0)

    drive(make_app(), script)


def test_an_answer_that_the_reader_has_overtaken_is_not_shown(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_lineage(pilot, stage)
        walk = place(pilot)
        assert isinstance(walk, LineageScreen)
        late = walk.document
        assert late is not None
        await pilot.press("right", "enter")
        await until(pilot, lambda: walk.address != ("lineage", f"run:{LIVE}"))
        there = walk.address
        walk._got(late)
        assert walk.address == there
        await until(pilot, lambda: walk.document is not late)
        assert walk.address == there

    drive(make_app(), script)
