"""A log of any size, a windowful at a time.

The pane keeps where lines begin and the bytes that were fetched lately, and asks its source for
what it is about to need. A log opens at its end; what stands before is fetched when the reader
goes there. Searching and filtering is the daemon's work: only the places found travel.
"""

from trainauto_tui.widgets.log_view.view import LogView

__all__ = ["LogView"]
