"""The named statements of ``queries.sql``."""

import re
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def statements() -> dict[str, str]:
    """Return every statement of ``queries.sql`` by its name."""
    text = resources.files("trainautod.lineage").joinpath("queries.sql").read_text("utf-8")
    parts = _NAME.split(text)
    return {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def sql(name: str) -> str:
    """Return one statement.

    Raises:
        KeyError: ``queries.sql`` has no such name.
    """
    return statements()[name]
