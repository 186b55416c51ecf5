"""The base of the dialogs: closed once, however often a key that closes them is pressed."""

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

R = TypeVar("R")


class Modal(ModalScreen[R]):
    """A screen above the others, which shine through around its frame."""

    DEFAULT_CSS = """
    Modal {
        align: center middle;
        background: $background 60%;
        & > Vertical, & > VerticalScroll {
            max-width: 100%; height: auto; max-height: 100%;
            border: round $primary; background: $surface; padding: 0 1;
            border-title-color: $foreground;
        }
        &:ansi { background: ansi_default; }
    }
    """

    def dismiss(self, result: R | None = None) -> AwaitComplete:
        """Close with ``result``.

        A second time, by a key that was pressed before the first one had its effect, nothing
        happens; Textual would close the screen below.
        """
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()
