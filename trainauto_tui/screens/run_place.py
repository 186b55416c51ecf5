"""A screen with a selected pipeline or run, and the commands that change those."""

from collections.abc import Callable
from functools import partial
from typing import Generic

from trainauto_tui.documents import PipelineDocument, Run, RunRequest, RunSummary
from trainauto_tui.screens import changes
from trainauto_tui.screens.confirm import ConfirmScreen
from trainauto_tui.screens.place import D, Place, said
from trainauto_tui.screens.trigger import TriggerScreen


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
        """Ask in a form what to run, queue it and go to it."""
        name = self.selected_pipeline()
        if name is not None:
            self.change(lambda client: client.pipeline(name), self._open_form)

    def _open_form(self, pipeline: PipelineDocument) -> None:
        def submit(
            request: RunRequest, got: Callable[[Run], None], refused: Callable[[str], None]
        ) -> None:
            def failed(error: Exception) -> None:
                refused(said(error))

            self.session.ask(
                "submit", lambda client: client.submit(request), got, failed, "changes"
            )

        def answered(run: Run | None) -> None:
            if run is not None:
                self._go_to(run)

        if self.is_active:
            command = partial(changes.command_line, self.shell.options.home)
            self.app.push_screen(TriggerScreen(pipeline, command, submit), answered)

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

    def action_lineage(self) -> None:
        """Go to what the run came from, and what came of it."""
        run = self.selected_run()
        if run is not None:
            self.shell.open_lineage(f"run:{run['run_id']}")

    def rerun_from(self, run: Run, step: str) -> None:
        """Ask, then queue a run that executes ``step`` and those after it, and go to it."""

        def answered(agreed: bool | None) -> None:
            if agreed:
                request = changes.rerun_request(run, step)
                self.change(lambda client: client.submit(request), self._go_to)

        self.app.push_screen(changes.rerun(run, step, self.shell.options.home), answered)

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
