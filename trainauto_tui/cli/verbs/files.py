"""``check`` and ``schema``: pipeline files, without a daemon."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainauto_tui.cli.requests import is_file, whole_path
from trainauto_tui.cli.session import Session
from trainauto_tui.cli.verbs.policies import mistake
from trainauto_tui.errors import Invalid

if TYPE_CHECKING:
    from trainautod.spec.reader import Spec

INVALID = 2


def configure_check(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``check``."""
    parser.add_argument(
        "targets", metavar="FILE|NAME", nargs="+", help="pipeline files, or registered names"
    )


def execute_check(arguments: argparse.Namespace, session: Session) -> int:
    """Print every problem of every file; 2 when there is one. Warnings count for nothing."""
    checked = [_check(target, session) for target in arguments.targets]
    valid = not any(entry["problems"] for entry in checked)
    if session.json:
        session.document({"valid": valid, "files": checked})
    else:
        for entry in checked:
            _print(entry, session)
    return 0 if valid else INVALID


def configure_schema(parser: argparse.ArgumentParser) -> None:
    """``schema`` takes no arguments of its own."""


def execute_schema(arguments: argparse.Namespace, session: Session) -> int:
    """Print the JSON Schema of pipeline files."""
    from trainautod import spec

    session.document(spec.json_schema())
    return 0


def _check(target: str, session: Session) -> dict[str, Any]:
    """Return what is known of one file: its name and its problems, each with file and line."""
    if is_file(target, session.far):
        path = whole_path(target, session.far)
        return _check_far_file(path, session) if session.far else _check_file(target)
    pipeline = session.client().pipeline(target)
    return {
        "file": pipeline["path"],
        "name": pipeline["name"],
        "problems": list(pipeline["problems"]),
        "warnings": [],
    }


def _check_file(path: str) -> dict[str, Any]:
    from trainautod import spec
    from trainautod.spec.errors import SpecInvalid

    try:
        loaded = spec.load(Path(path).read_bytes(), path)
    except SpecInvalid as error:
        return {
            "file": path,
            "name": None,
            "problems": [str(problem) for problem in error.problems],
            "warnings": [],
        }
    return {
        "file": path,
        "name": getattr(loaded, "name", None),
        "problems": [],
        "warnings": [f"{path}: {told}" for told in _warnings(loaded, path)],
    }


def _warnings(loaded: Spec, path: str) -> list[str]:
    """Return what is probably not meant: files that are not there, an event that nobody knows."""
    from trainautod.planning.missing import missing_files
    from trainautod.spec import Pipeline, Policy

    if isinstance(loaded, Policy):
        return [mistake(loaded.on, loaded.meant)] if loaded.meant else []
    if not isinstance(loaded, Pipeline):
        return []
    folder = Path(path).resolve().parent
    return list(missing_files(loaded, lambda name: (folder / name).is_file()))


def _check_far_file(path: str, session: Session) -> dict[str, Any]:
    """Let the far daemon read the file, which only it can, by asking it for a plan."""
    entry: dict[str, Any] = {"file": path, "name": None, "problems": [], "warnings": []}
    try:
        entry["name"] = session.client().plan({"path": path})["pipeline"]
    except Invalid as error:
        entry["problems"] = list(error.problems) or [f"{path}: {error.message}"]
    return entry


def _print(entry: dict[str, Any], session: Session) -> None:
    if not entry["problems"]:
        named = f" ({entry['name']})" if entry["name"] else ""
        session.out.line(f"{entry['file']}: {session.out.style('ok', 'green')}{named}")
    for problem in entry["problems"]:
        session.say(problem)
    for warning in entry["warnings"]:
        session.say(f"warning: {warning}")
