"""What an output can show."""

import io
import os

import pytest

from trainauto_tui.cli.terminal import Terminal


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_a_pipe_has_no_width_and_no_colours() -> None:
    pipe = Terminal(io.StringIO())
    assert (pipe.columns, pipe.interactive) == (None, False)
    assert pipe.style("x", "red") == "x"


def test_a_terminal_has_colours_unless_the_person_wants_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Terminal(Screen()).style("x", "red", "bold") == "\x1b[31;1mx\x1b[0m"
    monkeypatch.setenv("TERM", "dumb")
    assert Terminal(Screen()).style("x", "red") == "x"
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert Terminal(Screen()).style("x", "red") == "x"


def test_text_of_others_cannot_steer_a_terminal_but_reaches_a_pipe_unchanged() -> None:
    hostile = "a\x1b]0;t\x07\x9b2J\tb\n"
    assert Terminal(Screen()).clean(hostile) == "a]0;t2J\tb\n"
    assert Terminal(io.StringIO()).clean(hostile) == hostile


def test_glyphs_become_letters_where_the_encoding_has_none() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", newline="")
    Terminal(stream).line("✔ ▶ ✗ ○ ↻ é")
    assert raw.getvalue() == b"+ > x o = ?\n"
    stream.detach()


def test_a_reader_that_has_gone_is_noticed_without_writing() -> None:
    near, far = os.pipe()
    with os.fdopen(far, "w") as stream:
        terminal = Terminal(stream)
        assert not terminal.abandoned()
        os.close(near)
        assert terminal.abandoned()
    assert not Terminal(io.StringIO()).abandoned()
