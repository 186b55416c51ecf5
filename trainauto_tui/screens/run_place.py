"""A screen with a selected pipeline or run, and the commands that change those."""

from typing import Generic

from trainauto_tui.documents import Run, RunSummary
from trainauto_tui.screens import changes
from trainauto_tui.screens.confirm import ConfirmScreen
from trainauto_tui.screens.place import D, Place


class RunPlace(Place[D], Generic[D]):
    """Carries out trigger, cancel and retry on whatever its subclass says is selected."""

    def selected_pipeline(self) -> str | None:
        """Return the name of the pipeline that a command is about."""
        raise NotImplementedError

    def selected_run(self) -> RunSummary | None:
        """Return the run that a command is about."""
        return None

    def pointless(self) -> frozenset[str]:
        """Dim what the selected run's status does not allow."""
        run, off = self.selected_run(), set(super().pointless())
        if run is None or changes.cannot_cancel(run):
            off.add("cancel")
        if run is None or changes.cannot_retry(run):
            off.add("retry")
        return frozenset(off)

    def action_trigger(self) -> None:
        """Ask, then queue a run and go to it."""
        name = self.selected_pipeline()
        if name is None:
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                self.change(lambda client: client.submit({"name": name}), self._go_to)

        self.app.push_screen(changes.trigger(name, self.shell.options.home), answered)

    def action_cancel(self) -> None:
        """Ask, then cancel the run."""
        run = self.selected_run()
        if run is not None and not self._refused(changes.cannot_cancel(run)):
            self._confirmed(changes.cancel(run, self.shell.options.home), run, "cancel")

    def action_retry(self) -> None:
        """Ask, then let the run go on."""
        run = self.selected_run()
        if run is not None and not self._refused(changes.cannot_retry(run)):
            self._confirmed(changes.retry(run, self.shell.options.home), run, "retry")

    def _confirmed(self, question: ConfirmScreen, run: RunSummary, verb: str) -> None:
        run_id = run["run_id"]

        def answered(agreed: bool | None) -> None:
            if agreed and verb == "cancel":
                self.change(lambda client: client.cancel(run_id), lambda _run: self.load())
            elif agreed:
                self.change(lambda client: client.retry(run_id), lambda _run: self.load())

        self.app.push_screen(question, answered)

    def _refused(self, why: str | None) -> bool:
        if why:
            self.notify(why, severity="warning", markup=False)
        return bool(why)

    def _go_to(self, run: Run) -> None:
        self.shell.open_run(run["run_id"])
