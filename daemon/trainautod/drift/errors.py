"""Errors of drift; each docstring is the default message and says what to do next.

What it says after its semicolon is the hint of an error with a message of its own.
"""


class DriftError(Exception):
    """Drift could not be measured; correct what the message names and try again."""

    def __init__(self, message: str = "", hint: str = "") -> None:
        told = (type(self).__doc__ or "").strip()
        self.message = message or told
        self.hint = hint or (told.rpartition("; ")[2].rstrip(".") if message else "")
        super().__init__(self.message)


class TableUnreadable(DriftError):
    """The table cannot be read; give CSV, parquet or JSON lines, whole and with a header."""


class TableMissing(DriftError):
    """There is no such file; check the path."""


class NoSuchColumn(DriftError):
    """The table has no such column; leave it out of --columns, or correct its name."""


class BinsUnusable(DriftError):
    """Those bins do not fit; take them from a report on the same columns."""


class NothingToJudge(DriftError):
    """No feature has rows enough for a verdict; compare more rows, or lower --min-rows."""


class ReportRefused(DriftError):
    """This is no report of drift; write drift_score, and features with a score each."""
