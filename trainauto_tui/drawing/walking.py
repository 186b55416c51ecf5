"""Which box is next to which, for a cursor that walks through a drawn DAG."""

from collections.abc import Iterable, Mapping, Sequence

from trainauto_tui.drawing.boxes import Box


def neighbour(
    boxes: Mapping[str, Box],
    needs: Mapping[str, Sequence[str]],
    step: str,
    way: str,
    rows: int = 1,
) -> str:
    """Return the step where the cursor comes to from ``step``, which may be ``step`` itself.

    Args:
        boxes: Where the boxes are.
        needs: What each step needs.
        step: Where the cursor is.
        way: ``down`` and ``up`` follow the lines, or go to the next box that way where there are
            none; ``left`` and ``right`` stay in the layer as far as it goes; ``above`` and
            ``below`` go ``rows`` rows that way.
        rows: How far to go above or below.
    """
    here = boxes[step]
    lined = {"up": needs[step], "down": [one for one, of in needs.items() if step in of]}
    followed = [boxes[one] for one in lined.get(way, ()) if one in boxes]
    return _nearest(here, followed or _that_way(here, boxes.values(), way, rows), way).step


def _that_way(here: Box, boxes: Iterable[Box], way: str, rows: int) -> list[Box]:
    match way:
        case "left":
            return [box for box in boxes if box.column + box.width <= here.column]
        case "right":
            return [box for box in boxes if box.column >= here.column + here.width]
        case "up":
            return [box for box in boxes if box.row < here.row]
        case "down":
            return [box for box in boxes if box.row > here.row]
        case "above":
            return [box for box in boxes if here.row - rows <= box.row < here.row]
        case _:
            return [box for box in boxes if here.row < box.row <= here.row + rows]


def _nearest(here: Box, boxes: Iterable[Box], way: str) -> Box:
    """Return the nearest box, in rows first; of those far ``above`` or ``below``, the farthest."""

    def distance(box: Box) -> tuple[int, int]:
        away = abs(box.row - here.row)
        return (-away if way in ("above", "below") else away, abs(box.middle - here.middle))

    return min(boxes, key=distance, default=here)
