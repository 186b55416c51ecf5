"""The same real daemons as in ``tests/daemon``: one shared, or one per test."""

from pathlib import Path

import pytest

from tests.daemon.conftest import daemon, dormant, fresh, home, nursery, write
from tests.support.gates import Gate

__all__ = ["daemon", "dormant", "fresh", "home", "nursery", "write"]


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """What holds up a step until the test opens it."""
    return Gate(tmp_path / "gate")
