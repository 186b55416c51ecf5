from collections.abc import Callable
from pathlib import Path

from tests.tui.driving import Driver, drive, lines, place, screen, settled, until, write
from tests.tui.stage import FAILED, LIVE, Stage
from trainauto_tui.screens.pipelines import completed_path
from trainauto_tui.screens.run import RunScreen
from trainauto_tui.screens.runs import RunsScreen
from trainauto_tui.screens.trigger import TriggerScreen
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


def test_what_starts_a_pipeline_besides_the_clock_is_told(make_app: MakeApp, stage: Stage) -> None:
    stage.pipelines[1]["on"] = [
        {"kind": "data", "path": ["data/incoming/*.parquet"], "settle_s": 2.0, "batch_s": 0.0},
        {"kind": "drift", "path": ["monitoring/"], "if": "drift_score > 0.1"},
    ]

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        assert rows(pilot)[2].split() == ["hello", "●", "ok", "on", "data"]
        await pilot.press("j")
        detail = lines(place(pilot).query_one(Detail))
        assert detail[:2] == [
            " on data   data/incoming/*.parquet",
            " on drift  monitoring/  if drift_score > 0.1",
        ]

    drive(make_app(), script)


def test_each_of_several_schedules_says_when_it_fires(make_app: MakeApp, stage: Stage) -> None:
    stage.pipelines[0]["schedules"] = [
        {"cron": "0 2 * * *", "timezone": None, "next_fire": "2013-07-11T02:00:00.000+00:00"},
        {"cron": "@every 15m", "timezone": None, "next_fire": "2013-07-10T06:15:00.000+00:00"},
    ]

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        detail = lines(place(pilot).query_one(Detail))
        assert " schedule  0 2 * * *  tomorrow 02:00" in detail
        assert " schedule  @every 15m  06:15" in detail

    drive(make_app(), script)


def test_a_backfill_shows_how_far_it_is_and_why_it_stopped(make_app: MakeApp, stage: Stage) -> None:
    counts = {"waiting": 8, "running": 2, "succeeded": 3, "failed": 1, "skipped": 5}
    backfill = {
        "backfill": "0mwt9",
        "pipeline": "flights-nightly",
        "state": "running",
        "reason": None,
        "counts": counts,
    }
    stage.pipelines[0]["backfills"] = [backfill]

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: stage.listeners == 1)
        told = "4 of 14 slots done, 1 failed, 2 running  0mwt9"
        assert f" backfill  {told}" in lines(place(pilot).query_one(Detail))
        gone = {"state": "stopped", "reason": "stopped by user"}
        stage.pipelines[0]["backfills"] = [{**backfill, **gone}]
        stage.tell("backfill_stopped")
        whole = f" backfill  {told}; stopped by user"
        await until(pilot, lambda: whole in lines(place(pilot).query_one(Detail)))

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
        await until(pilot, lambda: isinstance(pilot.app.screen, TriggerScreen))
        await pilot.press("enter", "enter")
        assert "POST /runs" not in stage.requests
        await pilot.click("#run")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        assert stage.requests.count("POST /runs") == 1

    drive(make_app(home="/srv/ta"), script)


def test_no_pipelines_say_how_to_add_one(make_app: MakeApp, stage: Stage) -> None:
    stage.empty()

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        assert "trainauto add" in rows(pilot)[1]
        await pilot.press("T", "D", "enter", "G")
        assert place(pilot).SCOPE == "pipelines"

    drive(make_app(), script)


def test_a_wide_screen_has_durations_and_schedule(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        assert "■✘✔✔✔✔▶    ▇▂█▇▆▅   in 23h  tomorrow 06:00  0 2 * * *" in rows(pilot)[1]
        detail = "\n".join(lines(place(pilot).query_one(Detail)))
        assert f"{FAILED}  ✘ failed     for 2013-07-10 02:00      1:20  11m ago" in detail

    drive(make_app(), script, size=(160, 50))


def test_the_detail_tells_schedule_next_fire_params_and_steps(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        assert lines(place(pilot).query_one(Detail))[:4] == [
            " Retrain the delay model on the last seven days.",
            " schedule  0 2 * * * America/New_York",
            " next run  tomorrow 06:00, in 23h",
            " params    days=7  learning_rate=0.1",
        ]

    drive(make_app(), script)


def test_a_pipeline_is_forgotten_by_its_name(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("j", "D")
        assert "$ trainauto remove hello" in screen(pilot)
        await pilot.press("y", "enter", "escape")
        assert not any(request.startswith("DELETE") for request in stage.requests)
        await pilot.press("D", *"hello", "enter")
        await until(pilot, lambda: "DELETE /pipelines/hello" in stage.requests)
        await until(pilot, lambda: len(place(pilot).query_one(LiveRows).rows) == 2)

    drive(make_app(), script)


def test_a_pipeline_file_is_added_by_its_path(
    make_app: MakeApp, stage: Stage, tmp_path: Path
) -> None:
    (tmp_path / "daily.yaml").write_text("name: daily")

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        stage.fail("/pipelines", 422, "daily.yaml:1: steps are missing")
        await pilot.press("A")
        await write(pilot, f"{tmp_path}/da")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "daily.yaml:1: steps are missing" in screen(pilot))
        assert stage.bodies[-1] == {"path": str(tmp_path / "daily.yaml")}
        stage.failures.clear()
        await pilot.press("enter")  # what was typed is still there
        await until(pilot, lambda: any("daily" in row for row in rows(pilot)))

    drive(make_app(), script)


def test_a_path_is_completed_as_far_as_it_is_certain(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("nightly.yaml", "nightly-two.yml", "notes.txt"):
        (tmp_path / name).touch()
    assert completed_path(f"{tmp_path}/n") == f"{tmp_path}/nightly"
    assert completed_path(f"{tmp_path}/nightly-") == f"{tmp_path}/nightly-two.yml"
    assert completed_path(f"{tmp_path}/s") == f"{tmp_path}/sub/"
    assert completed_path(f"{tmp_path}/gone/x") == f"{tmp_path}/gone/x"
    assert completed_path("~no-such-user/x") == "~no-such-user/x"


def test_pipelines_are_filtered_and_sorted(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("slash", *"broken", "enter")
        assert "1 of 3" in rows(pilot)[0]
        assert "weekly-report" in rows(pilot)[2]
        await pilot.press("escape", *"ssss")
        assert [row.split()[0] for row in rows(pilot)[1:4]] == [
            "flights-nightly",
            "weekly-report",
            "hello",
        ]

    drive(make_app(), script)
