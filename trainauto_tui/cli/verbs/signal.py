"""``signal``: what somebody's own monitoring has to say, for policies."""

from __future__ import annotations

import argparse
import json
import math

from trainauto_tui.cli.session import Session
from trainauto_tui.errors import Usage


def configure_signal(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``signal``."""
    parser.add_argument("name", metavar="NAME", help="the event that policies are on")
    parser.add_argument(
        "values",
        nargs="*",
        metavar="KEY=VALUE",
        help="what it carries: numbers, true or false, lists and mappings as JSON, else text",
    )
    parser.add_argument(
        "--key", metavar="KEY", help="send it once: a second one with this key does nothing"
    )


def execute_signal(arguments: argparse.Namespace, session: Session) -> int:
    """Send a signal; it is stored when this ends."""
    values = values_of(arguments.values)
    client = session.client()
    answer = client.signal(arguments.name, values, arguments.key)
    if session.json:
        session.document(answer)
        return 0
    if answer["repeated"]:
        known = f"event {answer['seq']} has the key {arguments.key!r} already"
        session.out.line(f"{known}; nothing was done")
        return 0
    session.out.line(f"{arguments.name} is event {answer['seq']}")
    if not any(policy["on"] == arguments.name for policy in client.policies()):
        session.say(f"no policy is on {arguments.name}; {session.line('policies')} lists them")
    return 0


def values_of(words: list[str]) -> dict[str, object]:
    """Return the values of ``KEY=VALUE`` words.

    Raises:
        Usage: a word has no name, a name is given twice, or a value is null or not finite.
    """
    values: dict[str, object] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name:
            raise Usage(f"{word!r} is not name=value, such as p95_ms=310")
        if name in values:
            raise Usage(f"{name} is given twice")
        values[name] = _value(name, text)
    return values


def _value(name: str, text: str) -> object:
    try:
        value = json.loads(text, parse_constant=float)
    except (ValueError, RecursionError):
        value = text
    if value is None:
        raise Usage(f"{name} is null, which no condition can compare: leave it out")
    if not _is_finite(value):
        raise Usage(f"{name}={text} has a number that is not finite: leave it out")
    return value


def _is_finite(value: object) -> bool:
    if isinstance(value, list):
        return all(_is_finite(each) for each in value)
    if isinstance(value, dict):
        return all(_is_finite(each) for each in value.values())
    return not isinstance(value, float) or math.isfinite(value)
