"""Values of params, signals and events as pipeline files write them."""

import json
from collections.abc import Mapping


def written(value: object) -> str:
    """Return a value: text as it is, all else as expressions and JSON write it (``true``)."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def pairs(values: Mapping[str, object], gap: str = "  ") -> str:
    """Return named values in one line: ``day=2013-07-01  fail=true``."""
    return gap.join(f"{name}={written(value)}" for name, value in values.items())
