import asyncio
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Region

from tests.tui.driving import until
from trainauto_tui.drawing.spans import Span
from trainauto_tui.widgets.live_rows import Column, LiveRows, Row, Sorting


class Rows(LiveRows):
    """Two columns, a third from 60 cells on; counts what it repaints."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("name", 8, sort="up"),
        Column("note", None),
        Column("more", 6, right=True, from_width=60, sort="down"),
    )

    def __init__(self) -> None:
        super().__init__()
        self.painted_regions: list[Region | None] = []

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> "Rows":
        """Note what is repainted."""
        if hasattr(self, "painted_regions") and repaint:
            self.painted_regions += regions or [None]
        super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
        return self


class RowsApp(App[None]):
    """One table."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def compose(self) -> ComposeResult:
        yield Rows()

    def on_live_rows_highlighted(self, event: LiveRows.Highlighted) -> None:
        self.told.append(event.key)

    def on_live_rows_opened(self, event: LiveRows.Opened) -> None:
        self.told.append(f"open {event.key}")


def rows(*names: str, note: str = "quiet") -> list[Row]:
    return [Row(name, ((Span(name),), (Span(note),), (Span("7"),))) for name in names]


def texts(table: Rows) -> list[str]:
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


def test_rows_stand_under_their_headings() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 5)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(rows("alpha", "beta"))
            assert texts(table) == [" name  note", " alpha quiet", " beta  quiet", "", ""]

    asyncio.run(script())


def test_a_wide_screen_has_more_columns() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(70, 3)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(rows("alpha"))
            assert texts(table)[0].endswith("more")
            assert texts(table)[1].endswith("   7")
            assert table.hidden() == []
        async with RowsApp().run_test(size=(50, 3)) as pilot:
            assert pilot.app.query_one(Rows).hidden() == ["more"]

    asyncio.run(script())


def test_only_the_changed_row_is_repainted() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 9)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(rows("a", "b", "c"))
            await pilot.pause()
            table.painted_regions.clear()
            changed = [*rows("a"), *rows("b", note="moved"), *rows("c")]
            table.show_rows(changed)
            assert table.painted_regions == [Region(0, 2, 40, 1)]
            table.painted_regions.clear()
            table.show_rows(changed)
            assert table.painted_regions == []

    asyncio.run(script())


def test_the_cursor_stays_on_its_row_when_others_come() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 9)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(rows("a", "b"))
            await pilot.press("j")
            assert table.selected == "b"
            table.show_rows(rows("new", "a", "b"))
            assert table.selected == "b"
            table.show_rows(rows("new", "a"))
            assert table.selected == "a"
            table.show_rows([])
            assert table.selected is None

    asyncio.run(script())


def test_keys_move_the_cursor_and_keep_it_in_view() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 6)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(rows(*(f"r{n:02}" for n in range(30))))
            for key, row in [("G", 29), ("k", 28), ("g", 0), ("k", 0), ("ctrl+d", 4), ("down", 5)]:
                await pilot.press(key)
                assert table.selected == f"r{row:02}"
                assert any(f"r{row:02}" in line for line in texts(table)[1:])

    asyncio.run(script())


def test_enter_and_a_second_click_open_a_row() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 6)) as pilot:
            app = pilot.app
            assert isinstance(app, RowsApp)
            app.query_one(Rows).show_rows(rows("a", "b"))
            await pilot.press("enter")
            await pilot.click(Rows, offset=(3, 2))
            await pilot.click(Rows, offset=(3, 2))
            await pilot.pause()
            assert app.told == ["a", "open a", "b", "open b"]

    asyncio.run(script())


def test_a_message_stands_where_rows_would() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 4)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_message("Nothing here yet.")
            assert texts(table)[1] == " Nothing here yet."

    asyncio.run(script())


FRUIT = ("apple", "banana", "cherry", "Cranberry", "date")


def fruit() -> list[Row]:
    """Return a row per fruit; the longer the name the more of it."""
    return [
        Row(name, ((Span(name),), (Span("good"),), (Span("?"),)), {"more": float(len(name))})
        for name in FRUIT
    ]


def keys(table: Rows) -> list[str]:
    return [row.key for row in table.rows]


def test_a_filter_shows_the_rows_with_its_words_and_how_many() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 8)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(fruit())
            table.filter_text = "rr good !cherry"
            assert texts(table)[:3] == [
                " /rr good !cherry  1 of 5",
                " name     note",
                " Cranber… good",
            ]
            table.filter_text = "grape"
            assert texts(table)[2] == " No row has these words. / changes them."
            assert table.selected is None
            table.filter_text = ""
            assert keys(table) == list(FRUIT)

    asyncio.run(script())


def test_a_column_that_is_not_shown_matches_nothing() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(50, 8)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(fruit())
            table.filter_text = "?"
            assert keys(table) == []
            await pilot.resize_terminal(80, 8)
            await pilot.pause()
            assert keys(table) == list(FRUIT)

    asyncio.run(script())


def test_what_is_found_is_marked_where_it_stands() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 8)) as pilot:
            table = pilot.app.query_one(Rows)
            wide = Row("w", ((Span("東京 an"),), (Span("an"),), (Span(""),)))
            table.show_rows([*fruit(), wide])
            table.filter_text = "an"
            marked = [
                ["".join(text for text, style, _ in table.render_line(y) if bold(style))]
                for y in (2, 4)
            ]
            assert keys(table) == ["banana", "Cranberry", "w"]
            assert marked == [["anan"], ["anan"]]
            assert texts(table)[4] == " 東京 an  an"

    def bold(style: object) -> bool:
        return getattr(style, "underline", False) is True

    asyncio.run(script())


def test_the_cursor_stays_on_its_row_through_a_filter() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 8)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(fruit())
            table.select("cherry")
            table.filter_text = "rr"
            assert table.selected == "cherry"
            table.filter_text = "cran"  # its row is gone: the one that follows
            assert table.selected == "Cranberry"
            table.filter_text = ""
            assert table.selected == "cherry"
            table.filter_text = "banana"
            await pilot.press("k")
            table.show_rows(fruit()[:1])
            table.filter_text = ""
            assert table.selected == "apple"

    asyncio.run(script())


def test_rows_that_come_pass_the_filter_first() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 8)) as pilot:
            table = pilot.app.query_one(Rows)
            table.filter_text = "an"
            table.show_rows(fruit())
            assert keys(table) == ["banana", "Cranberry"]
            assert texts(table)[0] == " /an  2 of 5"

    asyncio.run(script())


def test_s_sorts_by_one_column_after_the_other() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(80, 8)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(fruit()[::-1])
            table.select("banana")
            heads, orders = [], []
            for _ in range(3):
                await pilot.press("s")
                heads.append(texts(table)[0].split())
                orders.append(keys(table))
                assert table.selected == "banana"
            assert heads[0] == ["name▲", "note", "more"]
            assert heads[1] == ["name", "note", "more▼"]
            assert orders == [
                ["apple", "banana", "cherry", "Cranberry", "date"],
                ["Cranberry", "banana", "cherry", "apple", "date"],
                list(FRUIT[::-1]),
            ]

    asyncio.run(script())


def test_s_leaves_out_a_column_that_has_no_room() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(50, 8)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(fruit())
            await pilot.press("s", "s")
            assert table.sorting is None

    asyncio.run(script())


def test_a_click_on_a_heading_sorts_and_reverses() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(80, 8)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(fruit())
            seen = []
            for _ in range(3):
                await pilot.click(Rows, offset=(76, 0))
                seen.append(table.sorting and table.sorting.down)
            assert seen == [True, False, None]
            await pilot.click(Rows, offset=(14, 0))  # cannot be sorted by
            assert table.sorting is None

    asyncio.run(script())


def test_an_update_under_a_sorted_list_moves_only_what_it_must() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(80, 9)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(fruit())
            table.sort_by(Sorting(2, True))
            await pilot.pause()
            table.painted_regions.clear()
            table.show_rows(fruit())
            assert table.painted_regions == []
            longer = [
                row._replace(order={"more": 99.0}) if row.key == "date" else row for row in fruit()
            ]
            table.show_rows(longer)
            assert keys(table)[0] == "date"

    asyncio.run(script())


def test_the_wheel_scrolls_without_moving_the_cursor() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 6)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(rows(*(f"r{n:02}" for n in range(30))))
            await pilot.pause()
            await pilot._post_mouse_events([events.MouseScrollDown], Rows, offset=(3, 3))
            await until(pilot, lambda: table.scroll_offset.y > 0)
            assert table.selected == "r00"

    asyncio.run(script())


def test_rows_that_come_below_the_view_repaint_nothing() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 4)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(rows("a", "b", "c", "d"))
            await pilot.pause()
            table.painted_regions.clear()
            table.show_rows(rows("a", "b", "c", "d", "e"))
            await pilot.pause()
            assert table.painted_regions == []
            assert table.max_scroll_y == 2

    asyncio.run(script())


def test_rows_that_come_into_view_repaint_themselves_only() -> None:
    async def script() -> None:
        async with RowsApp().run_test(size=(40, 6)) as pilot:
            table = pilot.app.query_one(Rows)
            table.show_rows(rows("a", "b"))
            await pilot.pause()
            table.painted_regions.clear()
            table.show_rows(rows("a", "b", "c"))
            await pilot.pause()
            assert table.painted_regions == [Region(0, 3, 40, 1)]

    asyncio.run(script())
