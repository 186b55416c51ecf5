"""What pydantic finds wrong with a value, in words that say what to do."""

from collections.abc import Mapping
from typing import Any

from trainautod.spec.fields import found

_WANTED = {
    "bool": "true or false",
    "bytes": "text",
    "date": "a date",
    "dict": "keys with values",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "mapping": "keys with values",
    "model": "keys with values",
    "string": "text",
    "tuple": "a list",
}
#: Bounds, by the type of the finding: what is said, and what of it is the bound.
_BOUNDS = {
    "greater_than": ("must be more than {}", "gt"),
    "greater_than_equal": ("must be at least {}", "ge"),
    "less_than": ("must be less than {}", "lt"),
    "less_than_equal": ("must be at most {}", "le"),
    "string_too_short": ("must have {} or more characters", "min_length"),
    "string_too_long": ("must have at most {} characters", "max_length"),
    "too_short": ("must have {} or more values", "min_length"),
    "too_long": ("must have at most {} values", "max_length"),
}


def said(detail: Mapping[str, Any]) -> str:
    """Return one of pydantic's findings in the words of this product; of an unknown one, its own.

    Args:
        detail: an entry of ``ValidationError.errors()``.
    """
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if isinstance(cause := context.get("error"), ValueError):
        return str(cause)
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "it is missing"
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        shown = f", found {given}" if isinstance(given, int | float) else ""
        return words.format(f"{context[bound]:,}") + shown
    if kind == "literal_error":
        return f"must be {context['expected']}, found {found(given)}"
    if kind == "string_pattern_mismatch":
        return f"{found(given)} does not match {context['pattern']}"
    if kind == "finite_number":
        return "NaN and infinity are not numbers here"
    wanted = _WANTED.get(kind.partition("_")[0])
    return f"expected {wanted}, found {found(given)}" if wanted else str(detail["msg"])
