"""Writes the parts of the documentation that the code knows best: ``python -m docs.generate``.

A page keeps its handwritten text; what stands between a pair of markers is replaced:

    <!-- begin verbs: written by make docs -->
    <!-- end verbs -->
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from trainauto_tui import app, commands
from trainauto_tui.cli import arguments
from trainauto_tui.cli.catalogue import GROUPS, Verb
from trainautod.api.app import ENDPOINTS
from trainautod.api.routing import Endpoint, NoBody

DOCS = Path(__file__).resolve().parent

#: What ``--json`` prints, verb by verb; the shapes are shown in the head of the page.
JSON = {
    "add": "the [pipeline](#pipelines) or [policy](#policies)",
    "remove": '`{"removed": NAME}`',
    "pipelines": "`pipelines`, a list of [pipelines](#pipelines) by name",
    "policies": "`policies`, a list of [policies](#policies) by name",
    "signal": "`seq`, the number of the event, and `repeated`: whether its key had come before",
    "check": "`valid`, and `files`: a list of `file`, `name`, `problems`",
    "schema": "the schema, with or without the option",
    "plan": "a [plan](#a-plan)",
    "run": "the [run](#a-run) once it has ended; with `--detach`, as it was queued",
    "runs": "`runs`: [runs](#a-run) without `steps`; and `next`, for `--before`, or null",
    "show": "the [run](#a-run)",
    "logs": "`run_id`, and `steps`: a list of `id attempt size dropped complete text`",
    "explain": "an [explanation](#an-explanation)",
    "lineage": "a [lineage](#a-lineage)",
    "cancel": "the [run](#a-run), whose steps may still be ending",
    "retry": "the [run](#a-run) once it has ended; with `--detach`, as it was queued",
    "backfill": "the [backfill](#backfills) once it has ended; with `--detach` or `--dry-run`, as "
    "it was started or would be",
    "backfills": "`backfills`, a list of [backfills](#backfills) without `slots`; with `--show`, "
    "`--stop` and `--resume` one with them",
    "models": "a list of [models](#models)",
    "transitions": "a list of [transitions](#transitions), oldest first",
    "drift": "`show` `sources`, a list of [drift files](#drift); `compute` the "
    "[report](triggers.md#computing-a-report)",
    "status": "the [status](#status)",
    "events": "`events` and `last`; with `-f`, one [event](#events) per line",
    "notify": "`notifications`, a list of [messages](#messages), newest first",
    "daemon": "`start`, `restart` and `status` the [status](#status); `stop` `stopped` and "
    "`pid`; `install` `unit`, the file; `logs` prints JSON lines anyway",
    "doctor": "`healthy`, and `checks`: a list of `name`, `state` (`ok`, `warn`, `fail`), "
    "`message`",
    "completion": "nothing else: the script is for a shell",
    "hosts": "`hosts`: a list of `name`, `url`; `add` `name` and `url`; `remove` `removed`",
    "dial-stdio": "nothing else: what passes is the daemon's",
}


def pages() -> Mapping[Path, Mapping[str, Callable[[], str]]]:
    """Return each page's generated parts by name."""
    return {
        DOCS / "cli.md": {"verbs": verbs},
        DOCS / "tui.md": {"options": options, "keys": keys},
        DOCS / "api.md": {"routes": routes},
    }


def filled(text: str, part: str, content: str) -> str:
    """Return a page's text with the part between its markers replaced.

    Raises:
        ValueError: the page does not have the markers exactly once.
    """
    begin, end = f"<!-- begin {part}: written by make docs -->\n", f"<!-- end {part} -->\n"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError(f"the page does not have the markers of {part!r} once")
    return pattern.sub(lambda _: f"{begin}\n{content.strip()}\n\n{end}", text)


def generated(page: Path) -> str:
    """Return what a page should say."""
    text = page.read_text("utf-8")
    for part, content in pages()[page].items():
        text = filled(text, part, content())
    return text


def main() -> int:
    """Bring every page up to date."""
    for page in pages():
        text = generated(page)
        if text != page.read_text("utf-8"):
            page.write_text(text, "utf-8")
            print(f"wrote {page.relative_to(DOCS.parent)}")
    return 0


# The command line.


def verbs() -> str:
    """Return a section for every verb, in the groups of the help."""
    return "\n\n".join(
        f"## {title}\n\n" + "\n\n".join(verb_section(verb) for verb in group)
        for title, group in GROUPS.items()
    )


def verb_section(verb: Verb) -> str:
    """Return what one verb takes, does and prints."""
    parser = arguments.Parser(add_help=False)
    getattr(arguments.module_of(verb), f"configure_{verb.suffix}")(parser)
    return "\n\n".join(
        filter(
            None,
            [
                f"### trainauto {verb.name}",
                f"{verb.summary[0].upper()}{verb.summary[1:]}.",
                _fenced("text", f"trainauto {verb.name} {' '.join(_usage(parser))}".rstrip()),
                table(("argument", "meaning"), _rows(parser)),
                _fenced("sh", verb.example),
                f"`--json`: {JSON[verb.name]}.",
            ],
        )
    )


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    # argparse has no public way to list them, and its own help differs between Python versions.
    return [action for action in parser._actions if action.dest != "help"]


def _usage(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in _actions(parser):
        word = _word(action)
        if action.option_strings:
            shown = " ".join(filter(None, [action.option_strings[-1], word]))
            yield f"[{shown}]" + ("…" if isinstance(action, argparse._AppendAction) else "")
        else:
            yield {"?": f"[{word}]", "+": f"{word}…"}.get(str(action.nargs), word)


def _word(action: argparse.Action) -> str:
    """Return what stands for an argument's value; empty for a flag."""
    if isinstance(action.metavar, str):
        return action.metavar
    if action.nargs == 0:
        return ""
    return "|".join(map(str, action.choices)) if action.choices else action.dest.upper()


def _rows(parser: argparse.ArgumentParser, prefix: str = "") -> Iterator[tuple[str, str]]:
    for action in _actions(parser):
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                yield f"`{choice.dest}`", choice.help or ""
                yield from _rows(_own(action.choices[choice.dest]), f"{choice.dest} ")
        else:
            shown = ", ".join(action.option_strings) or _word(action)
            value = f" {_word(action)}" if action.option_strings and _word(action) else ""
            yield f"`{prefix}{shown}{value}`", action.help or ""


def _own(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Return a parser without the options that every verb has."""
    shared = {action.dest for action in _actions(arguments.common())}
    own = argparse.ArgumentParser(add_help=False)
    for action in _actions(parser):
        if action.dest not in shared:
            own._add_action(action)
    return own


# The terminal UI.


def options() -> str:
    """Return the table of what ``trainauto-tui`` takes."""
    return table(("option", "meaning"), _rows(app.parser()))


def keys() -> str:
    """Return a table of keys for every group of commands."""
    order = list(dict.fromkeys(one.group for one in commands.COMMANDS))
    known = sorted(commands.COMMANDS, key=lambda one: order.index(one.group))
    return "\n\n".join(
        f"### {group}\n\n"
        + table(("key", "command", "where", "what it does", "name"), map(_key_row, found))
        for group, found in groupby(known, key=lambda one: one.group)
    )


def _key_row(one: commands.Command) -> tuple[str, ...]:
    word = one.label.replace(" ", "-")
    takes = f" {one.takes.upper()}" if one.takes else ""
    keys = " ".join(f"`{commands.key_name(key)}`" for key in one.keys) or f"`:{word}{takes}`"
    return keys, one.label, ", ".join(one.screens) or "everywhere", one.help, f"`{one.name}`"


# The API.


def routes() -> str:
    """Return the table of routes, with what each takes."""
    return table(("route", "takes", "status", "what it does"), map(_route_row, ENDPOINTS))


def _route_row(one: Endpoint) -> tuple[str, str, str, str]:
    path = re.sub(r":\w+\}", "}", one.path)
    taken = [f"query {_fields(one.query)}" if one.query.model_fields else ""]
    taken += [f"body {_fields(one.body)}" if one.body is not NoBody else ""]
    return f"`{one.method} {path}`", "; ".join(filter(None, taken)), str(one.status), one.summary


def _fields(model: type[BaseModel]) -> str:
    """Return a model's fields, those with a plain default with it."""
    shown = []
    for name, field in model.model_fields.items():
        plain = field.default not in (None, PydanticUndefined, False)
        shown.append(f"`{name}={field.default}`" if plain else f"`{name}`")
    return " ".join(shown)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table; empty when it has no rows."""
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    if not lines:
        return ""
    head_lines = [" | ".join(head), " | ".join("---" for _ in head)]
    return "\n".join(f"| {line} |" for line in [*head_lines, *lines])


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


if __name__ == "__main__":
    sys.exit(main())
