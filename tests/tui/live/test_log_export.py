import pytest

from tests.tui.memory_log import Memory
from trainauto_tui.drawing.log_matches import Pattern
from trainauto_tui.live import log_export
from trainauto_tui.live.log_port import Part
from trainauto_tui.widgets.log_view.sending import Collected

LOG = b"".join(b"line %d\n" % number for number in range(1000)) + b"no newline"


def written(part: Part, log: bytes = LOG) -> bytes:
    source, sink = Memory(log), Collected(1 << 20)
    sizes: list[int] = []
    source.export(part, sink, sizes.append, lambda error: pytest.fail(str(error)))
    source.answer()
    assert sizes == [len(sink.data)]
    return bytes(sink.data)


@pytest.mark.parametrize("piece", [64, 1 << 20])
def test_the_whole_log_and_parts_of_whole_lines(
    piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_export, "PIECE", piece)
    assert written(Part()) == LOG
    assert written(Part(7, 8)) == b"line 1\n"
    assert written(Part(7, 15)) == b"line 1\nline 2\n"
    assert written(Part(len(LOG) - 10, len(LOG) - 9)) == b"no newline"
    assert written(Part(), b"") == b""


@pytest.mark.parametrize("page", [3, 10_000])
def test_lines_that_match_are_read_together_where_they_are_near(
    page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_export, "PAGE", page)
    expected = b"".join(line + b"\n" for line in LOG.splitlines() if b"7" in line)
    assert written(Part(pattern=Pattern("7"))) == expected
    without = b"".join(line + b"\n" for line in LOG.splitlines() if b"7" not in line)
    assert written(Part(pattern=Pattern("7", invert=True))) == without
    assert written(Part(0, 60, Pattern("7"))) == b"line 7\n"


def test_a_reader_that_leaves_ends_it() -> None:
    class Gone(Collected):
        def write(self, data: bytes) -> None:
            raise BrokenPipeError

    source, sizes = Memory(LOG), list[int]()
    source.export(Part(), Gone(1), sizes.append, lambda error: pytest.fail(str(error)))
    source.answer()
    assert sizes == [0]
