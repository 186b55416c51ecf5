"""The same real daemons as in ``tests/daemon``: one shared, or one per test."""

from tests.daemon.conftest import daemon, fresh, home, nursery, write

__all__ = ["daemon", "fresh", "home", "nursery", "write"]
