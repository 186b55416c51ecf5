"""What a message says: plain text that reads well in a mail, a chat and on a phone."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

LONGEST_TITLE = 140  # characters
LONGEST_LINE = 240
LONGEST_NAME = 24
LONGEST_BODY = 3500  # the shortest limit of well-known services is Telegram's 4096
LOG_LINES = 10
MOST_METRICS = 12
MOST_NAMED = 5  # in a digest

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TONES = {"run_failed": "failure", "run_succeeded": "success", "test": "info"}


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is stored and sent.

    Attributes:
        title: one line.
        body: several.
        tone: ``failure``, ``success``, ``warning`` or ``info``.
    """

    title: str
    body: str
    tone: str = "warning"

    @classmethod
    def from_json(cls, text: str) -> "Message":
        """Return a stored message."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """Return the message for the store."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the daemon is, for somebody who reads of it elsewhere.

    Attributes:
        name: of the machine.
        options: of ``trainauto-tui`` that reach this daemon.
        far: whether they do so from any machine, or only on this one.
    """

    name: str
    options: str = ""
    far: bool = False

    def opening(self, run_id: str | None) -> str:
        """Return how to open a run, or the terminal UI where there is none."""
        words = ["trainauto-tui", self.options, f"--run {run_id}" if run_id else ""]
        command = " ".join(filter(None, words))
        return command if self.far else f"{command}   (on {self.name})"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of what a message tells.

    Attributes:
        event: its document.
        run: document of its run, if it is about one.
        log: the end of the log of the step that failed, secrets taken out.
    """

    event: Mapping[str, Any]
    run: Mapping[str, Any] | None = None
    log: str = ""


def compose(notice: str, subject: Subject, place: Place) -> Message:
    """Return the message that tells of an event."""
    known = [*_facts(notice, subject), ("at", subject.event["at"])]
    facts = [(_line(name, LONGEST_NAME), _line(value)) for name, value in known if value]
    width = max(len(name) for name, _ in facts)
    lines = [f"{name:<{width}}  {value}" for name, value in facts]
    run_id = subject.event["run_id"]
    parts = ["\n".join(lines), _log_part(notice, subject), f"Open it: {place.opening(run_id)}"]
    title = _line(f"{_title(notice, subject)} [{place.name}]", LONGEST_TITLE)
    return Message(title, _body(parts), _TONES.get(notice, "warning"))


def test_message(target: str, place: Place) -> Message:
    """Return the message that only asks whether messages arrive."""
    body = f"Messages of trainauto to {target} arrive.\n\nOpen it: {place.opening(None)}"
    return Message(_line(f"Test of {target} [{place.name}]", LONGEST_TITLE), body, "info")


@dataclass(frozen=True, slots=True)
class Merged:
    """A message that goes into a digest."""

    notice: str
    pipeline: str | None
    run_id: str | None
    title: str


def digest(merged: Sequence[Merged], place: Place) -> Message:
    """Return one message in place of many: how many of what, and the first few."""
    kinds = _counted(each.notice for each in merged)
    pipelines = _counted(each.pipeline or "no pipeline" for each in merged)
    first = "\n".join(f"  {each.run_id or '-':<16}  {each.title}" for each in merged[:MOST_NAMED])
    rest = len(merged) - MOST_NAMED
    parts = [
        f"{len(merged)} messages came faster than this target is sent any; this one is for all.",
        f"What:\n{kinds}",
        f"Pipelines:\n{pipelines}",
        f"The first ones:\n{first}" + (f"\n  and {rest} more" if rest > 0 else ""),
        f"Open it: {place.opening(None)}",
    ]
    failed = any(each.notice == "run_failed" for each in merged)
    title = f"{len(merged)} messages in one [{place.name}]"
    return Message(_line(title, LONGEST_TITLE), _body(parts), "failure" if failed else "warning")


def plain(text: str) -> str:
    """Return a text without terminal escapes and control characters; of ``\\r``, the last words."""
    text = _ESCAPES.sub("", text).replace("\r\n", "\n")
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _CONTROLS.sub("", "\n".join(lines))


def _counted(words: Iterable[str]) -> str:
    counts = Counter(words).most_common()
    lines = [f"  {count:>5}  {word}" for word, count in counts[:MOST_METRICS]]
    if len(counts) > MOST_METRICS:
        lines.append(f"         and {len(counts) - MOST_METRICS} others")
    return "\n".join(lines)


def _title(notice: str, subject: Subject) -> str:
    event = subject.event
    name, data = event["pipeline"], event["data"]
    match notice:
        case "run_failed":
            step = _failing_step(subject)
            return f"{name} failed in {step}" if step else f"{name} failed"
        case "run_succeeded" | "run_cancelled":
            return f"{name} {'succeeded' if notice == 'run_succeeded' else 'was cancelled'}"
        case "model_registered":
            return f"{data.get('model')} version {data.get('version')} is registered"
        case "policy_fired":
            return f"Policy {data.get('policy')} started {name}"
        case "policy_failed":
            return f"Policy {data.get('policy')} could not start a run"
        case "drift_unknown" | "drift_stale":
            return f"Drift is {'unknown' if notice == 'drift_unknown' else 'not reported any more'}"
        case "model_stale":
            return f"No fresh version of {data.get('model')}"
        case "slot_skipped" | "slot_refused":
            return f"{name}: a slot {'was skipped' if notice == 'slot_skipped' else 'has no run'}"
        case "backfill_ended":
            return f"{name}: backfill {data.get('backfill')} ended"
        case "pipeline_broken":
            return f"{name}: its file has problems"
        case "task_died":
            return f"A task of the daemon died: {data.get('task')}"
        case _:
            return notice.replace("_", " ").capitalize()


def _failing_step(subject: Subject) -> str | None:
    error = (subject.run or {}).get("error")
    return error["step"] if error else None


def _facts(notice: str, subject: Subject) -> list[tuple[str, str]]:
    event = subject.event
    facts = [("pipeline", event["pipeline"] or ""), ("run", event["run_id"] or "")]
    if notice in _OF_RUNS and subject.run is not None:
        return [*facts, *_run_facts(subject.run)]
    return facts + [(name, _value(value)) for name, value in event["data"].items()]


_OF_RUNS = ("run_failed", "run_succeeded", "run_cancelled")


def _run_facts(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    error = run["error"] or {"step": None, "message": ""}
    failed = next((step for step in run["steps"] if step["id"] == error["step"]), None)
    attempt = f", attempt {failed['attempt']}" if failed and failed["attempt"] > 1 else ""
    return [
        ("cause", _cause(run["trigger"])),
        ("slot", run["scheduled_time"]),
        ("took", _duration(run["duration_s"])),
        ("step", f"{error['step']}{attempt}" if error["step"] else ""),
        ("error", plain(error["message"]).partition("\n")[0]),
        ("metrics", _metrics(run["steps"])),
    ]


def _cause(trigger: Mapping[str, Any]) -> str:
    kind = str(trigger.get("kind") or "unknown")
    cause = trigger.get("cause")
    return f"{kind}: {cause}" if cause else kind


def _metrics(steps: Iterable[Mapping[str, Any]]) -> str:
    found = [
        f"{step['id']}.{name}={_value(value)}"
        for step in steps
        for name, value in step["metrics"].items()
    ]
    more = [f"and {len(found) - MOST_METRICS} more"] if len(found) > MOST_METRICS else []
    return " ".join(found[:MOST_METRICS] + more)


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _value(value: object) -> str:
    match value:
        case float():
            return f"{value:.6g}"
        case str():
            return value
        case list() | tuple():
            more = f", and {len(value) - MOST_NAMED} more" if len(value) > MOST_NAMED else ""
            return ", ".join(map(_value, value[:MOST_NAMED])) + more
        case None:
            return ""
        case _:
            return json.dumps(value)


def _log_part(notice: str, subject: Subject) -> str:
    """Return the last lines of the failing attempt; without a log, those that its error quotes."""
    if notice != "run_failed" or subject.run is None:
        return ""
    error = subject.run["error"] or {"message": ""}
    text = plain(subject.log).strip() or plain(error["message"]).partition("\n")[2]
    lines = [line.rstrip() for line in text.split("\n") if line.strip()][-LOG_LINES:]
    if not lines:
        return ""
    quoted = "\n".join(f"  {_cut(line, LONGEST_LINE)}" for line in lines)
    return f"Last lines of {_failing_step(subject) or 'the run'}:\n{quoted}"


def _line(text: object, longest: int = LONGEST_LINE) -> str:
    words = " ".join(plain(str(text)).split())
    return _cut("".join(c for c in words if c.isprintable()), longest)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _body(parts: Iterable[str]) -> str:
    """Return the parts as one text; a long one loses its middle, not how to open it."""
    *first, last = (part for part in parts if part)
    text = "\n\n".join(first)
    room = LONGEST_BODY - len(last) - 2
    return f"{_cut(text, room)}\n\n{last}"
