"""A backfill followed to its end: a line for each slot, and below them what runs now."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from trainauto_tui.cli.following import FINAL, Patience, pulses
from trainauto_tui.cli.progress import LOOKS, Look
from trainauto_tui.cli.quantities import clock, duration, moment
from trainauto_tui.cli.terminal import fit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from trainauto_tui.cli.session import Session
    from trainauto_tui.cli.terminal import Terminal
    from trainauto_tui.client import Client
    from trainauto_tui.documents import Backfill, BackfillCounts, Event, Run

NEWEST = (1 << 63) - 1  # above the number of every event
OVER = ("backfill_ended", "backfill_stopped")


def plural(count: int, noun: str) -> str:
    """Return ``1 slot``, ``2 slots``."""
    return f"{count} {noun}" + ("" if count == 1 else "s")


def parts(counts: BackfillCounts | Mapping[str, Any]) -> str:
    """Return how many slots are in each state, those without any left out."""
    told = [f"{count} {state}" for state, count in counts.items() if count]
    return ", ".join(told) or "no slots"


def summary(backfill: Backfill) -> str:
    """Return one line that says how a backfill stands."""
    about = f"{backfill['pipeline']} backfill {backfill['backfill']} {backfill['state']}"
    return f"{about} ({plural(len(backfill['slots']), 'slot')}: {parts(backfill['counts'])})"


def follow(session: Session, backfill: Backfill) -> Backfill:
    """Show a backfill's slots as they end, until it has ended or is stopped, and return it then.

    Raises:
        NoDaemon: the daemon went away and did not come back.
        KeyboardInterrupt: the person does not want to wait.
    """
    client, patience = session.client(), Patience(session.say)
    lines = Lines(session.out, silent=session.json)
    after = client.event_page(0, 1, before=NEWEST)["last"]
    lines.begin(backfill)
    backfill = _caught_up(client, patience, backfill, lines)
    if backfill["state"] == "running":
        _watch(client, after, patience, backfill, lines)
        name = str(backfill["backfill"])
        backfill = patience.ask(partial(client.backfill, name))
    lines.finish(backfill)
    return backfill


def _caught_up(client: Client, patience: Patience, backfill: Backfill, lines: Lines) -> Backfill:
    """Pass on the runs that started or ended since a backfill was told; return it as it is now."""
    before = {slot["slot"]: slot["state"] for slot in backfill["slots"]}
    backfill = client.backfill(str(backfill["backfill"]))
    for slot in backfill["slots"]:
        if slot["run_id"] and slot["state"] != before.get(slot["slot"]):
            lines.show(patience.ask(partial(client.run, slot["run_id"])))
    return backfill


def _watch(
    client: Client, after: int, patience: Patience, backfill: Backfill, lines: Lines
) -> None:
    """Pass the runs of a backfill on to its lines as they start and end, until it is over."""
    name = backfill["backfill"]
    for event in pulses(client, after, patience, pipeline=backfill["pipeline"]):
        if event is None:
            if lines.out.abandoned():
                raise BrokenPipeError
        elif event["kind"] in OVER and event["data"].get("backfill") == name:
            return
        elif _is_news(event):
            run = patience.ask(partial(client.run, str(event["run_id"])))
            if run["trigger"].get("backfill") == name:
                lines.show(run)


def _is_news(event: Event) -> bool:
    status = event["changes"]["run"]
    return event["run_id"] is not None and (status == "running" or status in FINAL)


class Lines:
    """A line for each slot that has ended; on a terminal, what runs now below them.

    Args:
        out: where to.
        silent: show nothing: standard output belongs to a JSON document.
    """

    def __init__(self, out: Terminal, *, silent: bool) -> None:
        self.out = out
        self._silent = silent
        self._told: set[str] = set()
        self._live: dict[str, str] = {}
        self._total = 0
        self._ended = 0

    def begin(self, backfill: Backfill) -> None:
        """Show how it stands: what ended before is only counted."""
        self._total = sum(slot["state"] != "skipped" for slot in backfill["slots"])
        for slot in backfill["slots"]:
            if slot["state"] not in ("waiting", "running"):
                self._told.add(slot["slot"])
                self._ended += slot["state"] != "skipped"
            elif slot["run_id"]:
                self._live[slot["run_id"]] = slot["slot"]
        if not self._silent:
            self.out.line(summary(backfill))
            self._draw()

    def show(self, run: Run) -> None:
        """Show what became of a run of the backfill."""
        slot = str(run["trigger"]["slot"])
        if run["status"] not in FINAL:
            self._live[run["run_id"]] = slot
            self._draw()
            return
        self._live.pop(run["run_id"], None)
        error = run["error"] or {"step": None, "message": ""}
        where = f"step {error['step']}: " if error["step"] else ""
        reason = where + error["message"].strip().partition("\n")[0]
        took = duration(run.get("duration_s"))
        self._tell(slot, run["status"], run["ended_at"], run["run_id"], took, reason)

    def finish(self, backfill: Backfill) -> None:
        """Show the slots that nothing was told of, and the summary."""
        self._live.clear()
        for slot in backfill["slots"]:
            if slot["state"] not in ("waiting", "running") and slot["slot"] not in self._told:
                reason = slot["reason"] or ""
                self._tell(slot["slot"], slot["state"], None, slot["run_id"] or "", "", reason)
        if not self._silent:
            self._clear()
            self.out.line(f"{clock(backfill['ended_at'])} {summary(backfill)}")

    def _tell(
        self, slot: str, state: str, at: str | None, run_id: str, took: str, reason: str
    ) -> None:
        if slot in self._told:
            return
        self._told.add(slot)
        self._ended += 1
        if self._silent:
            return
        look = LOOKS.get(state, Look("?", state, ""))
        place = f"{self._ended} of {self._total}"
        facts = (look.word, took, run_id, f"({self.out.clean(reason)})" if reason else "")
        told = " ".join(filter(None, facts))
        self._clear()
        self.out.line(f"{clock(at)} {place} {moment(slot)} {self.out.style(told, look.style)}")
        self._draw()

    def _draw(self) -> None:
        """Show on a terminal what runs now, in a line that the next one takes the place of."""
        if self._silent or not self.out.interactive:
            return
        slots = ", ".join(moment(slot) for slot in self._live.values()) or "nothing"
        told = f"{LOOKS['running'].glyph} {self._ended} of {self._total} done; running: {slots}"
        self._clear()
        self.out.write(self.out.style(fit(told, (self.out.columns or 80) - 1), "cyan"))

    def _clear(self) -> None:
        if self.out.interactive:
            self.out.write("\r\x1b[K")
