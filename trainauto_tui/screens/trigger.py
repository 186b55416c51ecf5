"""The form that starts a run: params, date, where from; told as a command line while it is edited.

Enter goes to the next field. Only on the Run button does it run: never on opening the form.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import DescendantFocus, Resize
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Static

from trainauto_tui.documents import PipelineDocument, Run, RunRequest
from trainauto_tui.screens.modal import Modal
from trainauto_tui.screens.run_form import Param, RunForm
from trainauto_tui.widgets.push_button import PushButton

Submit = Callable[[RunRequest, Callable[[Run], None], Callable[[str], None]], None]

KEYS = "Enter next  Up Down move  Space toggles  Esc leaves"
LABEL_CELLS = 24
ROOMY = (76, 22)  # cells and lines of a screen that has room for all of the form


class Toggle(Static, can_focus=True):
    """Yes or no, by Space or a click."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "change", show=False)]
    DEFAULT_CSS = """
    Toggle {
        width: auto; margin-right: 1;
        &:focus { background: $primary 40%; }
        &:ansi:focus { text-style: reverse; }
    }
    """

    def __init__(self) -> None:
        super().__init__("[ ]", markup=False)
        self.checked = False

    def on_click(self) -> None:
        """Change sides."""
        self.action_change()

    def action_change(self) -> None:
        """Change sides, and tell the form."""
        self.checked = not self.checked
        self.update("[x]" if self.checked else "[ ]")
        assert isinstance(self.screen, TriggerScreen)
        self.screen.edited()


class TriggerScreen(Modal[Run | None]):
    """Edits what to run and asks for it; closes with the run that was queued, or with None.

    What was typed stays when the daemon refuses it, with what it said.

    Args:
        pipeline: What to run.
        command: Makes a command line of words, for the home that is open.
        submit: Asks the daemon for the run; calls back with it, or with what is against it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("y", "answer('run')", show=False),
        Binding("n", "answer('leave')", show=False),
        Binding("enter", "next", show=False),
    ]
    DEFAULT_CSS = """
    TriggerScreen {
        & > Vertical { width: 76; border-title-style: bold; }
        & VerticalScroll { height: auto; max-height: 40vh; scrollbar-size-vertical: 1; }
        & .field { height: 1; }
        & .field .label { margin-right: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & .field Input {
            width: 22; height: 1; border: none; padding: 0; margin-right: 1;
            background: $foreground 10%;
            &:focus { background: $primary 30%; }
        }
        & .note { width: 1fr; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
        & .note.-wrong { color: $text-error; text-style: bold; }
        & #effect { margin-top: 1; }
        & #command { margin-top: 1; color: $text-muted; }
        & #refusal { margin-top: 1; color: $text-error; display: none; }
        & #refusal.-said { display: block; }
        & .answers { margin-top: 1; height: 1; }
        &.-low #effect, &.-low #command, &.-low #refusal, &.-low .answers { margin-top: 0; }
        &.-low VerticalScroll { max-height: 30vh; }
        &.-narrow #keys { display: none; }
        & #keys { width: 1fr; color: $text-muted; text-align: right; }
        &:ansi .field Input { background: ansi_default; text-style: underline; }
    }
    """

    def __init__(
        self,
        pipeline: PipelineDocument,
        command: Callable[..., str],
        submit: Submit,
    ) -> None:
        super().__init__()
        self._form = RunForm.of(pipeline)
        self._command = command
        self._submit = submit
        self._asking = False

    # The fields.

    def compose(self) -> ComposeResult:
        """A field per param, then when and what, the equal command line, and the buttons."""
        with Vertical() as pane:
            pane.border_title = f"run {self._form.pipeline}"
            with VerticalScroll(can_focus=False):
                for number, (param, text) in enumerate(self._form.params):
                    yield from self._field(f"param-{number}", param.name, _entry(text))
                yield from self._field("ds", "date", _entry("", "now"))
                steps = SuggestFromList(self._form.steps)
                yield from self._field("from_step", "from step", _entry("", "none", steps))
                yield from self._field("force_all", "force all", Toggle())
            yield Static(id="effect", markup=False)
            yield Static(id="command", markup=False)
            yield Static(id="refusal", markup=False)
            with Horizontal(classes="answers"):
                yield PushButton("Run", id="run")
                yield PushButton("Leave", id="leave")
                yield Static(KEYS, id="keys", markup=False)

    def _field(self, name: str, label: str, widget: Widget) -> Iterator[Widget]:
        """Yield one line: label, input, and a note of what belongs there or what is wrong."""
        title = Static(label, classes="label", markup=False)
        title.styles.width = self._label_cells
        widget.id = name
        note = Static(id=f"note-{name}", classes="note", markup=False)
        yield Horizontal(title, widget, note, classes="field")

    @property
    def _label_cells(self) -> int:
        names = [param.name for param, _ in self._form.params]
        return min(max(len(name) for name in (*names, "from step")), LABEL_CELLS)

    def on_mount(self) -> None:
        """Begin at the first field."""
        self.edited()
        self.query(Input).first().focus()

    def on_resize(self, event: Resize) -> None:
        """Leave out what a small screen has no room for: blank lines, and the keys."""
        self.set_class(event.size.height < ROOMY[1], "-low")
        self.set_class(event.size.width < ROOMY[0], "-narrow")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what the change means."""
        event.stop()
        self.edited()

    def edited(self) -> None:
        """Read the fields; show the equal command line, and beside each field what is wrong."""
        form = self._form = self._read()
        problems = form.problems()
        for number, (param, text) in enumerate(form.params):
            usual = f"{param.kind}; default {param.text}" if text != param.text else param.kind
            self._note(f"param-{number}", usual, problems.get(f"param {param.name}", ""))
        self._note("ds", "2013-07-10", problems.get("ds", ""))
        self._note("from_step", "and all after it; Right completes", problems.get("from_step", ""))
        self._note("force_all", "reuse nothing", "")
        self.query_one("#effect", Static).update(form.effect())
        self.query_one("#command", Static).update(f"$ {self._command(*form.words())}")
        self._say("")

    def _read(self) -> RunForm:
        values = {entry.id or "": entry.value for entry in self.query(Input)}
        params: tuple[tuple[Param, str], ...] = tuple(
            (param, values[f"param-{number}"])
            for number, (param, _) in enumerate(self._form.params)
        )
        toggled = self.query_one("#force_all", Toggle).checked
        return replace(
            self._form,
            params=params,
            ds=values["ds"],
            from_step=values["from_step"],
            force_all=toggled,
        )

    def _note(self, name: str, usual: str, problem: str) -> None:
        note = self.query_one(f"#note-{name}", Static)
        note.update(problem or usual)
        note.set_class(bool(problem), "-wrong")

    def _say(self, text: str) -> None:
        refusal = self.query_one("#refusal", Static)
        refusal.update(text)
        refusal.set_class(bool(text), "-said")

    # The answers.

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the next field."""
        event.stop()
        self.action_next()

    def action_next(self) -> None:
        """Go to the next field."""
        self.focus_next()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Keep the field in view."""
        event.widget.scroll_visible(animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let letters answer on the buttons only."""
        return action != "answer" or isinstance(self.focused, PushButton)

    def action_answer(self, answer: str) -> None:
        """Run, or leave."""
        self._run() if answer == "run" else self.action_leave()

    def on_push_button_pressed(self, event: PushButton.Pressed) -> None:
        """Run, or leave."""
        self.action_answer(event.control.id or "")

    def action_leave(self) -> None:
        """Close without a run."""
        self.dismiss(None)

    def _run(self) -> None:
        """Ask the daemon; where a field is wrong, go to it instead."""
        problems = self._form.problems()
        if self._asking:
            return
        if problems:
            self._go_to(next(iter(problems)))
            return
        self._asking = True
        self.query_one("#run", PushButton).update("asking")

        def got(run: Run) -> None:
            if self.is_active:
                self.dismiss(run)
            else:  # the reader left meanwhile
                self.notify(f"run {run['run_id']} is queued", markup=False)

        self._submit(self._form.request(), got, self._refused)

    def _refused(self, why: str) -> None:
        """Show what the daemon said; what was typed stays."""
        self._asking = False
        if self.is_active:
            self.query_one("#run", PushButton).update("Run")
            self._say(why)
        else:
            self.notify(why, severity="error", markup=False)

    def _go_to(self, wrong: str) -> None:
        for number, (param, _) in enumerate(self._form.params):
            if wrong == f"param {param.name}":
                wrong = f"param-{number}"
        self.query_one(f"#{wrong}").focus()


def _entry(text: str, placeholder: str = "", suggester: Any = None) -> Input:
    entry = Input(text, placeholder=placeholder, suggester=suggester, compact=True)
    entry.cursor_blink = False  # a blinking cursor writes to the terminal for ever
    return entry
