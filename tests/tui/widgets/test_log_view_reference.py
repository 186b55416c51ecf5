"""Whatever a log holds and a reader does: what is shown equals a slow, obvious reference."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.tui.memory_log import Memory
from tests.tui.widgets.log_readers import Rows, read, shown, small_pieces
from trainauto_tui.drawing.terminal_text import styled
from trainauto_tui.widgets.log_view.reader import Reader

# The reference: every row of the whole log, one character at a time.


def folded(text: str, cells: int) -> list[str]:
    rows = [""]
    for char in text:
        if cell_len(rows[-1] + char) > max(cells, 2):
            rows.append("")
        rows[-1] += char
    return rows


def cropped(text: str, cells: int) -> str:
    row = ""
    for char in text:
        if cell_len(row + char) > cells:
            break
        row += char
    return row


def all_rows(log: bytes, reader: Reader, keep: str) -> Rows:
    rows: Rows = []
    start = 0
    for line in log.splitlines(keepends=True) if b"\r" not in log else _lines(log):
        wanted, bare = not keep.startswith("!"), keep.removeprefix("!")
        has = bare.encode() in (line if bare != bare.lower() else line.lower())
        if (not bare or has == wanted) and (
            not bare or line.endswith(b"\n") or reader.tape.complete
        ):
            text = styled(line.removesuffix(b"\n")).text
            parts = (
                folded(text, reader.width - 1) if reader.wrap else [cropped(text, reader.width - 1)]
            )
            rows += [(start, part, one) for part, one in enumerate(parts)]
        start += len(line)
    return rows


def _lines(log: bytes) -> list[bytes]:
    parts = log.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


PIECES = [
    *[b"a", b"b", b"B", b"ab", b" ", b"\t", b"x" * 30, b"\n", b"\n", b"\n", b"\n", b"\r"],
    *["模".encode(), "e\u0301".encode(), "👩\u200d🚀".encode(), b"\xff\xe6", b"[bold]"],
    *[b"\x1b[31m", b"\x1b[0m", b"\x1b]0;title\x07", b"\x1b[2J", b"\x1b]52;c;eHg=\x1b\\", b"\x1b"],
]
LOGS = st.lists(st.sampled_from(PIECES), max_size=120).map(b"".join)
MOVES = st.sampled_from(
    [
        ("move", 1),
        ("move", -1),
        ("move", 5),
        ("scroll", 3),
        ("scroll", -3),
        ("page", 1),
        ("page", -1),
    ]
)
OPERATIONS = st.one_of(
    MOVES,
    MOVES,
    st.sampled_from([("first", 0), ("follow", 0), ("wrap", 0), ("drag", 0.5), ("drag", 0.1)]),
    st.tuples(st.just("keep"), st.sampled_from(["", "a", "!a", "B", "zz"])),
    st.tuples(st.just("append"), LOGS),
    st.tuples(st.just("resize"), st.tuples(st.integers(3, 40), st.integers(1, 8))),
)


@dataclass
class Model:
    """Where the reader is, in the list of all rows."""

    top: int
    cursor: int
    follows: bool

    def act(self, name: str, amount: int, rows: Rows, height: int) -> None:
        """Do what a move does."""
        last, lowest = len(rows) - 1, max(len(rows) - height, 0)
        here = last if self.follows else self.cursor
        top = lowest if self.follows else min(self.top, lowest)
        there = max(min(here + amount, last), 0)
        if name == "move":
            if amount > 0 and here == last:
                self.follows = True
                return
            top = min(top, there) if there < top else max(top, there - height + 1)
        else:
            new = max(min(top + amount, lowest), 0)
            if amount > 0 and new == lowest:
                self.follows = True
                return
            wanted = there if name == "page" else here
            top, there = new, max(min(wanted, new + height - 1), new)
        self.top, self.cursor, self.follows = top, there, False


@settings(max_examples=100, deadline=None)
@given(LOGS, st.lists(OPERATIONS, max_size=14), st.booleans())
def test_what_is_shown_is_what_the_whole_log_would_show(
    log: bytes, operations: list[tuple[str, object]], complete: bool
) -> None:
    with small_pieces():
        source = Memory(log, complete=complete)
        reader = read(source, 20, 5)
        keep = ""
        model = Model(0, 0, True)
        for name, what in operations:
            before = all_rows(source.data, reader, keep)
            if name == "append" and not complete:
                source.data += what  # type: ignore[operator]
                reader.poll()
            elif name == "keep":
                keep = str(what)
                reader.keep(keep)
            elif name == "resize":
                reader.resize(*what)  # type: ignore[misc]
            elif name == "wrap":
                reader.toggle_wrap()
            elif name == "drag":
                reader.drag(float(what))  # type: ignore[arg-type]
            elif name in ("first", "follow"):
                getattr(reader, name)()
            elif name in ("move", "scroll", "page") and before:
                amount = int(what) * (max(reader.height - 1, 1) if name == "page" else 1)  # type: ignore[call-overload]
                model.act(name, amount, before, reader.height)
                reader.move(amount) if name == "move" else reader.scroll(amount, name == "page")
                source.answer()
                check(reader, source, keep, model)
            source.answer()
            sync(reader, source, keep, model)


def check(reader: Reader, source: Memory, keep: str, model: Model) -> None:
    """Compare place and cursor after a move."""
    rows = all_rows(source.data, reader, keep)
    assert reader.follows == model.follows
    if not model.follows:
        top = min(model.top, max(len(rows) - reader.height, 0))
        assert shown(reader) == rows[top : top + reader.height]
        cursor = [n for n, row in enumerate(reader.rows) if row.cursor]
        assert cursor == [model.cursor - top]


def sync(reader: Reader, source: Memory, keep: str, model: Model) -> None:
    """Check that a part of all rows is shown, and take over which one."""
    rows = all_rows(source.data, reader, keep)
    found = shown(reader)
    assert bool(found) == bool(rows)
    if not rows:
        return
    top = rows.index(found[0])
    assert found == rows[top : top + reader.height]
    model.follows, model.top = reader.follows, top
    if reader.follows:
        assert top == max(len(rows) - reader.height, 0)
    else:
        places = [n for n, row in enumerate(reader.rows) if row.cursor]
        here = reader._folded.spot(reader._here())
        model.cursor = [row[:2] for row in rows].index((here.offset, here.part))
        assert not places or places == [model.cursor - top]
