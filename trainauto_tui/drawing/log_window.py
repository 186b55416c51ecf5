"""The bytes of a log that were fetched lately, in blocks, the oldest forgotten first."""

from collections import OrderedDict

BLOCK = 65536


class LogWindow:
    """A cache of at most ``blocks`` blocks; a block holds one unbroken piece of its range."""

    def __init__(self, blocks: int = 64) -> None:
        self._limit = blocks
        self._blocks: OrderedDict[int, tuple[int, bytes]] = OrderedDict()

    def put(self, start: int, data: bytes) -> None:
        """Keep ``data``, which stands at byte ``start`` of the log."""
        end = start + len(data)
        for number in range(start // BLOCK, (end + BLOCK - 1) // BLOCK):
            first = max(start, number * BLOCK)
            piece = data[first - start : min(end, (number + 1) * BLOCK) - start]
            self._blocks[number] = _joined(self._blocks.get(number), first, piece)
            self._blocks.move_to_end(number)
        while len(self._blocks) > self._limit:
            self._blocks.popitem(last=False)

    def get(self, start: int, end: int) -> bytes | None:
        """Return bytes ``start`` to ``end``, or None when any of them is not here."""
        pieces: list[bytes] = []
        for number in range(start // BLOCK, (end + BLOCK - 1) // BLOCK):
            first, data = self._blocks.get(number, (0, b""))
            low, high = max(start, number * BLOCK), min(end, (number + 1) * BLOCK)
            if low < first or high > first + len(data):
                return None
            pieces.append(data[low - first : high - first])
        return b"".join(pieces)


def _joined(old: tuple[int, bytes] | None, first: int, piece: bytes) -> tuple[int, bytes]:
    """Return old and new piece as one where they touch, else the new one."""
    if old is None:
        return first, piece
    start, data = old
    if start <= first <= start + len(data):
        kept = data[: first - start] + piece
        return start, kept + data[len(kept) :]
    if first <= start <= first + len(piece):
        return first, piece + data[first + len(piece) - start :]
    return first, piece
