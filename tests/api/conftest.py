"""The same real daemons as in ``tests/daemon``: one shared, or one per test."""

from tests.daemon.conftest import daemon, dormant, fresh, home, nursery, write

__all__ = ["daemon", "dormant", "fresh", "home", "nursery", "write"]
