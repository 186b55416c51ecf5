"""What this machine has to offer: CPUs, memory, GPUs; and what the user's config says instead."""

import os
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TypeGuard

from trainautod.runtime.errors import ConfigInvalid
from trainautod.runtime.slots import Capacity

_MEMORY_SHARE = 0.9  # of physical memory; the rest is the system's and the daemon's
_NVIDIA_SMI_S = 5.0
_MOST_GPUS = 1024  # far above any machine; a slip of the finger must not fill the memory

MiB = 1 << 20


@dataclass(frozen=True, slots=True)
class Config:
    """``config.toml`` of the home directory.

    Attributes:
        capacity: slots that steps share.
        log_head_bytes: of each attempt's log, the beginning that is always kept.
        log_tail_bytes: and the end.
    """

    capacity: Capacity
    log_head_bytes: int = 16 * MiB
    log_tail_bytes: int = 48 * MiB


def load_config(home: Path) -> Config:
    """Read ``config.toml`` and fill in what this machine has.

    Raises:
        ConfigInvalid: the file is not TOML, or a value is not usable.
    """
    path = home / "config.toml"
    try:
        told = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigInvalid(f"{path}: {error}") from error
    _refuse_unknown(
        path, told, {"slots": {"cpus", "memory_gib", "gpus"}, "log": {"head_mib", "tail_mib"}}
    )
    slots, log = told.get("slots", {}), told.get("log", {})
    capacity = Capacity(
        cpus=_number(path, slots, "cpus", cpu_count()),
        memory_bytes=int(_number(path, slots, "memory_gib", memory_bytes() / 2**30) * 2**30),
        gpus=_gpus(path, slots),
    )
    head = int(_number(path, log, "head_mib", 16) * MiB)
    tail = int(_number(path, log, "tail_mib", 48) * MiB)
    return Config(capacity, head, tail)


def cpu_count() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes() -> int:
    """Return the memory that steps may share, bytes."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(pages * _MEMORY_SHARE)


def detect_gpus() -> tuple[int, ...]:
    """Return the indexes of the NVIDIA GPUs that ``nvidia-smi`` lists."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    command = [program, "--query-gpu=index", "--format=csv,noheader"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_NVIDIA_SMI_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(int(line) for line in done.stdout.split() if line.isdigit())


def _gpus(path: Path, slots: dict[str, object]) -> tuple[int, ...]:
    told = slots.get("gpus")
    if told is None:
        return detect_gpus()
    if _is_index(told):
        return tuple(range(told))
    if isinstance(told, list) and all(_is_index(i) for i in told):
        return tuple(sorted(set(told)))
    raise ConfigInvalid(f"{path}: slots.gpus is a number of GPUs or a list of their indexes")


def _is_index(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_GPUS


def _number(path: Path, table: dict[str, object], key: str, default: float) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
        raise ConfigInvalid(f"{path}: {key} = {value!r} must be a number above 0")
    return float(value)


def _refuse_unknown(path: Path, told: dict[str, object], known: dict[str, set[str]]) -> None:
    for section, table in told.items():
        if section not in known or not isinstance(table, dict):
            raise ConfigInvalid(f"{path}: unknown section {section!r}; known: {sorted(known)}")
        unknown = sorted(set(table) - known[section])
        if unknown:
            allowed = sorted(known[section])
            raise ConfigInvalid(
                f"{path}: unknown key {unknown[0]!r} in [{section}]; known: {allowed}"
            )
