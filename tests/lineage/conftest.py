"""A store of its own for each test."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainautod.lineage import Store
from trainautod.lineage.schema import prepare


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a migrated store without a row: migrating costs a process of its own."""
    path = tmp_path_factory.mktemp("store") / "store.db"
    prepare(path)
    assert not path.with_name("store.db-wal").exists()
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, empty_store: bytes) -> Path:
    """A migrated store that nobody has opened."""
    path = tmp_path / "store.db"
    path.write_bytes(empty_store)
    return path


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store.open(path)
    yield store
    store.close()


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    """A plain connection such as the store's own."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys=ON")
    yield connection
    connection.close()
