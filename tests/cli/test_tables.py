"""Tables at every width."""

import io

import pytest

from trainauto_tui.cli.tables import Cell, Column, Row, show
from trainauto_tui.cli.terminal import Terminal, fit, width_of

COLUMNS = (
    Column("step", flexible=True),
    Column("took", right=True),
    Column("reason", flexible=True),
    Column("memory", optional=True),
)
ROWS: list[Row] = [
    ["train", "1.2s", "code train.py changed: 3f2a1b2c → 91bc77aa, and so on and on", "512 MiB"],
    ["a_step_with_quite_a_long_name", "12m05s", "", "1 B"],
]


class Screen(io.StringIO):
    """A terminal without colours."""

    def isatty(self) -> bool:
        return True


def drawn(columns: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Screen()
    show(Terminal(stream), COLUMNS, ROWS)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("columns", [10, 20, 30, 40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(columns, monkeypatch)
    assert len(lines) == 3
    assert max(width_of(line) for line in lines) <= columns


def test_a_wide_terminal_shows_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "and so on and on  512 MiB" in drawn(200, monkeypatch)[1]


def test_a_narrow_one_cuts_long_texts_first_and_then_optional_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cut = drawn(80, monkeypatch)
    assert "…" in cut[1]
    assert "memory" in cut[0]
    assert "memory" not in drawn(46, monkeypatch)[0]


def test_a_pipe_gets_every_character_and_no_colour() -> None:
    stream = io.StringIO()
    show(Terminal(stream), COLUMNS, [[Cell("train", "red"), *ROWS[0][1:]]])
    assert stream.getvalue().splitlines() == [
        f"step   took  reason{' ' * 56}memory",
        f"train  1.2s  {ROWS[0][2]}  512 MiB",
    ]


def test_numbers_stand_at_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = drawn(200, monkeypatch)
    assert lines[1].index("1.2s") + len("1.2s") == lines[2].index("12m05s") + len("12m05s")


def test_line_breaks_and_controls_in_a_cell_do_not_break_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Screen()
    show(Terminal(stream), (Column("a"),), [["two\nlines \x1b[2J\x07"]])
    assert stream.getvalue() == "a\ntwo lines [2J\n"


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [("short", 5, "short"), ("longer", 5, "long…"), ("東京都", 5, "東京…"), ("x", 0, "")],
)
def test_a_cut_is_marked_and_wide_characters_count_twice(
    text: str, columns: int, shown: str
) -> None:
    assert fit(text, columns) == shown
    assert width_of(shown) <= columns
