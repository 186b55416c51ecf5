"""Reads drawn boxes back: goes down from every box, along the lines, as an eye does."""

from itertools import pairwise

from tests.tui.drawing.tracer import DOWN, LEFT, OPEN, RIGHT, UP
from trainauto_tui.drawing.boxes import HEIGHT, Box, Boxes

BACK = {UP: DOWN, DOWN: UP, LEFT: RIGHT, RIGHT: LEFT}
OPENS = {side: {ord(glyph): str(side in sides) for glyph, sides in OPEN.items()} for side in BACK}
STEP = {DOWN: (1, 0), LEFT: (0, -1), RIGHT: (0, 1)}


class BoxTracer:
    """The drawing as a grid of glyphs, and the boxes in it."""

    def __init__(self, drawing: Boxes) -> None:
        self.boxes = drawing.boxes
        self.grid = drawing.lines
        assert {len(line) for line in self.grid} <= {drawing.width}

    def edges(self) -> set[tuple[str, str]]:
        """Return every (need, step) that can be followed in the drawing."""
        self.check_joints()
        tops = {
            (box.row, column): box.step
            for box in self.boxes.values()
            for column in range(box.column, box.column + box.width)
        }
        found: set[tuple[str, str]] = set()
        for box in self.boxes.values():
            bottom = box.row + HEIGHT - 1
            for column in range(box.column + 1, box.column + box.width - 1):
                if self.glyph(bottom, column) == "┬":
                    ends = self._follow(bottom + 1, column, tops)
                    found |= {(box.step, end) for end in ends}
        return found

    def check_joints(self) -> None:
        """Assert that every open side meets an open side, and that boxes are whole and empty."""
        blank = " " * max(len(line) for line in self.grid) if self.grid else ""
        for upper, lower in pairwise([blank, *self.grid, blank]):
            assert upper.translate(OPENS[DOWN]) == lower.translate(OPENS[UP])
        for line in self.grid:
            assert f" {line}".translate(OPENS[RIGHT]) == f"{line} ".translate(OPENS[LEFT])
        for box in self.boxes.values():
            self._check_box(box)

    def glyph(self, number: int, column: int) -> str:
        """Return what stands in a cell; nothing stands outside."""
        if not (0 <= number < len(self.grid) and 0 <= column < len(self.grid[number])):
            return " "
        return self.grid[number][column]

    def _check_box(self, box: Box) -> None:
        left, right = box.column, box.column + box.width - 1
        rows = [self.grid[box.row + row][left : right + 1] for row in range(HEIGHT)]
        assert set(rows[0][1:-1]) <= {"─", "┴"}
        assert (rows[0][0], rows[0][-1]) == ("╭", "╮")
        assert set(rows[-1][1:-1]) <= {"─", "┬"}
        assert (rows[-1][0], rows[-1][-1]) == ("╰", "╯")
        assert all(row == "│" + " " * (box.width - 2) + "│" for row in rows[1:-1])

    def _follow(self, number: int, column: int, tops: dict[tuple[int, int], str]) -> set[str]:
        """Go down from a cell, at every joint every way but up; return the boxes reached."""
        ends: set[str] = set()
        ways = [(number, column, DOWN)]
        for number, column, heading in ways:
            if (number, column) in tops:
                ends.add(tops[number, column])
                continue
            column = self._along(number, column, heading)
            glyph = self.glyph(number, column)
            assert BACK[heading] in OPEN[glyph], (number, column, glyph)
            for side, (down, right) in STEP.items():
                straight = side == heading
                if side in OPEN[glyph] and (straight or (glyph != "┼" and side != BACK[heading])):
                    ways.append((number + down, column + right, side))
        return ends

    def _along(self, number: int, column: int, heading: str) -> int:
        """Skip what a horizontal line only passes through."""
        line = self.grid[number]
        if heading == DOWN or line[column] not in "─┼":
            return column
        rest = line[column:] if heading == RIGHT else line[column::-1]
        passed = len(rest) - len(rest.lstrip("─┼"))
        return column + (passed if heading == RIGHT else -passed)
