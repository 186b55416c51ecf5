from collections.abc import Callable

from tests.tui.driving import Driver, drive, lines, place, screen, settled, until
from tests.tui.stage import LIVE, Stage
from trainauto_tui.screens.confirm import ConfirmScreen
from trainauto_tui.screens.run import RunScreen
from trainauto_tui.screens.runs import RunsScreen
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.live_rows import LiveRows

MakeApp = Callable[..., TrainautoApp]


def rows(pilot: Driver) -> list[str]:
    return lines(place(pilot).query_one(LiveRows))


def test_each_pipeline_has_state_history_and_next_fire(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        assert rows(pilot)[1:4] == [
            " flights-nightly ● ok     ■✘✔✔✔✔▶   in 23h tomorrow 06:00",
            " hello           ● ok",
            " weekly-report   ✘ broken ✔         in 4d  Sun 09:30",
        ]

    drive(make_app(), script)


def test_a_broken_file_shows_its_problems_with_their_lines(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("G")
        detail = lines(place(pilot).query_one(Detail))
        assert detail[1] == " weekly.yaml:14: unknown key 'need' at steps[2]: did you mean 'needs'?"

    drive(make_app(), script)


def test_a_broken_edit_appears_by_itself(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        stage.pipelines[1]["state"] = "broken"
        stage.tell("pipeline_broken")
        await until(pilot, lambda: "✘ broken" in rows(pilot)[2])

    drive(make_app(), script)


def test_enter_goes_to_its_runs_and_escape_back(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(place(pilot), RunsScreen))
        await settled(pilot)
        assert screen(pilot).startswith(" pipelines › flights-nightly ")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(place(pilot), RunScreen))
        await settled(pilot)
        assert screen(pilot).startswith(f" pipelines › flights-nightly › run {LIVE} ")
        await pilot.press("escape", "escape", "escape")
        assert screen(pilot).startswith(" pipelines  ")

    drive(make_app(), script)


def test_trigger_asks_first_and_goes_to_the_new_run(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("T")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        assert "$ trainauto run --home /srv/ta flights-nightly --detach" in screen(pilot)
        await pilot.press("enter", "enter")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        assert "POST /runs" not in stage.requests
        await pilot.press("y")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        assert stage.requests.count("POST /runs") == 1

    drive(make_app(home="/srv/ta"), script)


def test_no_pipelines_say_how_to_add_one(make_app: MakeApp, stage: Stage) -> None:
    stage.empty()

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        assert "trainauto add" in rows(pilot)[1]
        await pilot.press("T", "enter", "G")
        assert place(pilot).SCOPE == "pipelines"

    drive(make_app(), script)
