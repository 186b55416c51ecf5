"""From a request to a run: parameters, scheduled time, forced steps, nodes."""

import difflib
import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from tzlocal import get_localzone

from trainautod.engine import RetryRule, StepNode
from trainautod.planning.graph import Graph
from trainautod.runtime.errors import RequestInvalid, UnknownStep
from trainautod.runtime.resolver import needs_of
from trainautod.spec import Pipeline, Policy, Step
from trainautod.spec.cron import Cron, timing
from trainautod.spec.policy import policies_of

_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True, slots=True)
class Source:
    """A pipeline as it was read: its file, its text, and what the text means."""

    path: str
    text: str
    pipeline: Pipeline

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return self.pipeline.name

    @property
    def digest(self) -> str:
        """Names this text in the store."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies of the pipeline's own drift triggers."""
        return policies_of(self.pipeline)


@dataclass(frozen=True, slots=True)
class PolicySource:
    """A policy as it was read: its file, its text, and what the text means."""

    path: str
    text: str
    policy: Policy

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.policy.name

    @property
    def digest(self) -> str:
        """Names this text in the store."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policy itself."""
        return (self.policy,)


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What somebody asks for.

    Attributes:
        ds: the date to run for, ISO; today when None.
        scheduled_time: the slot, when a schedule asks.
        from_step: run this step and all that follow, whatever the cache says.
        force: run these steps, whatever the cache says.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    ds: str | None = None
    scheduled_time: datetime | None = None
    from_step: str | None = None
    force: tuple[str, ...] = ()
    force_all: bool = False
    trigger: Mapping[str, Any] = field(default_factory=lambda: {"kind": "manual"})


def typed_params(pipeline: Pipeline, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every parameter's value, converted to the type of its default.

    Raises:
        RequestInvalid: a name is not declared, or a value does not fit.
    """
    values = dict(pipeline.params)
    for name, value in given.items():
        if name not in values:
            close = difflib.get_close_matches(name, values, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            known = ", ".join(values) or "none"
            raise RequestInvalid(f"unknown param {name!r}{hint} (declared: {known})")
        values[name] = _convert(name, value, values[name])
    return values


def scheduled_time(pipeline: Pipeline, request: RunRequest, now_ms: int) -> datetime:
    """Return the time the run stands for, in the pipeline's zone.

    Raises:
        RequestInvalid: ``ds`` is not a date.
    """
    if request.scheduled_time is not None:
        return request.scheduled_time
    zone = zone_of(pipeline)
    if request.ds is None:
        return datetime.fromtimestamp(now_ms // 1000, zone)
    try:
        day = date.fromisoformat(request.ds)
    except ValueError as error:
        raise RequestInvalid(f"ds {request.ds!r} is not a date such as 2013-07-10") from error
    return datetime.combine(day, _time_of_day(pipeline), zone)


def zone_of(pipeline: Pipeline) -> tzinfo:
    """Return the zone of the first schedule, else this machine's."""
    for schedule in pipeline.schedule:
        if schedule.timezone is not None:
            return ZoneInfo(schedule.timezone)
    return get_localzone()


def forced_steps(pipeline: Pipeline, request: RunRequest) -> tuple[str, ...]:
    """Return the steps that must not be reused.

    Raises:
        UnknownStep: the request names a step that the pipeline does not have.
    """
    graph = graph_of(pipeline)
    wanted = [*request.force, *filter(None, [request.from_step])]
    for step in wanted:
        if step not in graph.order:
            close = difflib.get_close_matches(step, graph.order, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise UnknownStep(f"{pipeline.name} has no step {step!r}{hint}")
    if request.force_all:
        return tuple(graph.order)
    after = graph.descendants(request.from_step) if request.from_step else ()
    found = {*wanted, *after}
    return tuple(step for step in graph.order if step in found)


def graph_of(pipeline: Pipeline) -> Graph:
    """Return the pipeline's DAG."""
    return Graph({step.id: step.needs for step in pipeline.steps})


def nodes_of(pipeline: Pipeline) -> tuple[StepNode, ...]:
    """Return the engine's nodes, in topological order."""
    steps = {step.id: step for step in pipeline.steps}
    return tuple(_node(steps[step_id]) for step_id in graph_of(pipeline).order)


def _node(step: Step) -> StepNode:
    retry = step.retry
    rule = RetryRule(
        limit=retry.limit,
        interval_s=retry.interval_s,
        backoff=retry.backoff,
        max_interval_s=retry.max_interval_s,
        exit_codes=tuple(retry.exit_codes),
    )
    return StepNode(
        id=step.id,
        needs=tuple(step.needs),
        retry=rule,
        slots=needs_of(step),
        foreach=step.foreach is not None,
    )


def _time_of_day(pipeline: Pipeline) -> time:
    """Return when on a day the first schedule fires first, else midnight."""
    for schedule in pipeline.schedule:
        fires = timing(schedule.cron)
        if isinstance(fires, Cron):
            return time(min(fires.hours), min(fires.minutes))
    return time(0)


def _convert(name: str, value: Any, default: Any) -> Any:
    try:
        if value is None and default is not None:
            raise TypeError
        if isinstance(default, bool):
            return _boolean(value)
        if isinstance(default, int):
            return _whole(value)
        if isinstance(default, float):
            return _finite(value)
        if isinstance(default, str):
            return str(value)
    except (TypeError, ValueError, OverflowError):
        kind = type(default).__name__
        raise RequestInvalid(f"param {name}: {value!r} is not {kind}, as its default is") from None
    return value


def _boolean(value: Any) -> bool:
    word = str(value).lower()
    if word not in (*_TRUE, *_FALSE):
        raise ValueError(word)
    return word in _TRUE


def _whole(value: Any) -> int:
    """Return an integer, also one written as ``1e3``; every digit of a long one counts."""
    try:
        return int(str(value))
    except ValueError:
        number = _finite(value)
    if not number.is_integer():
        raise ValueError(value)
    return int(number)


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(number := float(value)):
        raise ValueError(value)
    return number


def commands_of(steps: Iterable[Step]) -> list[str]:
    """Return the commands as written, templates and all."""
    return [step.run for step in steps]
