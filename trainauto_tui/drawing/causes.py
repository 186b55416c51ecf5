"""Why a run is there, and what will start another: in the same words in every list and screen.

Standard library only: the command line says it in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainauto_tui.documents import OtherTrigger, PipelineDocument

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


def awaited(pipeline: PipelineDocument) -> str:
    """Return what a pipeline without a next fire waits for: ``on data``; empty for nothing."""
    return next((f"on {_name(one)}" for one in pipeline.get("on", ())), "")


def others(pipeline: PipelineDocument) -> list[str]:
    """Return what starts a pipeline besides the clock: ``on data incoming/*.csv``."""
    return [f"on {name} {told}" for name, told in other_parts(pipeline)]


def other_parts(pipeline: PipelineDocument) -> list[tuple[str, str]]:
    """Return what starts a pipeline besides the clock: what happens, and which of that."""
    return [(_name(one), _which(one)) for one in pipeline.get("on", ())]


def _name(trigger: OtherTrigger) -> str:
    return trigger.get("event") or trigger["kind"]


def _which(trigger: OtherTrigger) -> str:
    condition = f"if {trigger['if']}" if trigger.get("if") else ""
    policy = f"by {trigger['policy']}" if trigger.get("policy") else ""
    return "  ".join(filter(None, (", ".join(trigger["path"]), condition, policy)))
