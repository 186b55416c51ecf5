import json
from collections.abc import Callable
from functools import partial
from typing import Any

from textual.widgets import Input

from tests.tui.documents import events as documents
from tests.tui.driving import (
    Driver,
    answered,
    app,
    drive,
    lines,
    place,
    screen,
    settled,
    until,
    write,
)
from tests.tui.stage import Stage
from trainauto_tui.live import event_window
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.event_rows import EventRows
from trainauto_tui.widgets.text_pane import TextPane

MakeApp = Callable[..., TrainautoApp]


def rows(pilot: Driver) -> EventRows:
    return place(pilot).query_one(EventRows)


def detail(pilot: Driver) -> list[str]:
    return lines(place(pilot).query_one(TextPane))


async def open_events(pilot: Driver, stage: Stage) -> None:
    await until(pilot, lambda: app(pilot).session.live and stage.listeners == 1)
    await pilot.press("8")
    await until(pilot, lambda: place(pilot).SCOPE == "events")
    await settled(pilot)


def begins_at(pilot: Driver, number: str) -> bool:
    return rows(pilot).rows[0].key == number


async def ask(pilot: Driver, text: str) -> None:
    """Type ``text`` where the list is filtered."""
    await until(pilot, lambda: pilot.app.focused is rows(pilot))
    await pilot.press("slash")
    await until(pilot, lambda: isinstance(pilot.app.focused, Input))
    await pilot.press(*text, "enter")


def many(stage: Stage, count: int) -> list[dict[str, Any]]:
    """Put a history of ``count`` events on the stage, and return it."""
    history = [
        documents.event(number, "06:00:00.000", "retry_due", f"s{number}")
        for number in range(1, count + 1)
    ]
    stage.answers["/events"] = documents.pages(history)
    stage.sequence = count
    return history


def test_the_newest_events_are_there_in_words(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        assert rows(pilot).selected == "24"
        text = "\n".join(lines(rows(pilot)))
        assert "✘ attempt_finished 0bq2z9c4 evaluate    run failed; exited with 1;" in text
        assert "■ cancel_requested 0bq2z9c4             asked to end by ana" in text
        assert "event 24  2013-07-10 06:10:44.070" in screen(pilot)
        assert "FOLLOW" in screen(pilot)

    drive(make_app(), script)


def test_the_selected_event_is_told_in_full(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        rows(pilot).select("18")
        await until(pilot, lambda: "event 18" in screen(pilot))
        assert detail(pilot)[1:4] == [
            " exited with 1",
            " evaluate missed its threshold",
            " roc_auc 0.71 is below 0.82",
        ]
        await pilot.press("tab", "z")
        await until(pilot, lambda: '"kind": "attempt_finished"' in screen(pilot))

    drive(make_app(), script)


def test_it_follows_until_the_reader_goes_up(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        stage.sequence = 24
        stage.tell("run_submitted", "0new", run="queued")
        await until(pilot, lambda: rows(pilot).selected == "25")
        await pilot.press("k")
        assert "f follows" in screen(pilot)
        stage.tell("retry_due", "0new")
        await until(pilot, lambda: len(rows(pilot).rows) == 26)
        assert rows(pilot).selected == "24"
        await pilot.press("f")
        assert rows(pilot).selected == "26"
        await pilot.press("f")
        stage.tell("retry_due", "0new")
        await until(pilot, lambda: len(rows(pilot).rows) == 27)
        assert rows(pilot).selected == "26"
        await pilot.press("G")
        assert rows(pilot).follows

    drive(make_app(), script)


def test_scrolling_by_the_wheel_stops_following(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        rows(pilot).scroll_relative(y=-3, animate=False)
        await until(pilot, lambda: not rows(pilot).follows)

    drive(make_app(), script)


def test_earlier_pages_come_at_the_top_and_the_view_stays(
    make_app: MakeApp, stage: Stage, monkeypatch: Any
) -> None:
    monkeypatch.setattr(event_window, "PAGE", 50)
    monkeypatch.setattr(event_window, "LIMIT", 120)
    many(stage, 300)

    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        assert rows(pilot).rows[0].key == "251"
        await pilot.press("g")
        await until(pilot, lambda: rows(pilot).rows[0].key == "201")
        assert rows(pilot).selected == "251"
        assert any("s251" in line for line in lines(rows(pilot)))
        for first in ("151", "101", "51", "1"):
            await pilot.press("g")
            await until(pilot, partial(begins_at, pilot, first))
        assert len(rows(pilot).rows) == 120
        await pilot.press("g")
        assert "s1 " in lines(rows(pilot))[1]
        await pilot.press("f")
        await until(pilot, lambda: rows(pilot).selected == "300")

    drive(make_app(), script)


def test_going_down_from_old_pages_brings_the_newer_ones_back(
    make_app: MakeApp, stage: Stage, monkeypatch: Any
) -> None:
    monkeypatch.setattr(event_window, "PAGE", 50)
    monkeypatch.setattr(event_window, "LIMIT", 100)
    many(stage, 150)

    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        for first in ("51", "1"):
            await pilot.press("g")
            await until(pilot, partial(begins_at, pilot, first))
        assert rows(pilot).rows[-1].key == "100"
        await pilot.press("G")
        await until(pilot, lambda: rows(pilot).selected == "150")

    drive(make_app(), script)


def test_facets_go_to_the_daemon_and_words_filter_what_is_there(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        await ask(pilot, "kind:attempt_finished !succeeded")
        await until(pilot, lambda: [row.key for row in rows(pilot).rows] == ["11", "18"])
        assert any("kind=attempt_finished" in request for request in stage.requests)
        assert "events kind:attempt_finished" in screen(pilot)
        stage.sequence = 24
        stage.tell("retry_due", "0new")
        stage.tell("attempt_finished", "0new")
        await until(pilot, lambda: rows(pilot).rows[-1].key == "26")
        assert len(rows(pilot).rows) == 3
        await pilot.press("escape")
        await until(pilot, lambda: len(rows(pilot).rows) == 24)

    drive(make_app(), script)


def test_a_mistyped_facet_is_suggested_and_a_pipeline_completed(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        await ask(pilot, "pipelin:we")
        await until(pilot, lambda: "pipeline?" in screen(pilot))
        await answered(pilot, "documents")
        await write(pilot, "pipeline:we")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "events pipeline:weekly-report" in screen(pilot))

    drive(make_app(), script)


def test_the_beginning_of_a_run_s_id_will_do(make_app: MakeApp, stage: Stage) -> None:
    stage.answers["/runs/0bq2"] = {"run_id": documents.LOST}

    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        await ask(pilot, "run:0bq2")
        await until(pilot, lambda: [row.key for row in rows(pilot).rows] == ["17", "18", "19"])

    drive(make_app(), script)


def test_what_is_not_understood_is_said_and_asked_again(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        await ask(pilot, "knd:x")
        await until(pilot, lambda: "unknown facet 'knd'" in screen(pilot))
        await pilot.press("escape")
        await ask(pilot, "run:0none")
        await until(pilot, lambda: "no such thing: /runs/0none" in screen(pilot))
        await pilot.press("escape")
        assert len(rows(pilot).rows) == 24

    drive(make_app(), script)


def test_enter_goes_to_the_run_or_the_pipeline(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        rows(pilot).select("17")
        await pilot.press("enter")
        await until(pilot, lambda: place(pilot).SCOPE == "run")
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).SCOPE == "events")
        rows(pilot).select("20")
        await pilot.press("enter")
        await until(pilot, lambda: place(pilot).SCOPE == "runs")
        await pilot.press("escape")
        await until(pilot, lambda: place(pilot).SCOPE == "events")
        rows(pilot).select("1")
        await pilot.press("enter")
        await until(pilot, lambda: "there is nothing to open" in screen(pilot))

    drive(make_app(), script)


def test_y_copies_the_event_as_json(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        await pilot.press("y")
        assert json.loads(pilot.app.clipboard) == documents.history()[-1]

    drive(make_app(), script)


def test_events_below_the_view_repaint_no_row(
    make_app: MakeApp, stage: Stage, monkeypatch: Any
) -> None:
    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        await pilot.press("g")
        await until(pilot, lambda: place(pilot).at_rest and not rows(pilot).follows)
        painted: list[object] = []
        monkeypatch.setattr(rows(pilot), "_set_dirty", lambda *regions: painted.extend(regions))
        stage.sequence = 24
        stage.tell("retry_due", "0new")
        await until(pilot, lambda: len(rows(pilot).rows) == 25)
        assert painted == []

    drive(make_app(), script)


def test_a_store_that_was_replaced_is_shown_anew(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_events(pilot, stage)
        stage.answers["/events"] = documents.pages(documents.history()[:3])
        await pilot.press("r")
        await until(pilot, lambda: len(rows(pilot).rows) == 3)

    drive(make_app(), script)
