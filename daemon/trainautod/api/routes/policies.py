"""GET /policies: every policy, what it waits for, and what it said last."""

from typing import Any

from trainautod.api.routing import Call, Endpoint, NoBody, NoQuery
from trainautod.lineage import policies as table
from trainautod.lineage.times import optional_iso
from trainautod.runtime.catalog import Unread
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.errors import RequestInvalid
from trainautod.runtime.policies import Registered, registered
from trainautod.runtime.submission import typed_params
from trainautod.spec import Policy, Template
from trainautod.triggers.globs import Pattern
from trainautod.triggers.policies import PolicyState, cooldown_until, is_armed


async def list_policies(daemon: Daemon, _call: Call[NoQuery, NoBody]) -> dict[str, Any]:
    """List the policies, those of pipelines too, by name."""
    return {"policies": await policy_documents(daemon)}


async def policy_documents(daemon: Daemon) -> list[dict[str, Any]]:
    """Return the document of every policy, by name."""
    rows = await daemon.store.read(table.rows)
    known = registered(daemon.catalog)
    states = {name: PolicyState.from_json(row.state) for name, row in rows.items()}
    found = [_document(daemon, known[n], states.get(n, PolicyState())) for n in known]
    found += [_unread(each) for each in daemon.catalog.unread.values() if each.kind == "policy"]
    return sorted(found, key=lambda each: str(each["name"]))


def _document(daemon: Daemon, known: Registered, state: PolicyState) -> dict[str, Any]:
    policy, entry, now_ms = known.policy, known.entry, daemon.clock.now_ms()
    return {
        "name": policy.name,
        "kind": "drift" if known.own else "policy",
        "path": entry.source.path,
        "on": policy.on,
        "by_signal": policy.by_signal,
        "meant": policy.meant,
        "if": policy.condition,
        "pipeline": policy.pipeline,
        "target": _target(daemon, policy.pipeline),
        "misfit": _misfit(daemon, policy),
        "cooldown_s": policy.cooldown_s,
        "clear_below": policy.clear_below,
        "for": policy.consecutive,
        "top": policy.top,
        "watch": [_text(pattern) for pattern in known.watch],
        "max_age_s": policy.max_age_s,
        "model": policy.model,
        "state": "broken" if entry.problems else "ok",
        "problems": list(entry.problems),
        "armed": is_armed(policy, state),
        "streak": state.streak,
        "fired_at": optional_iso(state.fired_ms),
        "fired_run_id": state.fired_run_id,
        "cooldown_until": optional_iso(cooldown_until(policy, state, now_ms)),
        "last_event_at": optional_iso(state.event_ms),
        "last_value": state.value,
        "last_verdict": state.verdict,
    }


def _target(daemon: Daemon, name: str) -> str:
    """Return how the pipeline is that a policy runs: ``ok``, ``broken`` or ``missing``."""
    entry = daemon.catalog.entries.get(name)
    if entry is None:
        return "broken" if name in daemon.catalog.unread else "missing"
    return "broken" if entry.problems else "ok"


def _misfit(daemon: Daemon, policy: Policy) -> str | None:
    """Return why the params of ``with`` do not fit the pipeline, as far as that shows by now."""
    entry = daemon.catalog.entries.get(policy.pipeline)
    if entry is None:
        return None
    pipeline, given = entry.source.pipeline, dict(policy.params)
    for name, value in policy.params.items():
        if isinstance(value, str) and Template.parse(value).names:
            given[name] = pipeline.params.get(name, value)  # what it will be is not known yet
    try:
        typed_params(pipeline, given)
    except RequestInvalid as error:
        return str(error)
    return None


def _text(pattern: Pattern) -> str:
    if pattern.plain:
        return pattern.base
    return "/".join((pattern.base.rstrip("/"), *pattern.parts))


def _unread(entry: Unread) -> dict[str, Any]:
    """Return the document of a policy of which only name and file are known."""
    rule = ("if", "clear_below", "top", "max_age_s", "model")
    memory = ("misfit", "fired_at", "fired_run_id", "cooldown_until", "last_event_at", "last_value")
    return {
        **dict.fromkeys((*rule, *memory, "last_verdict")),
        "name": entry.name,
        "kind": "policy",
        "path": entry.path,
        "on": "",
        "by_signal": False,
        "meant": None,
        "pipeline": "",
        "target": "missing",
        "cooldown_s": 0.0,
        "for": 1,
        "watch": [],
        "state": "broken",
        "problems": list(entry.problems),
        "armed": False,
        "streak": 0,
    }


ENDPOINTS = (Endpoint("GET", "/policies", list_policies),)
