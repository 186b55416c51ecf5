"""Bodies that ask for a run, or for the plan of one."""

import asyncio
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, field_validator

from trainautod.runtime.catalog import read_source
from trainautod.runtime.daemon import Daemon
from trainautod.runtime.errors import RequestInvalid
from trainautod.runtime.submission import RunRequest, Source

Scalar = str | int | FiniteFloat | bool | None


class RunBody(BaseModel):
    """A pipeline, by file or by name, and how to run it."""

    model_config = ConfigDict(extra="forbid")
    path: str | None = None
    name: str | None = None
    params: dict[str, Scalar] = Field(default_factory=dict)
    ds: str | None = None
    from_step: str | None = None
    force: list[str] = Field(default_factory=list)
    force_all: bool = False
    trigger: dict[str, Any] = Field(default_factory=lambda: {"kind": "manual"})

    @field_validator("trigger", "params")
    @classmethod
    def _expect_json(cls, told: dict[str, Any]) -> dict[str, Any]:
        """Refuse NaN and lone surrogates, which Python reads from JSON but cannot write to it."""
        json.dumps(told, allow_nan=False, ensure_ascii=False).encode()
        return told

    def request(self) -> RunRequest:
        """Return what is asked for, without the pipeline."""
        return RunRequest(
            params=self.params,
            ds=self.ds,
            from_step=self.from_step,
            force=tuple(self.force),
            force_all=self.force_all,
            trigger=self.trigger,
        )

    async def source(self, daemon: Daemon) -> Source:
        """Return the pipeline that is meant.

        Raises:
            DaemonError: it is not registered, not readable or not valid.
        """
        if (self.path is None) == (self.name is None):
            raise RequestInvalid("give either the path of a pipeline file or a name")
        if self.name is not None:
            return (await daemon.catalog.look(self.name)).source
        return await asyncio.to_thread(read_source, Path(str(self.path)))

    def warnings(self, daemon: Daemon) -> list[str]:
        """Return what is wrong with the file of a registered pipeline, whose last good text ran."""
        entry = daemon.catalog.entries.get(self.name or "")
        if entry is None or not entry.problems:
            return []
        first = f"{entry.name} runs as it last was good; the file now has problems:"
        return [first, *(f"  {problem}" for problem in entry.problems)]
