import math
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainauto_tui.charts import legend, plot
from trainauto_tui.drawing.amounts import duration
from trainauto_tui.drawing.curves import Curve, Level

FALLING = Curve("loss", [(n, 1 / (n + 1)) for n in range(40)])
RISING = Curve("auc", [(n, n / 40) for n in range(40)])


def text(curves: list[Curve], size: tuple[int, int] = (40, 10), plain: bool = False) -> list[str]:
    return ["".join(span.text for span in line) for line in plot(curves, size, plain=plain)]


def test_a_curve_goes_from_the_upper_left_to_the_lower_right() -> None:
    lines = text([FALLING])
    assert lines[0].startswith("1.000 ┤⢠")
    assert lines[7].startswith("0.025 ┤ ")
    assert lines[7].rstrip()[-1] in "⠂⠁⠒⠤⠄⣀⡀"
    assert lines[8] == "      └" + "─" * 33
    assert lines[9].split() == ["0", "19.5", "39"]


def test_it_fills_its_size_exactly() -> None:
    for size in ((40, 10), (20, 5), (133, 31)):
        lines = text([FALLING, RISING], size)
        assert len(lines) == size[1]
        assert {len(line) for line in lines[:-1]} == {size[0]}
        assert len(lines[-1]) <= size[0]


def test_what_is_beyond_the_ceiling_stands_there_and_does_not_flatten_the_rest() -> None:
    levels = (Level(0.1, "warn"),)

    def drawn(wild: float, plain: bool = False) -> list[str]:
        curve = Curve("drift_score", [(0, 0.1), (1, wild), (2, 0.4)])
        lines = plot([curve], (40, 10), plain=plain, levels=levels, ground=0.0, ceiling=1.0)
        return ["".join(span.text for span in line) for line in lines]

    assert drawn(18.4)[0].startswith("≥1.00 ┤")
    assert drawn(18.4, plain=True)[0].startswith(">1.00 +")
    assert drawn(1.0)[0].startswith("1.00 ┤")
    assert drawn(18.4) == drawn(1e300)
    assert drawn(0.5)[0].startswith("0.500 ┤")


def test_each_curve_has_a_colour_of_its_own() -> None:
    roles = {span.role for line in plot([FALLING, RISING], (40, 10)) for span in line}
    assert roles == {"muted", "live", "accent"}
    assert [span.role for span in legend([FALLING, RISING]) if "━" in span.text] == [
        "live",
        "accent",
    ]


def test_in_ascii_each_curve_has_a_mark_of_its_own() -> None:
    lines = text([FALLING, RISING], plain=True)
    assert all(line.isascii() for line in lines)
    assert {"*", "+"} <= set("".join(lines))
    assert "* loss 0.025  + auc 0.975" in "".join(s.text for s in legend([FALLING, RISING], True))


def test_a_legend_says_how_many_curves_it_leaves_out() -> None:
    assert legend([FALLING] * 6)[-1].text == "  and 2 more"


def test_the_horizontal_axis_can_be_of_time() -> None:
    last = plot([Curve("loss", [(0, 1.0), (90, 0.5)])], (60, 8), duration)[-1][0].text
    assert last.split() == ["0.00s", "45s", "1:30"]


def test_levels_are_lines_across_the_chart_named_at_their_side() -> None:
    levels = (Level(0.1, "warn"), Level(0.2, "bad"))
    for rows in range(8, 40):
        for top in (0.01, 0.1, 0.2, 0.27, 0.4, 1.3, 40.0):
            curve = Curve("drift_score", [(n, top * n / 9) for n in range(10)])
            chart = plot([curve], (60, rows), levels=levels, ground=0.0)
            drawn = ["".join(span.text for span in line) for line in chart]
            assert len(drawn) == rows
            across = [line for line in drawn if "┈" in line]
            assert across
            assert all("┤" in line and line.split()[0][:3] in ("0.1", "0.2") for line in across)
            assert {span.role for line in chart for span in line if "┈" in span.text} <= {
                "warn",
                "bad",
            }


def test_with_one_value_levels_go_all_the_way_across() -> None:
    chart = plot([Curve("x", [(5, 0.3)])], (40, 12), levels=[Level(0.1, "warn")], ground=0.0)
    across = [line for line in chart if any("┈" in span.text for span in line)]
    assert len(across) == 1
    assert sum(span.text.count("┈") for span in across[0]) > 30


def test_in_ascii_levels_are_dashes() -> None:
    lines = plot(
        [Curve("x", [(0, 0.0), (9, 0.1)])], (40, 12), plain=True, levels=[Level(0.3, "bad")]
    )
    drawn = ["".join(span.text for span in line) for line in lines]
    assert all(line.isascii() for line in drawn)
    assert any(line.startswith("0.300 +---") for line in drawn)


def test_one_value_is_a_dot_and_a_constant_a_line_in_the_middle() -> None:
    dot = text([Curve("loss", [(3, 0.5)])], (30, 9))
    assert dot[3].count("●") == 1
    assert dot[-1].split() == ["3"]
    flat = text([Curve("rows", [(n, 7.0) for n in range(9)])], (30, 9))
    assert [row for row, line in enumerate(flat[:7]) if set(line) & set("⠉⠒⠤⣀")] == [3]


@pytest.mark.parametrize(
    ("points", "said"),
    [([], "no values yet"), ([(1, math.nan), (2, math.inf)], "no finite value yet")],
)
def test_without_a_finite_value_it_says_so(points: list[tuple[float, float]], said: str) -> None:
    assert text([Curve("loss", points)]) == [said]


def test_without_room_it_says_so() -> None:
    assert text([FALLING], (12, 9)) == ["no room for a chart"]
    assert text([FALLING], (60, 4)) == ["no room for a chart"]


def test_what_is_not_finite_breaks_the_curve() -> None:
    points = [(n, math.nan if 10 <= n <= 30 else 1.0) for n in range(41)] + [(41, 0.0)]
    row = text([Curve("loss", points)], (46, 10))[0]
    assert row[20:35].isspace()
    assert not row[6:14].isspace()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(), st.floats()).filter(lambda at: at[0] == at[0]), max_size=40))
def test_any_values_can_be_drawn(points: list[tuple[float, float]]) -> None:
    finite = sorted(point for point in points if math.isfinite(point[0]))
    assert text([Curve("wild", finite)], (50, 9))


def test_threads_do_not_draw_into_one_another() -> None:
    alone = text([FALLING]), text([RISING])
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(text, [[FALLING], [RISING]] * 10))
    assert all(lines == alone[at % 2] for at, lines in enumerate(drawn))


def test_many_points_cost_little_more_than_few() -> None:
    many = [Curve(f"m{k}", [(n, math.sin(n / 50 + k)) for n in range(10_000)]) for k in range(4)]
    before = time.process_time()
    plot(many, (120, 20))
    assert time.process_time() - before < 5  # seconds of processor time
