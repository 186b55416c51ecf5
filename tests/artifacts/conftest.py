"""A store of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trainautod.artifacts.digest import Digester
from trainautod.artifacts.objects import ObjectStore
from trainautod.artifacts.statcache import StatCache


@pytest.fixture
def digester(tmp_path: Path) -> Iterator[Digester]:
    cache = StatCache(tmp_path / "digests.db")
    yield Digester(cache)
    cache.close()


@pytest.fixture
def objects(tmp_path: Path, digester: Digester) -> ObjectStore:
    return ObjectStore(tmp_path / "objects", digester)
