"""What a daemon says of itself: a healthy and busy one, and one that is in trouble."""

from collections.abc import Callable
from typing import Any

LIVE = "0bq3k7x2m9d4f6hs"
GIB = 1 << 30


def task(name: str, state: str = "running", restarts: int = 0, error: str | None = None) -> Any:
    """Return a background task."""
    return {"name": name, "state": state, "restarts": restarts, "error": error}


def lease(step: str, cpus: float, gib: int, *gpus: int, attempt: int = 1) -> dict[str, Any]:
    """Return what a step of the live run holds."""
    return {
        "run_id": LIVE,
        "step": step,
        "attempt": attempt,
        "cpus": cpus,
        "memory_bytes": gib * GIB,
        "gpus": list(gpus),
    }


def status(**more: Any) -> dict[str, Any]:
    """Return the status of a daemon that runs two steps."""
    return {
        "pid": 4242,
        "version": "0.1.0",
        "home": "/home/me/.local/share/trainauto",
        "started_at": "2013-07-07T02:05:00.000+00:00",
        "state": "running",
        "detail": None,
        "pipelines": 3,
        "runs": {"queued": 2, "running": 1},
        "slots": {
            "cpus": {"total": 16.0, "used": 12.0},
            "memory_bytes": {"total": 128 * GIB, "used": 40 * GIB},
            "gpus": {"total": [0, 1, 2, 3], "used": [0, 2]},
        },
        "tasks": [
            task("pipeline files"),
            task("scheduler"),
            task("cleaner"),
            task("store watch"),
        ],
        "store": {
            "path": "/home/me/.local/share/trainauto/store.db",
            "size_bytes": 1_240_000_000,
            "events": 812_044,
            "sqlite_version": "3.46.0",
            "schema": "0005",
        },
        "last_event": 812_044,
        "access": "read-write",
        "host": "gpu-box",
        "cpu_s": 724.4,
        "memory_bytes": 84_300_000,
        "disk": {
            "path": "/home/me/.local/share/trainauto",
            "total_bytes": 2_000_000_000_000,
            "free_bytes": 611_000_000_000,
        },
        "leases": [lease("train_xgb", 8.0, 24, 0), lease("train_mlp", 4.0, 16, 2, attempt=2)],
    } | more


def troubled() -> dict[str, Any]:
    """Return the status of a daemon whose disk is full and whose watcher dies."""
    full = {"path": "/home/me", "total_bytes": 500_000_000_000, "free_bytes": 12_000_000}
    return status(
        state="degraded",
        detail="/home/me: the disk is full; free some space, work goes on by itself",
        disk=full,
        leases=[],
        slots={
            "cpus": {"total": 16.0, "used": 0.0},
            "memory_bytes": {"total": 128 * GIB, "used": 0},
            "gpus": {"total": [], "used": []},
        },
        tasks=[
            task("pipeline files", "restarting", 7, "OSError: inotify watch limit reached"),
            task("scheduler"),
            task("cleaner", "stopped"),
        ],
    )


def answered(
    document: dict[str, Any], last: Callable[[], int]
) -> Callable[[dict[str, str]], dict[str, Any]]:
    """Return what answers ``GET /status`` with ``document`` and the newest event's number."""
    return lambda _query: document | {"last_event": last()}


def undelivered(**more: Any) -> dict[str, Any]:
    """Return what waits for its next try."""
    return {
        "target": "HOOK_URL",
        "state": "pending",
        "count": 3,
        "due_at": "2013-07-10T06:14:30.000+00:00",
        "reason": "connection refused\nno more is known",
    } | more
