"""Messages to people."""

from typing import NotRequired, TypedDict


class Notification(TypedDict):
    """A message to a target, the name of the secret that holds its address.

    ``state`` is pending, sent, failed or merged; of one that is merged, ``digest`` is the id of
    the message that was sent in its place. ``tries`` counts how often it was sent, ``error`` is
    why the last try did not arrive. One that is pending goes at ``due_at`` at the earliest;
    ``reason`` is what else holds it until then.
    """

    id: int
    target: str
    kind: str
    pipeline: str | None
    run_id: str | None
    state: str
    tries: int
    error: str | None
    digest: int | None
    title: str
    reason: NotRequired[str | None]
    due_at: str | None
    created_at: str
    ended_at: str | None


class Target(TypedDict):
    """Somebody to be told: the name of the secret, and the pipelines that name it.

    ``problem`` is what keeps it from being told, as far as that is known without trying.
    """

    target: str
    pipelines: list[str]
    problem: str | None


class Undelivered(TypedDict):
    """Messages that a target did not get.

    Pending ones wait for longer, the first of them until ``due_at``; failed ones were given up in
    the last day. ``reason`` is of the newest.
    """

    target: str
    state: str
    count: int
    due_at: str | None
    reason: str
