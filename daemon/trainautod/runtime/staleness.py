"""Models that have had no new version for too long, each lapse told once."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from trainautod.lineage import Store, causes, events
from trainautod.lineage.causes import Newest
from trainautod.runtime.catalog import Catalog
from trainautod.runtime.clock import Clock
from trainautod.runtime.hub import EventHub
from trainautod.runtime.registrations import Documents
from trainautod.spec import Policy

EVENT = "model_stale"
HEARTBEAT_S = 15.0  # a suspended machine, a set clock and a new policy are noticed this soon
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Lapse:
    """A model whose newest version is older than a policy allows.

    Attributes:
        policy: the policy's name.
        max_age_s: the age that it allows.
        newest: the model and its newest version.
        age_ms: how old that is.
        number: how many times that age has passed, one or more.
    """

    policy: str
    max_age_s: float
    newest: Newest
    age_ms: int
    number: int

    @property
    def key(self) -> str:
        """What the lapse is told once by."""
        which = f"{self.newest.model}@{self.newest.version or self.newest.created_ms}"
        return f"{self.policy} {which} {self.max_age_s:g}s {self.number}"

    @property
    def data(self) -> dict[str, Any]:
        """What its event carries."""
        model, version = self.newest.model, self.newest.version
        age, limit = self.age_ms / DAY_MS, self.max_age_s * 1000 / DAY_MS
        since = "since its policy was added" if version is None else f"since version {version}"
        return {
            "model": model,
            "version": version,
            "age_days": round(age, 3),
            "reason": f"no new version for {age:.3g} days {since}, of {limit:.3g} allowed",
            "policy": self.policy,
            "max_age_s": self.max_age_s,
        }


def lapse_of(policy: Policy, newest: Newest, now_ms: int) -> Lapse | None:
    """Return the lapse that a model is in by a policy, or None while it is fresh."""
    if policy.max_age_s is None:
        return None
    age_ms = now_ms - newest.created_ms
    number = int(age_ms // (policy.max_age_s * 1000))
    return Lapse(policy.name, policy.max_age_s, newest, age_ms, number) if number > 0 else None


class Staleness:
    """Looks at the age of models for the policies that are on it."""

    def __init__(self, catalog: Catalog, store: Store, hub: EventHub, clock: Clock) -> None:
        self._catalog = catalog
        self._store = store
        self._hub = hub
        self._clock = clock

    async def run(self) -> None:
        """Tell of stale models until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(HEARTBEAT_S)

    async def look(self) -> None:
        """Tell what has gone stale since."""
        policies = [entry.source.policy for entry in self._catalog.policies.values()]
        asking = [policy for policy in policies if policy.on == EVENT]
        if not asking:
            return
        now_ms = self._clock.now_ms()
        if not await self._store.read(lambda c: _untold(c, asking, now_ms)):
            return
        for document in await self._store.write(lambda c: _tell(c, asking, now_ms)):
            self._hub.publish(document)


def _tell(connection: sqlite3.Connection, policies: list[Policy], now_ms: int) -> Documents:
    documents = []
    for each in _untold(connection, policies, now_ms):
        document = events.append(connection, kind="model_stale", at_ms=now_ms, data=each.data)
        causes.claim(connection, EVENT, each.key, document["seq"], now_ms)
        documents.append(document)
    return documents


def _untold(connection: sqlite3.Connection, policies: list[Policy], now_ms: int) -> list[Lapse]:
    models = causes.newest_versions(connection)
    found = (
        lapse_of(policy, newest, now_ms)
        for policy in policies
        for newest in _of_policy(connection, policy, models)
    )
    lapses = [each for each in found if each is not None]
    return [each for each in lapses if causes.event_of(connection, EVENT, each.key) is None]


def _of_policy(
    connection: sqlite3.Connection, policy: Policy, models: dict[str, Newest]
) -> list[Newest]:
    """Return the models that a policy asks about; one that never was is as old as the policy."""
    if policy.model is None:
        return list(models.values())
    if policy.model in models:
        return [models[policy.model]]
    added_ms = causes.added_ms(connection, policy.name)
    return [] if added_ms is None else [Newest(policy.model, None, added_ms)]
