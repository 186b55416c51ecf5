"""The commands of a log as a person gives them: by keys, on a screen, with a daemon's double."""

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.driving import Driver, drive, place, screen, settled, until
from tests.tui.stage import LIVE, Stage
from tests.tui.test_app import Terminal
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.log_view import LogView

MakeApp = Callable[..., TrainautoApp]
LOG = b"".join(b"\x1b[32mINFO\x1b[0m line %d\x1b]0;owned\x07\n" % number for number in range(5000))


async def opened(pilot: Driver) -> LogView:
    """Wait for the run, and give its log the focus."""
    await settled(pilot)
    log = place(pilot).query_one(LogView)
    log.focus()
    await until(pilot, lambda: log.has_focus and log.loaded)
    return log


async def ask(pilot: Driver, key: str, text: str) -> None:
    """Press ``key`` and answer its question."""
    await pilot.press(key)
    await asked(pilot)
    await pilot.press(*text, "enter")
    await until(pilot, lambda: not isinstance(pilot.app.focused, Input))


async def asked(pilot: Driver) -> None:
    """Wait for a question."""
    await until(pilot, lambda: isinstance(pilot.app.focused, Input))


def told(pilot: Driver) -> str:
    return "\n".join(one.message for one in pilot.app._notifications)


def here(log: LogView) -> str:
    assert log.reader is not None
    return next(
        log.render_line(y).text.strip() for y, row in enumerate(log.reader.rows) if row.cursor
    )


def test_search_filter_marks_and_copy(make_app: MakeApp, stage: Stage) -> None:
    stage.logs[LIVE, "train_xgb"] = LOG

    async def script(pilot: Driver) -> None:
        log = await opened(pilot)
        copied: list[str] = []
        pilot.app.copy_to_clipboard = copied.append  # type: ignore[assignment, method-assign]
        await ask(pilot, "slash", "info line 123")
        await until(pilot, lambda: "wrapped to the top" in screen(pilot))
        assert here(log) == "INFO line 123"
        await pilot.press("n")
        await until(pilot, lambda: here(log) == "INFO line 1230")
        await pilot.press("m", "N")
        await until(pilot, lambda: here(log) == "INFO line 123")
        await pilot.press("apostrophe")
        await until(pilot, lambda: here(log) == "●INFO line 1230")
        await pilot.press("j", "j", "y")
        await until(pilot, lambda: bool(copied))
        assert copied == ["INFO line 1230\nINFO line 1231\nINFO line 1232"]
        log.action_clear_marks()
        await ask(pilot, "ampersand", "line 49")
        await until(pilot, lambda: "&line 49 111" in screen(pilot))
        await pilot.press("G", "y")
        await until(pilot, lambda: len(copied) == 2)
        assert copied[1] == "INFO line 4999"

    drive(make_app(run=LIVE), script)


def test_a_question_taken_back_leaves_the_search_as_it_was(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        log = await opened(pilot)
        await ask(pilot, "slash", "epoch")
        await pilot.press("slash")
        await asked(pilot)
        await pilot.press(*"epochs")  # takes the place of what was searched before
        await until(pilot, lambda: "/epochs" in screen(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.focused is log)
        assert "".join(span.text for span in log.title_spans()).startswith("/epoch")
        assert "/epochs" not in screen(pilot)

    drive(make_app(run=LIVE), script)


def test_a_log_is_saved_once_whole_and_once_filtered(
    make_app: MakeApp, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.logs[LIVE, "train_xgb"] = LOG
    monkeypatch.chdir(tmp_path)

    async def script(pilot: Driver) -> None:
        log = await opened(pilot)
        await ask(pilot, "S", "")
        path = tmp_path / f"{LIVE}-train_xgb.log"
        await until(pilot, lambda: path.exists() and path.stat().st_size == len(LOG))
        assert path.read_bytes() == LOG
        await ask(pilot, "S", "")
        await until(pilot, lambda: "there already" in told(pilot))
        log.keep("line 77")
        await ask(pilot, "S", ".2")
        kept = tmp_path / f"{LIVE}-train_xgb.log.2"
        await until(pilot, lambda: kept.exists() and kept.read_bytes().count(b"\n") == 11)
        assert kept.read_bytes().startswith(b"\x1b[32mINFO\x1b[0m line 77\x1b]")
        await ask(pilot, "S", "/no/such/folder")
        await until(pilot, lambda: "cannot be written" in told(pilot))

    drive(make_app(run=LIVE), script)


def test_a_line_by_its_number(make_app: MakeApp, stage: Stage) -> None:
    stage.logs[LIVE, "train_xgb"] = LOG
    stage.answers[f"/runs/{LIVE}/steps/train_xgb/log/line"] = lambda query: {
        "start": sum(map(len, LOG.splitlines(keepends=True)[: int(query["number"]) - 1]))
    }

    async def script(pilot: Driver) -> None:
        log = await opened(pilot)
        log.action_goto_line("701")
        await until(pilot, lambda: not log.follows and here(log) == "INFO line 700")
        log.action_goto_line()
        await asked(pilot)
        await pilot.press("5", "enter")
        await until(pilot, lambda: here(log) == "INFO line 4")

    drive(make_app(run=LIVE), script)


def test_without_a_terminal_of_its_own_there_is_no_pager(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await opened(pilot)
        await pilot.press("o")
        await until(pilot, lambda: "cannot be lent" in told(pilot))

    drive(make_app(run=LIVE), script)


def test_the_pager_gets_lines_that_do_nothing_to_a_terminal(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.logs[LIVE, "train_xgb"] = LOG
    seen = tmp_path / "seen"
    monkeypatch.setenv("PAGER", f"sh -c 'cat > {seen}.part && mv {seen}.part {seen}'")
    terminal = Terminal("--home", str(stage.socket.parent), "--no-start", "--run", LIVE)
    assert terminal.read_until(lambda: b"line 4999" in terminal.written)
    terminal.press(b"\t")
    terminal.read_until(lambda: False, 0.3)
    terminal.press(b"o")
    assert terminal.read_until(seen.exists)
    assert seen.read_bytes() == LOG.replace(b"\x1b]0;owned\x07", b"")
    before = len(terminal.written)
    assert terminal.read_until(lambda: b"line 4999" in terminal.written[before:])
    terminal.press(b"q")
    assert terminal.exit_code() == 0
