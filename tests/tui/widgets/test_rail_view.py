from collections.abc import Callable

from tests.tui.driving import Driver, drive, lines, place, settled, until
from tests.tui.stage import LIVE, Stage, run, step
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.rail_view import CUT, RailView

PAIRS = 24  # crossed, so that 26 lanes lie side by side


def test_a_rail_has_the_room_of_the_screen_and_says_where_it_is_cut(
    make_app: Callable[..., TrainautoApp], stage: Stage
) -> None:
    makers = [step(f"p{n}", "pending") for n in range(PAIRS)]
    users = [step(f"q{n}", "pending", f"p{n}", f"p{PAIRS - 1 - n}") for n in range(PAIRS)]
    stage.runs[LIVE] = run(LIVE, "running", [*makers, *users])

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        rail = place(pilot).query_one(RailView)
        rail.select("q11")
        await until(pilot, lambda: any(CUT in line for line in lines(rail)))
        await pilot.resize_terminal(160, 50)
        await until(pilot, lambda: not any(CUT in line for line in lines(rail)))
        assert any("┼─╯" in line and "q11" in line for line in lines(rail))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: any(CUT in line for line in lines(rail)))

    drive(make_app(run=LIVE), script)
