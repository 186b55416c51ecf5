"""A few lines about the selected row."""

from typing import ClassVar

from trainauto_tui.widgets.text_pane import TextPane


class Detail(TextPane, can_focus=False):
    """Lines of spans, folded, as high as they are many."""

    SCOPE: ClassVar[str] = ""
    DEFAULT_CSS = "Detail { height: auto; max-height: 40%; }"
