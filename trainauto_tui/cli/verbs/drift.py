"""``drift``: what the watched drift files say, and two tables compared."""

from __future__ import annotations

import argparse

from trainauto_tui.cli.quantities import duration, since
from trainauto_tui.cli.session import Session
from trainauto_tui.cli.tables import NARROWEST, Cell, Column, Row, show
from trainauto_tui.cli.verbs import drift_compute
from trainauto_tui.documents import DriftReport, DriftSource
from trainauto_tui.drawing.file_names import short
from trainauto_tui.errors import NotFound, Usage

COLUMNS = (
    Column("file", flexible=True),
    Column("state"),
    Column("score", right=True),
    Column("age", right=True),
    Column("most affected", flexible=True),
    Column("policies", flexible=True, optional=True),
)
STYLES = {"good": "green", "unknown": "yellow", "stale": "red", "waiting": "dim"}
WARN, ALARM = 0.1, 0.2  # scores that are customary for the population stability index
MOST_FEATURES = 10
NAMED_FEATURES = 3
BAR = 20  # cells, which stand for twice the score of an alarm


def configure_drift(parser: argparse.ArgumentParser) -> None:
    """Add the actions of ``drift``."""
    from trainauto_tui.cli.arguments import common

    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    text = "show the drift files that policies watch, and their newest scores"
    shown = actions.add_parser("show", parents=[common()], help=text, description=text)
    shown.add_argument("path", metavar="PATH", nargs="?", help="one drift file, in detail")
    text = "compare two tables and write a drift report; needs no daemon"
    computed = actions.add_parser("compute", parents=[common()], help=text, description=text)
    drift_compute.configure(computed)


def execute_drift(arguments: argparse.Namespace, session: Session) -> int:
    """Carry out one action.

    Raises:
        NotFound: no such drift file is watched.
        Usage: several watched files are meant.
    """
    if arguments.action == "compute":
        return drift_compute.execute(arguments, session)
    sources = session.client().drift()
    if arguments.path is not None:
        sources = [_named(sources, arguments.path, session)]
    if session.json:
        session.document({"sources": sources})
    elif arguments.path is not None or len(sources) == 1:
        _detail(sources[0], session)
    elif sources:
        _list(sources, session)
    else:
        session.say("no policy watches drift files; add one with: trainauto add POLICY.yaml")
    return 0


def _named(sources: list[DriftSource], path: str, session: Session) -> DriftSource:
    """Return the source that a path, or the end of one, means."""
    import os

    whole = path if session.far else os.path.abspath(path)
    found = [source for source in sources if source["path"].rstrip("/") == whole.rstrip("/")]
    found = found or [s for s in sources if s["path"].endswith("/" + path.removeprefix("./"))]
    if not found:
        raise NotFound(f"no policy watches {path}", hint=f"see: {session.line('drift', 'show')}")
    if len(found) > 1:
        listed = ", ".join(source["path"] for source in found)
        raise Usage(f"{path} may be any of {listed}: name one by its whole path")
    return found[0]


def _list(sources: list[DriftSource], session: Session) -> None:
    """List drift files, and below the table why some are not good: there it has room."""
    out, paths = session.out, [source["path"] for source in sources]
    names = short(paths) if out.interactive else dict(zip(paths, paths, strict=True))
    show(out, COLUMNS, [_row(source, names[source["path"]]) for source in sources])
    files: dict[tuple[str, str], list[str]] = {}
    for source in sources:
        if source["reason"]:
            same = files.setdefault((source["state"], source["reason"]), [])
            same.append(names[source["path"]])
    for (state, reason), (first, *others) in files.items():
        more = f" and {len(others)} more" if others else ""
        out.line()
        out.line(f"{out.clean(first)}{more}: {out.style(state, STYLES.get(state, ''))}")
        for line in _wrapped(out.clean(reason), out.columns):
            out.line(f"  {line}")


def _wrapped(text: str, columns: int | None) -> list[str]:
    from textwrap import wrap

    return [text] if columns is None else wrap(text, max(columns - 2, NARROWEST))


def _row(source: DriftSource, name: str) -> Row:
    report = source["last_good"]
    return [
        name,
        Cell(source["state"], STYLES.get(source["state"], "")),
        "" if report is None else Cell(f"{report['drift_score']:.3f}", _style(report)),
        "" if report is None else duration(since(report["at"])),
        "" if report is None else ", ".join(n for n, _ in _ranked(report)[:NAMED_FEATURES]),
        ", ".join(source["policies"]),
    ]


def _detail(source: DriftSource, session: Session) -> None:
    out, report = session.out, source["last_good"]
    style = STYLES.get(source["state"], "")
    out.line(f"{out.clean(source['path'])}  {out.style(source['state'], style)}")
    if source["reason"]:
        out.line(out.clean(f"  {source['reason']}"))
    out.line(out.clean(f"  watched by {', '.join(source['policies'])}"))
    if report is None:
        out.line("  no report yet")
        return
    score = out.style(f"{report['drift_score']:.4f}", _style(report))
    out.line(f"  drift_score {score}, {duration(since(report['at']))} ago, report {report['id']}")
    ranked = _ranked(report)
    rows: list[Row] = [
        [name, f"{value:.4f}", _bar(value)] for name, value in ranked[:MOST_FEATURES]
    ]
    if rows:
        feature = Column("feature", flexible=True)
        show(out, (feature, Column("score", right=True), Column("")), rows)
    if len(ranked) > MOST_FEATURES:
        out.line(f"  and {len(ranked) - MOST_FEATURES} more")


def _ranked(report: DriftReport) -> list[tuple[str, float]]:
    return sorted(report["features"].items(), key=lambda one: (-one[1], one[0]))


def _style(report: DriftReport) -> str:
    return _colour(report["drift_score"])


def _colour(score: float) -> str:
    return "red" if score >= ALARM else "yellow" if score >= WARN else "green"


def _bar(score: float) -> Cell:
    cells = min(BAR, round(BAR * score / (2 * ALARM)))
    beyond = "→" if score > 2 * ALARM else ""
    return Cell("─" * cells + beyond, _colour(score))
