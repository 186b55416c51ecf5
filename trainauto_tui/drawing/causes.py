"""Why a run is there: one line for every list and screen that shows a run.

Standard library only: the command line says it in the same words.
"""

from collections.abc import Mapping
from typing import Any

Trigger = Mapping[str, Any]

#: What starts runs, as the facet ``trigger:`` takes it.
KINDS = ("manual", "cron", "data", "drift", "policy", "backfill")


def kind(trigger: Trigger) -> str:
    """Return what kind of thing started a run; empty when that is not known."""
    return str(trigger.get("kind") or "")


def cause(trigger: Trigger) -> str:
    """Return what exactly started a run, in one line.

    It is empty for a run that a person started, and for one of an older daemon, which recorded no
    more than the kind.
    """
    return " ".join(str(trigger.get("cause") or "").split())
