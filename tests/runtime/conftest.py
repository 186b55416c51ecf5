"""An artifact store and pipeline folders of their own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trainautod.artifacts.digest import Digester
from trainautod.artifacts.objects import ObjectStore
from trainautod.artifacts.statcache import StatCache


@pytest.fixture
def objects(tmp_path: Path) -> Iterator[ObjectStore]:
    cache = StatCache(tmp_path / "digests.db")
    yield ObjectStore(tmp_path / "objects", Digester(cache))
    cache.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pipeline's folder."""
    folder = tmp_path / "pipeline"
    folder.mkdir()
    return folder
