"""What is typed to find runs."""

from datetime import datetime

from trainauto_tui.drawing.causes import KINDS
from trainauto_tui.screens.facet_line import PIPELINE, FacetLine, one_of

STATUSES = ("queued", "running", "succeeded", "failed", "cancelled", "skipped")


def _moment(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return f"{value} is no date such as 2013-07-10, nor an ISO 8601 time"
    return ""


RUNS = FacetLine(
    names=(PIPELINE, "status", "trigger", "since", "until"),
    known={"status": STATUSES, "trigger": KINDS},
    checks={
        "status": one_of("status", STATUSES),
        "trigger": one_of("trigger", KINDS),
        "since": _moment,
        "until": _moment,
    },
)
