"""Looking into a home from outside, while no daemon holds it."""

import sqlite3
from pathlib import Path

from blake3 import blake3


def expect_sound(home: Path) -> None:
    """Check what must hold after any fault: a clean store, and objects that are what they say."""
    with sqlite3.connect(home / "store.db") as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert store.execute("PRAGMA foreign_key_check").fetchall() == []
    store.close()
    for path in object_files(home):
        digest = path.parent.name + path.name
        assert digest == blake3(path.read_bytes()).hexdigest(), f"{path} is not what it says"


def object_files(home: Path) -> list[Path]:
    """Return the files of the artifact store that are in use."""
    aside = ("tmp", "quarantine")
    return [
        path
        for path in (home / "objects").glob("*/*")
        if path.is_file() and path.parent.name not in aside
    ]
