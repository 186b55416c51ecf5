"""DAGs of any size, in the shapes that drawings of them find hard or easy."""

from collections.abc import Mapping, Sequence

Needs = Mapping[str, Sequence[str]]


def wide(count: int) -> Needs:
    """Return half the steps on one root, each with a follower, all merged at the end."""
    half = count // 2
    needs: dict[str, list[str]] = {"root": []}
    needs |= {f"a{n}": ["root"] for n in range(half)}
    needs |= {f"b{n}": [f"a{n}"] for n in range(half - 2)}
    return needs | {"end": list(needs)}


def deep(count: int) -> Needs:
    """Return a chain."""
    return {f"s{n}": [f"s{n - 1}"] if n else [] for n in range(count)}


def apart(count: int) -> Needs:
    """Return chains of one to four steps that have nothing to do with one another."""
    return {f"s{n}": [f"s{n - 1}"] if n % 10 not in (0, 1, 3, 6) else [] for n in range(count)}


def tangled(count: int) -> Needs:
    """Return steps that each need up to three of the twenty before them."""
    return {
        f"s{n}": [f"s{n - back}" for back in (1, 7, 20) if back <= n and n % back != 3]
        for n in range(count)
    }
