"""The log of one step, by ranges of bytes."""

from collections.abc import Callable
from dataclasses import dataclass

from trainauto_tui.client import LogSlice
from trainauto_tui.live.session import Session


@dataclass(frozen=True, slots=True)
class LogSource:
    """Reads the log of one attempt of a step; ``attempt`` None is the latest one."""

    session: Session
    run_id: str
    step: str
    attempt: int | None = None

    def read(
        self,
        offset: int,
        limit: int,
        got: Callable[[LogSlice], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Ask for at most ``limit`` bytes from ``offset`` on; from the end when it is negative."""
        self.session.ask(
            "log",
            lambda client: client.log(
                self.run_id, self.step, offset=offset, limit=limit, attempt=self.attempt
            ),
            got,
            failed,
            lane="logs",
        )
