from collections.abc import Callable
from typing import Any

from tests.tui.documents import drift as documents
from tests.tui.driving import Driver, app, drive, lines, place, screen, settled, until
from tests.tui.stage import Hands, Stage
from trainauto_tui.screens.drift_history import HistoryChart
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.drift_lists import FeatureRows, PolicyRows, SourceRows

MakeApp = Callable[..., TrainautoApp]
HISTORY = "GET /drift/reports"
WIDE = (120, 36)  # room for how many reports there are beside since when a score is high


async def open_drift(pilot: Driver, stage: Stage) -> None:
    await until(pilot, lambda: app(pilot).session.live and stage.listeners == 1)
    await pilot.press("6")
    await until(pilot, lambda: place(pilot).SCOPE == "drift")
    await settled(pilot)


def chart(pilot: Driver) -> list[str]:
    return lines(place(pilot).query_one(HistoryChart))


def rows(pilot: Driver, kind: type[SourceRows | FeatureRows | PolicyRows]) -> list[str]:
    return [" ".join(line.split()) for line in lines(place(pilot).query_one(kind))[1:]]


def asked(stage: Stage, request: str) -> int:
    return sum(one.startswith(request) for one in stage.requests)


def new_report(stage: Stage, score: float) -> None:
    """Let the flights have one report more."""
    every = documents.reports()
    latest = every[0] | {"id": 99, "at": "2013-07-10T06:10:30.000+00:00", "drift_score": score}
    known = documents.sources()
    known[0]["last_good"] = latest
    stage.answers["/drift"] = {"sources": known}
    stage.answers["/drift/reports"] = documents.paged([latest, *every])


def test_each_file_has_its_state_in_words_and_its_score(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        shown = rows(pilot, SourceRows)
        assert shown[0].startswith("monitoring/flights.json ● good 0.294 ▲ ━")
        assert shown[1].startswith("monitoring/scores.jsonl ? unknown 0.083 · ━")
        assert shown[2].startswith("monitoring/drift.parquet ◐ stale 0.140 △ ━")
        assert shown[3] == "monitoring/new.csv ◌ waiting - drift_policy"

    drive(make_app(), script)


def test_features_stand_in_the_order_of_their_scores_below_the_overall_one(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        names = [row.key for row in place(pilot).query_one(FeatureRows).rows]
        assert names == ["drift_score", *documents.FEATURES]
        assert "10 features" in screen(pilot)

    drive(make_app(), script)


def test_the_cursor_chooses_whose_history_is_drawn(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        assert "─ drift_score  34 reports " in screen(pilot)
        overall = chart(pilot)
        assert sum("┈" in line for line in overall) == 2
        await pilot.press("tab", "j")
        await until(pilot, lambda: "─ dep_delay  34 reports " in screen(pilot))
        await settled(pilot)
        assert chart(pilot) != overall
        assert asked(stage, HISTORY) == 1  # one file's reports have the scores of all features

    drive(make_app(), script, size=WIDE)


def test_another_file_has_its_own_features_history_and_policies(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        assert rows(pilot, PolicyRows)[0].startswith("drift_policy ○ disarmed 5h left")
        await pilot.press("j")
        await until(pilot, lambda: "1 report" in screen(pilot))
        await settled(pilot)
        assert [row.key for row in place(pilot).query_one(FeatureRows).rows] == [
            *("drift_score", "tenure", "plan")
        ]
        assert "unknown: line 9: features.tenure is NaN; last good stays: 0.083, 4h ago" in screen(
            pilot
        )
        assert rows(pilot, PolicyRows)[0].startswith("churn:drift ● armed 1 of 3")
        await pilot.press("j", "j")
        await until(pilot, lambda: "No valid report yet." in screen(pilot))
        assert "waiting: no report has come yet" in screen(pilot)
        await until(pilot, lambda: "no values yet" in screen(pilot))

    drive(make_app(), script)


def test_enter_goes_from_a_file_to_a_score_to_its_history_and_escape_back(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(place(pilot).focused, FeatureRows))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(place(pilot).focused, HistoryChart))
        assert place(pilot).query_one(HistoryChart).size.width == 80
        await pilot.press("j", "j")
        await until(pilot, lambda: "─ distance  34 reports " in screen(pilot))
        await pilot.press("G")
        await until(pilot, lambda: "─ pressure  34 reports " in screen(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(place(pilot).focused, FeatureRows))
        assert place(pilot).query_one(FeatureRows).selected == "pressure"

    drive(make_app(), script)


def test_enter_on_a_policy_goes_to_the_run_that_it_started(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        policies = place(pilot).query_one(PolicyRows)
        policies.focus()
        assert f"last run {documents.RUN}  31m ago" in screen(pilot)
        await pilot.press("G", "enter")
        await until(pilot, lambda: "slow-answers has started no run yet" in screen(pilot))
        await pilot.press("g")
        await until(pilot, lambda: policies.selected == "drift_policy")
        await pilot.press("enter")
        await until(pilot, lambda: place(pilot).address == ("run", documents.RUN))

    drive(make_app(), script)


def test_a_new_report_is_shown_when_it_is_told_of(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        new_report(stage, 0.445)
        stage.tell("drift_alert")
        await until(pilot, lambda: "0.445" in screen(pilot))
        await until(pilot, lambda: "35 reports" in screen(pilot))
        await settled(pilot)
        assert asked(stage, HISTORY) == 2

    drive(make_app(), script, size=WIDE)


def test_what_a_policy_says_after_an_event_is_looked_at_again(
    make_app: MakeApp, stage: Stage, hands: Hands
) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        stage.tell("drift_alert")
        await until(pilot, lambda: asked(stage, "GET /policies") == 2)
        await settled(pilot)
        changed = documents.policies()
        changed[2] |= {"armed": True, "last_verdict": "cleared: drift_score 0.02"}
        stage.answers["/policies"] = {"policies": changed}
        for _ in range(2):
            place(pilot).tick()
        await until(pilot, lambda: "cleared: drift_score 0.02" in screen(pilot))
        assert rows(pilot, PolicyRows)[0].startswith("drift_policy ◐ cooldown")

    drive(make_app(), script)


def test_events_of_others_fetch_nothing(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        stage.tell("attempt_finished", run_id=documents.RUN)
        stage.tell("slot_fired")
        stage.tell("drift_stale")
        await until(pilot, lambda: asked(stage, "GET /drift") - asked(stage, HISTORY) == 2)
        await settled(pilot)
        assert asked(stage, "GET /policies") == 2

    drive(make_app(), script)


def test_at_rest_it_writes_nothing_until_a_minute_is_over(
    make_app: MakeApp, stage: Stage, hands: Hands
) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        written: list[str] = []
        pilot.app._display = lambda *_: written.append("frame")  # type: ignore[method-assign]
        place(pilot)._ticks = 0
        for _ in range(50):
            hands.at += 1
            app(pilot).session._feed.heard_at = hands.at
            place(pilot).tick()
        await settled(pilot)
        assert written == []
        assert asked(stage, "GET /policies") == 1

    drive(make_app(), script)


def test_seconds_are_counted_for_a_minute(make_app: MakeApp, stage: Stage, hands: Hands) -> None:
    new_report(stage, 0.445)

    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        assert " 32s " in rows(pilot, SourceRows)[0]
        for passed, shown in ((4, "36s"), (23, "59s"), (1, "1m")):
            hands.at += passed
            app(pilot).session._feed.heard_at = hands.at
            place(pilot).tick()
            await settled(pilot)
            assert f" {shown} " in rows(pilot, SourceRows)[0]
        hands.at += 2
        assert not place(pilot).moving()

    drive(make_app(), script)


def test_a_fetch_that_finds_nothing_new_writes_nothing(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        written: list[str] = []
        pilot.app._display = lambda *_: written.append("frame")  # type: ignore[method-assign]
        for number in range(3):
            stage.tell("policy_held")
            await until(pilot, lambda number=number: asked(stage, "GET /policies") > number + 1)  # type: ignore[misc]
            await settled(pilot)
        assert written == []
        assert asked(stage, HISTORY) == 1

    drive(make_app(), script)


def test_without_drift_files_it_says_how_to_begin(make_app: MakeApp, stage: Stage) -> None:
    stage.empty()

    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        text = screen(pilot)
        assert "No drift file is watched yet." in text
        assert "trainauto add drift_policy.yaml" in text
        assert "trainauto drift compute" in text
        assert "No policy yet." in text

    drive(make_app(), script)


def test_a_daemon_that_knows_no_drift_says_so(make_app: MakeApp, stage: Stage) -> None:
    stage.fail("/drift", 404, "there is no /drift")

    async def script(pilot: Driver) -> None:
        await until(pilot, lambda: app(pilot).session.live)
        await pilot.press("6")
        await until(pilot, lambda: "there is no /drift" in screen(pilot))

    drive(make_app(), script)


def test_a_history_that_cannot_be_had_is_asked_for_again_at_the_next_look(
    make_app: MakeApp, stage: Stage
) -> None:
    stage.fail("/drift/reports", 503, "busy")

    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        assert "no values yet" in screen(pilot)
        assert "10 features" in screen(pilot)
        stage.failures.clear()
        await pilot.press("r")
        await until(pilot, lambda: "34 reports" in screen(pilot))

    drive(make_app(), script, size=WIDE)


def test_a_narrow_screen_shows_the_history_in_place_of_the_rest(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        assert "60×15 hides history (c), bars, policies" in screen(pilot)
        assert place(pilot).query_one(HistoryChart).size.height == 0
        await pilot.press("c")
        await until(pilot, lambda: any("┈" in line for line in chart(pilot)))
        assert "drift file" not in screen(pilot)
        await pilot.press("c")
        await until(pilot, lambda: "drift file" in screen(pilot))
        assert place(pilot).query_one(HistoryChart).size.height == 0

    drive(make_app(), script, size=(60, 15))


def test_lists_are_filtered_and_sorted(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        await pilot.press("slash", *"stale", "enter")
        sources = place(pilot).query_one(SourceRows)
        await until(pilot, lambda: [row.key for row in sources.rows] == [documents.CARDS])
        await until(pilot, lambda: "stale: no good report for 5 days" in screen(pilot))
        await pilot.press("escape", "tab", "s")
        features = place(pilot).query_one(FeatureRows)
        await until(
            pilot, lambda: [r.key for r in features.rows] == ["amount", "drift_score", "mcc"]
        )
        assert "feature▲" in screen(pilot)

    drive(make_app(), script)


def test_a_file_name_is_copied_whole(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        await pilot.press("y")
        assert app(pilot).clipboard == documents.FLIGHTS

    drive(make_app(), script)


def test_names_of_any_length_leave_room_for_the_bars(make_app: MakeApp, stage: Stage) -> None:
    features: dict[str, Any] = {f"{'very_' * 20}long_{n}": 0.3 for n in range(40)}
    latest = documents.reports()[0] | {"features": features}
    flights = documents.source(documents.FLIGHTS, "good", last_good=latest)
    documents.on(stage.answers, [flights])

    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        shown = rows(pilot, FeatureRows)
        assert all("…" in line and "┊" in line for line in shown[1:] if line)
        await pilot.resize_terminal(160, 50)
        await settled(pilot)
        assert sum("┊" in line for line in rows(pilot, FeatureRows)) > 20

    drive(make_app(), script)


def test_since_when_a_score_is_high_stands_above_its_history(
    make_app: MakeApp, stage: Stage
) -> None:
    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        assert "─ drift_score… ▲ since 07-07 05:40 ─" in screen(pilot)
        await pilot.press("tab", "G")
        await until(pilot, lambda: "─ pressure  34 reports " in screen(pilot))

    drive(make_app(), script)


def test_the_threshold_of_a_policy_is_drawn(make_app: MakeApp, stage: Stage) -> None:
    known = documents.policies()
    known[2] |= {"if": "drift_score > 0.55"}
    stage.answers["/policies"] = {"policies": known}

    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        assert [line.split()[0] for line in chart(pilot) if "┈" in line] == [
            *("0.550", "0.200", "0.100")
        ]

    drive(make_app(), script, size=WIDE)


def test_fifty_files_keep_their_bars_and_policies_beside_the_scrollbar(
    make_app: MakeApp, stage: Stage
) -> None:
    latest = documents.reports()[0]
    known = [
        documents.source(f"/srv/{n:02}/monitoring/x.json", "good", last_good=latest, policies=["p"])
        for n in range(50)
    ]
    documents.on(stage.answers, known)

    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        first = rows(pilot, SourceRows)[0]
        assert first.startswith("00/monitoring/x.json ● good 0.294 ▲ ━")
        assert first.endswith(" 31m p")

    drive(make_app(), script)


def test_bars_are_whole_at_every_width(make_app: MakeApp, stage: Stage) -> None:
    long = "/srv/pipelines/monitoring/" + "a_file_that_was_named_without_thinking_" * 3 + ".json"
    known = documents.sources()
    known[0] |= {"path": long, "policies": ["drift_policy", "another_policy_with_a_long_name"]}
    documents.on(stage.answers, known)

    async def script(pilot: Driver) -> None:
        await open_drift(pilot, stage)
        for width in (80, 100, 129, 130, 160):
            await pilot.resize_terminal(width, 40)
            await settled(pilot)
            top = lines(place(pilot).query_one(SourceRows))[0]
            first = rows(pilot, SourceRows)[0]
            assert "0.1" in top
            assert first.split(" ▲ ")[1].split(" ")[0].endswith("━"), width

    drive(make_app(), script)
