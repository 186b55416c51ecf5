"""The named statements of the package's ``.sql`` files."""

import re
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@cache
def statements() -> dict[str, str]:
    """Return every statement by its name, which it has in one file only."""
    found: dict[str, str] = {}
    for file in resources.files("trainautod.lineage").iterdir():
        if file.name.endswith(".sql"):
            parts = _NAME.split(file.read_text("utf-8"))
            pairs = zip(parts[1::2], parts[2::2], strict=True)
            found |= {name: body.strip() for name, body in pairs}
    return found


def sql(name: str) -> str:
    """Return one statement.

    Raises:
        KeyError: no file has such a name.
    """
    return statements()[name]
