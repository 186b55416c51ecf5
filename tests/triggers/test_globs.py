"""Which files patterns mean."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainautod.triggers.globs import Pattern, markers_of


def pattern(text: str) -> Pattern:
    return Pattern.of(text, "/srv/pipe", "/home/me")


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("in/*.csv", "/srv/pipe/in"),
        ("*.csv", "/srv/pipe"),
        ("../in/?.csv", "/srv/in"),
        ("/data/**/x", "/data"),
        ("~/in", "/home/me/in"),
        ("~", "/home/me"),
        ("in/", "/srv/pipe/in"),
        (".", "/srv/pipe"),
        ("/*", "/"),
        ("~other/in", "/srv/pipe/~other/in"),
        ("in/[ab].csv", "/srv/pipe/in/[ab].csv"),
    ],
)
def test_the_folder_to_watch_is_what_goes_before_the_first_wildcard(text: str, base: str) -> None:
    assert pattern(text).base == base


@pytest.mark.parametrize(
    ("text", "matching", "others"),
    [
        ("in/*.csv", ["in/a.csv", "in/é b.csv", "in/a\nb.csv"],
         ["in/x/a.csv", "in/.a.csv", "in/a.CSV", "a.csv", "in/a.csvx", "inn/a.csv"]),
        ("in/?.csv", ["in/a.csv"], ["in/ab.csv", "in/.csv", "in/..csv"]),
        ("in/**/*.csv", ["in/a.csv", "in/x/a.csv", "in/x/y/a.csv"],
         ["in/.x/a.csv", "in/x/.a.csv", "x/a.csv"]),
        ("in/**", ["in/a", "in/x/y"], ["in/.a", "in/x.tmp", "in/x/_SUCCESS"]),
        ("in", ["in", "in/a", "in/x/y.csv"],
         ["in/.x", "in/.x/a", "in/a.tmp", "in/a.part", "in/a~", "in/.#a", "in/#a#",
          "in/a.done", "in/_SUCCESS", "inn"]),
        ("in/*", ["in/a"], ["in/x/a", "in/a.partial", "in/a.crdownload", "in/.a"]),
        ("in/*.part", ["in/a.part"], ["in/a", "in/.a.part"]),
        ("in/*.done", ["in/a.done"], ["in/a"]),
        ("in/.*", ["in/.a"], ["in/a"]),
        ("in/**/.c/*", ["in/x/.c/a", "in/.c/a"], ["in/x/.d/a", "in/x/c/a"]),
        ("in/.hidden/a.tmp", ["in/.hidden/a.tmp"], ["in/.hidden/b.tmp"]),
        ("day=*/part-?.csv", ["day=1/part-0.csv"], ["day=1/x/part-0.csv", "day=1/part-10.csv"]),
        ("in/a**b/c", ["in/ab/c", "in/axxb/c"], ["in/a/b/c"]),
        ("in/[ab].csv", ["in/[ab].csv"], ["in/a.csv"]),
    ],
)  # fmt: skip
def test_what_a_pattern_means(text: str, matching: list[str], others: list[str]) -> None:
    found = pattern(text)
    assert [path for path in matching if not found.matches(f"/srv/pipe/{path}")] == []
    assert [path for path in others if found.matches(f"/srv/pipe/{path}")] == []


def test_a_file_in_the_root_is_found() -> None:
    assert pattern("/*").matches("/a")
    assert not pattern("/*").matches("/a/b")


def test_the_markers_of_a_file() -> None:
    assert markers_of("/in/x.parquet") == ("/in/x.parquet.done", "/in/_SUCCESS")


names = st.text("ab.#~", min_size=1, max_size=4).filter(lambda name: name not in (".", ".."))
parts = st.sampled_from(["**", "*", "?", "a", "a*", "*.b", ".a", "b?"]) | names


@given(st.lists(parts, min_size=1, max_size=4), st.lists(names, min_size=1, max_size=4))
def test_every_folder_on_the_way_to_a_match_is_entered(wanted: list[str], path: list[str]) -> None:
    found = pattern("/in/" + "/".join(wanted))
    full = "/in/" + "/".join(path)
    if found.matches(full) and full != found.base:
        above = [str(each) for each in Path(full).parents]
        below_base = above[: above.index(found.base) + 1]
        assert all(found.enters(folder) for folder in below_base)


@given(st.lists(parts, min_size=1, max_size=3), st.lists(names, min_size=1, max_size=3))
def test_patterns_agree_with_a_plain_reading(wanted: list[str], path: list[str]) -> None:
    found = pattern("/in/" + "/".join(wanted))
    if found.plain or wanted[-1] == "**" or any("**" in part[1:] for part in wanted):
        return
    if re.search(r"(\.(tmp|part)|~)$|^#.*#$", path[-1]):
        return
    assert found.matches("/in/" + "/".join(path)) == reads(wanted, path)


def reads(wanted: list[str], path: list[str]) -> bool:
    """The same, by trying every way."""
    if not wanted or not path:
        return not wanted and not path
    if wanted[0] == "**":
        hidden = path[0].startswith(".")
        return reads(wanted[1:], path) or (not hidden and reads(wanted, path[1:]))
    return fits(wanted[0], path[0]) and reads(wanted[1:], path[1:])


def fits(part: str, name: str) -> bool:
    if part[:1] in ("*", "?") and name.startswith("."):
        return False
    return spells(part, name)


def spells(part: str, name: str) -> bool:
    if not part:
        return not name
    if part[0] == "*":
        return any(spells(part[1:], name[i:]) for i in range(len(name) + 1))
    return bool(name) and part[0] in ("?", name[0]) and spells(part[1:], name[1:])
