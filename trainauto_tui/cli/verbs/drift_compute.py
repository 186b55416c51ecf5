"""``drift compute``: two tables compared in a process of its own; needs no daemon."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from trainauto_tui.cli.session import Session
from trainauto_tui.cli.tables import Cell, Column, Row, show
from trainauto_tui.errors import Invalid, NotFound, TrainautoError, Usage

MEASURES = ("psi", "ks", "js", "wasserstein")
SCORES = ("max", "mean", "share")
FEATURES = (
    Column("feature", flexible=True),
    Column("score", right=True),
    Column("verdict"),
    Column("rows", right=True),
    Column("missing", right=True, optional=True),
    Column("p", right=True, optional=True),
    Column("notes", flexible=True, optional=True),
)
VERDICTS = {
    "drift": ("✗ drift", "red"),
    "warn": ("▶ warn", "yellow"),
    "none": ("✔ none", "green"),
    "too_few_rows": ("○ too few rows", "dim"),
}
ERRORS: dict[int, type[TrainautoError]] = {2: Invalid, 4: NotFound}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``drift compute``."""
    parser.add_argument(
        "reference", metavar="REFERENCE", help="the rows that the model knows: CSV, parquet, JSONL"
    )
    parser.add_argument("current", metavar="CURRENT", help="the rows of now, of the same columns")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write the report there, whole or not at all; a missing folder is made",
    )
    parser.add_argument("--columns", metavar="A,B,…", help="compare these alone")
    parser.add_argument("--exclude", metavar="A,B,…", help="leave these out, such as the label")
    parser.add_argument(
        "--measure", choices=MEASURES, help="what scores and verdicts are made of (default psi)"
    )
    parser.add_argument(
        "--score",
        choices=SCORES,
        help="drift_score: the largest of the features' scores (default), their mean, or the "
        "share of features that warn or drift",
    )
    parser.add_argument(
        "--min-rows",
        metavar="N",
        type=int,
        help="values that a verdict needs on either side (default 200; 500 for wasserstein)",
    )
    parser.add_argument(
        "--bins", metavar="FILE", help="count in the bins of an earlier report, so that none moves"
    )


def execute(arguments: argparse.Namespace, session: Session) -> int:
    """Print a line per feature and the score; the report itself without ``-o``, or as JSON.

    Raises:
        Usage: The daemon of another machine is meant, whose tables are not here.
        NotFound: There is no such table.
        Invalid: A file or an argument is not valid.
        TrainautoError: Nothing can be judged, or the report cannot be written.
    """
    if session.far:
        raise Usage("drift compute works on this machine alone: it takes no --host")
    if arguments.min_rows is not None and arguments.min_rows < 2:
        raise Usage("--min-rows must be at least 2")
    text = _computed(_words(arguments))
    if session.json or arguments.output is None:
        session.out.write(text)
    report = json.loads(text)
    for name, reason in report["skipped"].items():
        session.say(f"not compared: {name}: {reason}")
    if arguments.output is not None and not session.json:
        _show(report, session)
        session.out.line(f"wrote {arguments.output}")
    return 0


def _words(arguments: argparse.Namespace) -> list[str]:
    given = vars(arguments)
    options = ("output", "columns", "exclude", "measure", "score", "min_rows", "bins")
    named = [(f"--{name.replace('_', '-')}", given[name]) for name in options]
    words = [f"{option}={value}" for option, value in named if value is not None]
    return [*words, "--", arguments.reference, arguments.current]


def _computed(words: list[str]) -> str:
    """Return the report that the process prints; what it says instead is raised."""
    import subprocess

    # Threads of the linear algebra library would be started, and never used.
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "trainautod.drift", *words],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        env=environment,
    )
    if done.returncode == 0:
        return done.stdout
    message, *hints = done.stderr.strip().splitlines() or ["drift compute ended without a word"]
    if done.returncode not in (1, 2, 4) or message.startswith(("Traceback", "usage:")):
        raise TrainautoError(hints[-1] if hints else message)
    raise ERRORS.get(done.returncode, TrainautoError)(message, hint="\n".join(hints))


def _show(report: dict[str, Any], session: Session) -> None:
    features = sorted(report["features"].items(), key=lambda item: -(item[1]["score"] or 0))
    show(session.out, FEATURES, [_row(name, one) for name, one in features])
    unjudged = len(features) - report["judged"]
    told = f"; {unjudged} of {len(features)} features not judged" if unjudged else ""
    how = {"max": "the largest", "mean": "the mean", "share": "the share that warn or drift"}
    session.out.line(
        f"drift_score {report['drift_score']:.4f}, {how[report['combined']]} of "
        f"{report['judged']} by {report['measure']}{told}"
    )


def _row(name: str, one: dict[str, Any]) -> Row:
    text, style = VERDICTS[one["verdict"]]
    missing = (one["missing_reference"] or 0.0, one["missing_current"] or 0.0)
    return [
        name,
        "" if one["score"] is None else f"{one['score']:.4f}",
        Cell(text, style),
        f"{one['n_reference']}→{one['n_current']}",
        "" if not any(missing) else f"{missing[0]:.1%}→{missing[1]:.1%}",
        _probability(one["p_adjusted"]),
        "; ".join(one["notes"]),
    ]


def _probability(p_value: float | None) -> str:
    if p_value is None:
        return ""
    return f"{p_value:.2g}" if p_value else "<1e-300"  # the smallest float is not far below
