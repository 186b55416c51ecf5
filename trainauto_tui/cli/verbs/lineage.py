"""``lineage``: what something comes from, and what came of it, as a tree each way."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Literal

from trainauto_tui.cli.progress import LOOKS
from trainauto_tui.cli.quantities import DIGEST_SHOWN, moment
from trainauto_tui.cli.session import Session
from trainauto_tui.cli.terminal import fit
from trainauto_tui.cli.verbs.models import STAGE_STYLES

if TYPE_CHECKING:
    from trainauto_tui.client import Client
    from trainauto_tui.documents import Lineage, LineageNode

DEPTH = 3
MOST_ASKED = 500  # things asked about on one side; a tree of more is read by nobody
Way = Literal["up", "down"]
TITLES: dict[Way, str] = {"up": "comes from", "down": "leads to"}
Branch = dict[str, Any]


def configure_lineage(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``lineage``."""
    parser.add_argument(
        "thing",
        metavar="X",
        help="a run (its id, the beginning of one, latest), RUN/STEP, the beginning of a file's "
        "digest, or MODEL@VERSION",
    )
    parser.add_argument(
        "--depth",
        type=_positive,
        default=DEPTH,
        metavar="N",
        help=f"N steps each way (else {DEPTH})",
    )


def execute_lineage(arguments: argparse.Namespace, session: Session) -> int:
    """Show what something comes from and what came of it."""
    client = session.client()
    found = client.lineage(arguments.thing)
    tree: Branch = {"node": found["node"]}
    for way in TITLES:
        tree[way] = _grown(client, found, way, arguments.depth, session)
    if session.json:
        session.document(tree)
    else:
        _print(tree, session)
    return 0


def _grown(client: Client, found: Lineage, way: Way, depth: int, session: Session) -> list[Branch]:
    """Return the branches on one side, each thing followed once, where it is nearest."""
    seen = {_name(found["node"])}
    branches = _branches(found, way)
    level = branches
    for _ in range(depth - 1):
        following: list[Branch] = []
        for branch in level:
            name = _name(branch)
            if name in seen:
                branch["repeated"] = True
            elif len(seen) <= MOST_ASKED:
                seen.add(name)
                branch[way] = _branches(client.lineage(name), way)
                following += branch[way]
        level = following
    if len(seen) > MOST_ASKED:
        session.say(f"only the nearest {MOST_ASKED} were followed; use a smaller --depth")
    return branches


def _branches(found: Lineage, way: Way) -> list[Branch]:
    return [{**node, "repeated": False, way: []} for node in found[way]]


def _name(node: LineageNode | Branch) -> str:
    return f"{node['kind']}:{node['id']}"


def _print(tree: Branch, session: Session) -> None:
    out = session.out
    out.line(_line("", tree["node"], session))
    at = tree["node"]["at"]
    if at:
        out.line(out.style(moment(at), "dim"))
    for way, title in TITLES.items():
        out.line()
        out.line(out.style(title if tree[way] else f"{title} nothing", "bold"))
        _print_branches(tree[way], way, "", session)


def _print_branches(branches: list[Branch], way: Way, indent: str, session: Session) -> None:
    for branch in branches:
        last = branch is branches[-1]
        session.out.line(_line(f"{indent}{'└─ ' if last else '├─ '}", branch, session))
        _print_branches(branch[way], way, f"{indent}{'   ' if last else '│  '}", session)


def _line(indent: str, node: Branch, session: Session) -> str:
    """Return a thing on one line: what it is, its name that ``lineage`` takes, how it is."""
    out = session.out
    named = node["id"][:DIGEST_SHOWN] if node["kind"] == "artifact" else node["id"]
    label = "" if node["label"] in (named, named.partition("/")[2]) else node["label"]
    look = LOOKS.get(node["status"] or "")
    status = f"{look.glyph} {look.word}" if look else node["status"] or ""
    parts = [
        (node["kind"], "dim"),
        (named, "bold"),
        (out.clean(label), ""),
        (status, look.style if look else STAGE_STYLES.get(status, "")),
        (out.clean(node["detail"]), "dim"),
        ("…" if node.get("repeated") else "", "dim"),
    ]
    text = indent
    room = (out.columns or 10_000) - len(indent)
    for part, style in parts:
        shown = fit(part, room)
        if shown:
            text += out.style(shown, style) + " "
            room -= len(shown) + 1
    return text.rstrip()


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value
