"""The lists of a step: the files that it made, and its attempts."""

from typing import ClassVar

from trainauto_tui.documents import AttemptDocument, StepDocument
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import look
from trainauto_tui.widgets.live_rows import Column, LiveRows, Row

DIGEST = 16  # characters that are shown; all of them are copied


class OutputsView(LiveRows):
    """Files that a step made; ``key`` of a row is the file's path."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("path", None, sort="up"),
        Column("size", 9, right=True, sort="down"),
        Column("digest", DIGEST),
    )

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._digests: dict[str, str] = {}

    def show_step(self, step: StepDocument) -> None:
        """Show the outputs of ``step``."""
        self._digests = {one["path"]: one["digest"] for one in step["outputs"]}
        self.show_rows(
            [
                Row(
                    one["path"],
                    (
                        (Span(one["path"]),),
                        (Span(amounts.size(one["size"]), "muted"),),
                        (Span(one["digest"][:DIGEST], "accent"),),
                    ),
                    {"size": one["size"]},
                )
                for one in step["outputs"]
            ]
        )
        self.show_message("" if step["outputs"] else "It has made no file.")

    @property
    def digest(self) -> str | None:
        """The digest of the selected file."""
        return self._digests.get(self.selected) if self.selected else None

    def copied(self) -> tuple[str, str] | None:
        """Return the digest of the selected file."""
        return (self.digest, f"the digest of {self.selected}") if self.digest else None


class AttemptsView(LiveRows):
    """The attempts of a step; ``key`` of a row is the number."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("attempt", 7, right=True),
        Column("status", 13),
        Column("took", 8, right=True),
        Column("cpu", 8, right=True),
        Column("memory", 9, right=True),
        Column("how it ended", None),
    )

    def __init__(self, *, plain: bool, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._plain = plain

    def show_step(self, step: StepDocument, now: float) -> None:
        """Show the attempts of ``step``."""
        self.show_rows([self._row(one, now) for one in step["attempts"]])
        nothing = "Its result was reused." if step["cached"] else "It has had no attempt yet."
        self.show_message("" if step["attempts"] else nothing)

    def _row(self, one: AttemptDocument, now: float) -> Row:
        running = one["status"] == "running"
        took = (
            amounts.running_for(one["started_at"], now)
            if running
            else amounts.duration(one["duration_s"])
        )
        memory = one["peak_memory_bytes"]
        return Row(
            str(one["attempt"]),
            (
                (Span(str(one["attempt"]), "title"),),
                look(one["status"]).spans(self._plain),
                (Span(took),),
                (Span(amounts.duration(one["cpu_s"]), "muted"),),
                (Span(amounts.size(memory) if memory else "", "muted"),),
                (Span(ending(one), "bad" if one["error"] else "muted"),),
            ),
        )


def ending(one: AttemptDocument) -> str:
    """Return how a try ended, in a few words: its exit code or signal, then its error."""
    words = ""
    if one["signal"]:
        words = f"signal {one['signal']}"
    elif one["exit_code"]:
        words = f"exit code {one['exit_code']}"
    elif one["cause"] not in (None, "exited"):
        words = str(one["cause"]).replace("_", " ")
    error = (one["error"] or "").strip().split("\n", 1)[0]
    return f"{words}: {error}" if words and error else words or error
