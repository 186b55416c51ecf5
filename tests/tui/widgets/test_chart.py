import asyncio
from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult

from trainauto_tui.drawing.curves import Curve, Level
from trainauto_tui.widgets.chart import Chart

CURVE = Curve("loss", [(float(n), 1 / (n + 1)) for n in range(30)])
OTHER = Curve("auc", [(float(n), n / 30) for n in range(30)])


class ChartApp(App[None]):
    """One chart."""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Chart(plain=False, slow=False)


def drive(
    script: Callable[[ChartApp, Chart, Callable[[], Awaitable[None]]], Awaitable[None]],
) -> None:
    async def run() -> None:
        app = ChartApp()
        async with app.run_test(size=(60, 12)) as pilot:
            chart = app.query_one(Chart)

            async def drawn() -> None:
                for _ in range(1000):
                    await pilot.pause(0.01)
                    if not chart.busy:
                        return
                raise AssertionError("the chart was never drawn")

            await script(app, chart, drawn)

    asyncio.run(run())


def test_places_on_the_axis_may_have_names() -> None:
    async def script(_app: ChartApp, chart: Chart, drawn: Callable[[], Awaitable[None]]) -> None:
        chart.show([CURVE], "count", [f"day {n}" for n in range(30)], [Level(0.5, "bad")], 0.0)
        await drawn()
        lines = text(chart).splitlines()
        assert lines[-1].split() == ["day", "0", "day", "14", "day", "29"]
        assert any(line.strip().startswith("0.50 ┤") and "┈" in line for line in lines)

    drive(script)


def text(chart: Chart) -> str:
    return "\n".join(chart.render_line(y).text for y in range(chart.size.height))


def test_it_is_drawn_off_the_drawing_thread() -> None:
    async def script(_app: ChartApp, chart: Chart, drawn: Callable[[], Awaitable[None]]) -> None:
        chart.show([CURVE])
        assert chart.busy
        await drawn()
        assert "1.000 ┤" in text(chart)

    drive(script)


def test_what_did_not_change_is_not_drawn_again() -> None:
    async def script(_app: ChartApp, chart: Chart, drawn: Callable[[], Awaitable[None]]) -> None:
        chart.show([CURVE])
        await drawn()
        chart.show([Curve(CURVE.name, list(CURVE.points))])
        assert not chart.busy

    drive(script)


def test_a_newer_curve_waits_for_its_turn_and_a_new_size_does_not() -> None:
    async def script(app: ChartApp, chart: Chart, drawn: Callable[[], Awaitable[None]]) -> None:
        chart.show([CURVE])
        await drawn()
        before = text(chart)
        chart.show([Curve(CURVE.name, [*CURVE.points, (99.0, 9.0)])])
        assert text(chart) == before
        chart.styles.height = 8
        await drawn()
        assert text(chart) != before
        assert chart.size.height == 8

    drive(script)


def test_another_metric_is_drawn_at_once_and_never_under_the_name_of_one_before() -> None:
    async def script(_app: ChartApp, chart: Chart, drawn: Callable[[], Awaitable[None]]) -> None:
        chart.show([CURVE])
        await drawn()
        chart.show([OTHER])
        assert not text(chart).strip()
        await drawn()
        assert text(chart).strip()

    drive(script)
