"""One line to type in, which does not lose what is typed before it is there."""

from textual import events
from textual.widgets import Input


class Line(Input):
    """A line of text without a frame; its cursor does not blink, which would write for ever."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text, select_on_focus=False, compact=True)
        self.cursor_blink = False
        self._early: list[str] = []

    def take(self, event: events.Key) -> bool:
        """Take a key that came to the screen, as those do that the focus comes too late for.

        Returns:
            Whether it was a character or Enter.
        """
        character = "\n" if event.key == "enter" else event.character
        if not character or not (event.is_printable or character == "\n"):
            return False
        self._early.append(character)
        if self.has_focus:
            self.catch_up()
        return True

    def catch_up(self) -> None:
        """Write what was typed so far; Enter submits it, and what came after that is dropped."""
        early, self._early = self._early, []
        for character in early:
            if character == "\n":
                self.post_message(self.Submitted(self, self.value))
                return
            self.insert_text_at_cursor(character)

    def write(self, text: str) -> None:
        """Put ``text`` in the place of what stands there."""
        self.value = text
        self.cursor_position = len(text)
