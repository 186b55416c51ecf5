import asyncio
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.geometry import Region

from trainauto_tui.drawing.spans import Span
from trainauto_tui.widgets.live_rows import Column, LiveRows, Row


class Rows(LiveRows):
    """Two columns, a third from 60 cells on; counts what it repaints."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("name", 8),
        Column("note", None),
        Column("more", 6, right=True, from_width=60),
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
