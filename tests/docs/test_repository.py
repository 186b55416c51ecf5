"""Links resolve, the first screen says how to start, and nothing names where it was written."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, anchors, files, pages, prose

_LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
FIRST_SCREEN = 30  # lines

#: Written in pieces, so that this file is not found by its own search.
HOSTS = (
    "py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com",
    "anaconda" + ".org", "docker" + ".io", "ghcr" + ".io", "quay" + ".io", "crates" + ".io",
    "proxy.golang" + ".org", "rubygems" + ".org", "arti" + "factory",
)  # fmt: skip
#: A user called ``me`` is nobody in particular.
PLACES = re.compile(r"(?<![\w./~$}-])/(?:(?:home|Users)/(?!me\b)|root/|work/)\w")
BINARY = {".svg", ".png", ".pkl", ".parquet"}


def texts() -> list[tuple[Path, str]]:
    """Every file that is text."""
    found = []
    for path in files():
        content = path.read_bytes()
        if path.suffix not in BINARY and b"\0" not in content:
            found.append((path, content.decode("utf-8", "replace")))
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in _LINK.findall(prose(page)):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name}: {link}"
        assert file.is_relative_to(ROOT), f"{page.name}: {link}"
        assert not anchor or anchor in anchors(file), f"{page.name}: {link}"


def test_the_first_screen_says_how_to_try_and_how_to_check() -> None:
    first = (ROOT / "README.md").read_text("utf-8").splitlines()[:FIRST_SCREEN]
    assert any(line.startswith("make demo") for line in first)
    assert any(line.startswith("make test") for line in first)


def test_no_file_names_a_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {host}"
        for path, text in texts()
        for host in HOSTS
        if host in text.lower()
    ]
    assert not found


def test_no_file_names_a_place_on_the_machine_it_was_written_on() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if PLACES.search(line) or (len(ROOT.parts) > 2 and f"{ROOT}/" in line)
    ]
    assert not found


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("see /" + "home/ann/work", True),
        ("'/" + "Users/ann'", True),
        ("daemon/ro" + "ot/x", False),
        ("$HOME/home/x", False),
        ("/srv/home/x", False),
    ],
)
def test_a_place_is_known_by_its_root(line: str, named: bool) -> None:
    assert bool(PLACES.search(line)) is named
