"""What a form says about the run that is wanted: which field is wrong, and what to ask for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from trainauto_tui.documents import PipelineDocument, RunRequest, Scalar

_TRUTHS = ("true", "false", "yes", "no", "1", "0")  # those that the daemon knows


@dataclass(frozen=True, slots=True)
class Param:
    """One of a pipeline's params; ``default`` says its type."""

    name: str
    default: Scalar

    @property
    def text(self) -> str:
        """The default as people type it."""
        return str(self.default).lower() if isinstance(self.default, bool) else str(self.default)

    @property
    def kind(self) -> str:
        """What may be typed, in words."""
        match self.default:
            case bool():
                return "true or false"
            case int():
                return "a whole number"
            case float():
                return "a number"
        return "text"

    def problem(self, text: str) -> str:
        """Return what is wrong with ``text`` for this param; empty when nothing is."""
        return "" if _fits(self.default, text.strip()) else f"not {self.kind}"


@dataclass(frozen=True, slots=True)
class RunForm:
    """The fields of the form, as typed.

    Attributes:
        pipeline: The pipeline's name.
        params: Its params with what stands in their fields.
        steps: The ids of its steps.
        broken: Whether its file has problems now, so that its last good version runs.
        ds: The date to run for; empty for now.
        from_step: The step from which nothing is reused; empty for none.
        force_all: Whether nothing at all is reused.
    """

    pipeline: str
    params: tuple[tuple[Param, str], ...]
    steps: tuple[str, ...]
    broken: bool = False
    ds: str = ""
    from_step: str = ""
    force_all: bool = False

    @classmethod
    def of(cls, pipeline: PipelineDocument) -> "RunForm":
        """Return the form of ``pipeline`` as it is at first: every param has its default."""
        params = [Param(name, default) for name, default in pipeline["params"].items()]
        steps = tuple(step["id"] for step in pipeline["steps"])
        typed = tuple((param, param.text) for param in params)
        return cls(pipeline["name"], typed, steps, broken=bool(pipeline["problems"]))

    def problems(self) -> dict[str, str]:
        """Return what is wrong, by field: ``param NAME``, ``ds`` or ``from_step``."""
        found = {f"param {param.name}": param.problem(text) for param, text in self.params}
        found["ds"] = _date_problem(self.ds.strip())
        found["from_step"] = _step_problem(self.from_step.strip(), self.steps)
        return {name: problem for name, problem in found.items() if problem}

    def request(self) -> RunRequest:
        """Return what to ask the daemon for.

        Params go as text, as the command line sends them: the daemon reads them by their
        defaults. Those left as they were are not sent.
        """
        return {
            "name": self.pipeline,
            "params": {
                param.name: text.strip() if param.kind != "text" else text
                for param, text in self.params
                if text != param.text
            },
            "ds": self.ds.strip() or None,
            "from_step": self.from_step.strip() or None,
            "force_all": self.force_all,
        }

    def words(self) -> list[str]:
        """Return the words of the equal command line, after ``trainauto``."""
        request = self.request()
        words = ["run", self.pipeline]
        for name, value in request["params"].items():
            words += ["--param", f"{name}={value}"]
        if ds := request["ds"]:
            words += ["--ds", ds]
        if step := request["from_step"]:
            words += ["--from", step]
        return [*words, *(["--force-all"] if self.force_all else []), "--detach"]

    def effect(self) -> str:
        """Return what will happen, in a sentence or two."""
        when = f"for {self.ds.strip()}" if self.ds.strip() else "for the present time"
        if self.force_all:
            reuse = "Every step runs; nothing is reused."
        elif self.from_step.strip():
            step = self.from_step.strip()
            reuse = f"{step} and all that follow it run; others are reused where nothing changed."
        else:
            reuse = "Steps whose inputs did not change are reused."
        broken = "The file has problems: its last good version runs. " if self.broken else ""
        return f"{broken}A run {when} is queued. {reuse}"


def _fits(default: Scalar, text: str) -> bool:
    match default:
        case bool():
            return text.lower() in _TRUTHS
        case int():
            return _is_whole(text)
        case float():
            return _number(text) is not None
    return True


def _is_whole(text: str) -> bool:
    try:
        int(text)
    except ValueError:  # 1e3 is one, too
        number = _number(text)
        return number is not None and number.is_integer()
    return True


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date_problem(text: str) -> str:
    try:
        date.fromisoformat(text or "2013-07-10")
    except ValueError:
        return "no date such as 2013-07-10"
    return ""


def _step_problem(text: str, steps: Sequence[str]) -> str:
    if not text or text in steps:
        return ""
    close = get_close_matches(text, steps, 1)
    begun = [step for step in steps if step.startswith(text)]
    found = begun[:1] or close
    return f"no such step: {found[0]}?" if found else "no such step"
