"""Reads a drawn rail back: follows the glyphs by their open sides, as an eye does."""

from trainauto_tui.drawing.rail import NODE, Rail

UP, DOWN, LEFT, RIGHT = "udlr"
OPEN = {
    " ": "",
    "─": LEFT + RIGHT,
    "│": UP + DOWN,
    "╭": RIGHT + DOWN,
    "╮": LEFT + DOWN,
    "╰": RIGHT + UP,
    "╯": LEFT + UP,
    "├": UP + DOWN + RIGHT,
    "┤": UP + DOWN + LEFT,
    "┬": LEFT + RIGHT + DOWN,
    "┴": LEFT + RIGHT + UP,
    "┼": UP + DOWN + LEFT + RIGHT,
    "╴": LEFT + RIGHT,
    "╶": LEFT + RIGHT,
}


class Tracer:
    """The drawing as a grid of glyphs."""

    def __init__(self, rail: Rail) -> None:
        self.rows = rail.rows
        self.grid = [row.cells.ljust(rail.width) for row in rail.rows]

    def edges(self) -> set[tuple[str, str]]:
        """Return every (need, step) that can be followed in the drawing."""
        self.check_joints()
        found: set[tuple[str, str]] = set()
        for number, row in enumerate(self.rows):
            for column in self._outputs(number):
                found |= {(row.step, self.rows[end].step) for end in self._below(number, column)}
        return found

    def check_joints(self) -> None:
        """Assert that every open side meets an open side: no line ends in the void."""
        for number, line in enumerate(self.grid):
            for column, glyph in enumerate(line):
                if glyph == NODE:
                    assert column == self.rows[number].node
                    continue
                sides = OPEN[glyph]
                if DOWN in sides:
                    assert self._opens_up(number + 1, column), (number, column, glyph)
                if UP in sides:
                    assert self._opens_down(number - 1, column), (number, column, glyph)
                if LEFT in sides and glyph != "╶":
                    assert self._opens_sideways(number, column - 1, RIGHT), (number, column)
                if RIGHT in sides and glyph != "╴":
                    assert self._opens_sideways(number, column + 1, LEFT), (number, column)

    def _glyph(self, number: int, column: int) -> str:
        if not (0 <= number < len(self.grid) and 0 <= column < len(self.grid[number])):
            return " "
        return self.grid[number][column]

    def _half(self, number: int) -> bool:
        """Return whether the row's node stands on a rung, with no lane of its own."""
        node = self.rows[number].node
        return self._glyph(number, node - 1) == "╴" or self._glyph(number, node + 1) == "╶"

    def _opens_up(self, number: int, column: int) -> bool:
        glyph = self._glyph(number, column)
        return not self._half(number) if glyph == NODE else UP in OPEN[glyph]

    def _opens_down(self, number: int, column: int) -> bool:
        glyph = self._glyph(number, column)
        return not self._half(number) if glyph == NODE else DOWN in OPEN[glyph]

    def _opens_sideways(self, number: int, column: int, side: str) -> bool:
        glyph = self._glyph(number, column)
        return glyph == NODE or side in OPEN[glyph]

    def _bus(self, number: int) -> dict[int, str]:
        """Return the glyphs that the row's node is connected with, by column."""
        node, found = self.rows[number].node, {}
        for step, leaving, entering in ((-1, LEFT, RIGHT), (1, RIGHT, LEFT)):
            column = node + step
            while (
                self._glyph(number, column) != NODE
                and entering in OPEN[self._glyph(number, column)]
            ):
                found[column] = self._glyph(number, column)
                if leaving not in OPEN[found[column]]:
                    break
                column += step
        return found

    def _outputs(self, number: int) -> list[int]:
        """Return the columns in which something leaves the row's node downward."""
        node = self.rows[number].node
        outputs = [column for column, glyph in self._bus(number).items() if glyph in "┬╮╭┤"]
        own = not self._half(number) and number + 1 < len(self.rows)
        return [*outputs, node] if own and self._opens_up(number + 1, node) else outputs

    def _below(self, number: int, column: int) -> list[int]:
        """Follow a lane down and return the rows of the steps that it leads to."""
        found: list[int] = []
        while True:
            number += 1
            glyph = self._glyph(number, column)
            if glyph == NODE:
                assert not self._half(number)
                return [*found, number]
            if glyph in "┴╯╰├":
                assert column in self._bus(number), "a merge that reaches no step"
                found.append(number)
                if glyph != "├":
                    return found
            else:
                assert glyph in "│┼┤", glyph
