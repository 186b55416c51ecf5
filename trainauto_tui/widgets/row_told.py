"""What a list tells of one of its rows."""

from textual.message import Message
from textual.widget import Widget


class RowTold(Message):
    """Something about the row ``key`` of the list ``control``."""

    def __init__(self, control: Widget, key: str) -> None:
        super().__init__()
        self.key = key
        self._list = control

    @property
    def control(self) -> Widget:
        """The list."""
        return self._list
