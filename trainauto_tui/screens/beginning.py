"""Completing what was typed, as far as it is certain."""

from collections.abc import Sequence


def certain(typed: str, known: Sequence[str]) -> str:
    """Return the longest beginning that all of ``known`` that begin with ``typed`` have.

    Where none does, that is ``typed``.
    """
    fitting = [one for one in known if one.startswith(typed)]
    if not fitting:
        return typed
    first, last = min(fitting), max(fitting)
    same = 0
    while same < len(first) and first[same] == last[same]:
        same += 1
    return first[:same]
