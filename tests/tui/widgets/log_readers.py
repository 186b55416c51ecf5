"""Readers of logs in memory, and what they show."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.tui.memory_log import Memory
from trainauto_tui.widgets.log_view import kept, tape, viewer
from trainauto_tui.widgets.log_view.reader import Reader

Rows = list[tuple[int, int, str]]  # start of the line, part of it, text


def read(source: Memory, width: int = 60, height: int = 10) -> Reader:
    """Return a reader of ``source`` that has what it wants at first."""
    reader = Reader(source, True, lambda: None)
    reader.resize(width, height)
    source.answer()
    return reader


def texts(reader: Reader) -> list[str]:
    return [text for _, _, text in shown(reader)]


def shown(reader: Reader) -> Rows:
    rows = []
    for row in reader.rows:
        line = reader.text(row.line)
        assert line is not None
        text = line.text[row.cut.start : row.cut.end]
        rows.append((row.line.start, row.part, " " * row.cut.lead + text))
    return rows


def numbered(count: int, width: int = 0) -> bytes:
    return b"".join(b"line %d%s\n" % (n, b"." * width) for n in range(count))


@contextmanager
def small_pieces() -> Iterator[None]:
    """Read so little at a time that short logs have as many pieces as long ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tape, "PIECE", 64)
        patch.setattr(tape, "GROUP", 200)
        patch.setattr(viewer, "FAR_BEHIND", 256)
        patch.setattr(viewer, "MARGIN", 60)
        patch.setattr(viewer, "KEPT_MARGIN", 60)
        patch.setattr(kept, "PAGE", 3)
        patch.setattr(kept, "FIRST_SPAN", 50)
        yield


def here(reader: Reader, source: Memory) -> str:
    line = reader.here()
    assert line is not None
    assert not reader.searching
    return source.data[line.start : line.end].decode().rstrip("\n")
