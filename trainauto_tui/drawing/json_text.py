"""A JSON document as lines of spans: names, texts, numbers and nesting told apart."""

import json
import re
from typing import Any

from trainauto_tui.drawing.spans import Role, Span

_TOKEN = re.compile(
    r'(?P<name>"(?:[^"\\]|\\.)*")(?=:)|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<word>-?\d[\d.eE+-]*|true|false|null|NaN|-?Infinity)|(?P<rest>[^\"\w-]+|.)"
)
_ROLES: dict[str, Role] = {"name": "accent", "text": "plain", "word": "live", "rest": "muted"}


def lines(document: Any) -> list[tuple[Span, ...]]:
    """Return ``document`` pretty-printed, a tuple of spans per line.

    Control characters in texts stay escaped, as JSON has them.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return [_spans(line) for line in text.split("\n")]


def compact(document: Any) -> str:
    """Return ``document`` as JSON for other programs, on one line."""
    return json.dumps(document, ensure_ascii=False, separators=(", ", ": "))


def _spans(line: str) -> tuple[Span, ...]:
    return tuple(
        Span(match[0], _ROLES[match.lastgroup or "rest"]) for match in _TOKEN.finditer(line)
    )
