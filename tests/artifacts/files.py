"""Making, ageing and damaging real files."""

import os
import stat
from pathlib import Path

from trainautod.artifacts.objects import ObjectStore


def write(path: Path, data: bytes | str = b"", mode: int = 0o644) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    path.chmod(mode)
    return path


def aged(path: Path, seconds: float = 10) -> Path:
    """The file as if written a while ago (its change time stays now)."""
    past = path.stat().st_mtime - seconds
    os.utime(path, (past, past))
    return path


def overwrite(path: Path, data: bytes) -> None:
    """Write into an existing file whatever its mode, as a disk fault or root would."""
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.write(data)
    path.chmod(mode)


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def assert_sound(objects: ObjectStore) -> None:
    """Every object is what its name says, read-only, and nothing unfinished lies about."""
    assert all(verdict.intact for verdict in objects.verify_all())
    assert names(objects.root / "tmp") == []
    for path in objects.root.glob("??/*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o444
