"""The environment variables of an attempt: a short allow-list, and what the step declared."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainautod.home import sdk_directory

#: Variables of the daemon that a step may see: who and where it is, never credentials.
_PASSED = (
    "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES",
)  # fmt: skip
#: Each numeric library has its own name for "how many threads".
_THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "LOKY_MAX_CPU_COUNT",
    "POLARS_MAX_THREADS", "RAYON_NUM_THREADS",
)  # fmt: skip

SANDBOX, RECORDS = "sandbox", "records.jsonl"  # in an attempt's directory


@dataclass(frozen=True, slots=True)
class AttemptPlace:
    """Where an attempt lives; its directory holds sandbox, log and records."""

    run_id: str
    step: str
    attempt: int
    token: str
    directory: Path

    @property
    def sandbox(self) -> Path:
        """The working directory of the command."""
        return self.directory / SANDBOX

    @property
    def records(self) -> Path:
        """The file that the SDK appends to."""
        return self.directory / RECORDS


def inherited() -> dict[str, str]:
    """Return what attempts take over from the daemon's own environment, ``PATH`` included."""
    found = {name: os.environ[name] for name in _PASSED if name in os.environ}
    found |= {name: value for name, value in os.environ.items() if name.startswith("LC_")}
    found["PATH"] = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    return found


def attempt_environment(
    place: AttemptPlace,
    plan: Mapping[str, Any],
    *,
    own: Mapping[str, str],
    cpus: float,
    gpus: tuple[int, ...],
    machine_has_gpus: bool,
    secrets: Mapping[str, str],
) -> dict[str, str]:
    """Return the complete environment of an attempt.

    Args:
        place: identity and paths.
        plan: the step's execution plan: ``env``, ``bin``, ``seed``, ``params``.
        own: what ``inherited`` returned when the daemon started.
        cpus: slots held; numeric libraries get as many threads, at least one.
        gpus: indexes leased; a step that leased none sees none.
        machine_has_gpus: whether to set ``CUDA_VISIBLE_DEVICES`` at all.
        secrets: values by name.
    """
    found = {**own, "PATH": _path(plan["bin"], own["PATH"])}
    found["PYTHONUNBUFFERED"] = "1"
    found["PYTHONDONTWRITEBYTECODE"] = "1"  # a sandbox is thrown away, its bytecode with it
    found |= dict.fromkeys(_THREADS, str(max(1, math.floor(cpus))))
    found |= plan["env"]
    if machine_has_gpus or gpus:  # after the step's own: a GPU that it did not lease is another's
        found["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, gpus))
    found["PYTHONPATH"] = os.pathsep.join(
        [str(sdk_directory()), *filter(None, [plan["env"].get("PYTHONPATH")])]
    )
    found |= secrets
    return found | _identity(place, plan)


def _identity(place: AttemptPlace, plan: Mapping[str, Any]) -> dict[str, str]:
    found = {
        "TRAINAUTO_RUN_ID": place.run_id,
        "TRAINAUTO_STEP": place.step,
        "TRAINAUTO_ATTEMPT_NUMBER": str(place.attempt),
        "TRAINAUTO_ATTEMPT": place.token,
        "TRAINAUTO_RECORDS": str(place.records),
        "TRAINAUTO_STOP": str(place.directory / "stop"),
    }
    if plan["seed"] is not None:
        found |= {"TRAINAUTO_SEED": str(plan["seed"]), "PYTHONHASHSEED": str(plan["seed"] % 2**32)}
    if plan["params"] is not None:
        found["TRAINAUTO_PARAMS"] = json.dumps(plan["params"])
    return found


def _path(bin_directory: str, path: str) -> str:
    others = [part for part in path.split(os.pathsep) if part and part != bin_directory]
    return os.pathsep.join([bin_directory, *others])
