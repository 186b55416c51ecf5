"""Which Python a step means, and what is installed in it."""

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from trainautod.runtime.errors import StepRefused
from trainautod.runtime.interpreters import Interpreters, platform_tag

FOLDER = Path("/the/pipelines/folder")
OWN = f"CPython {platform.python_version()}"


class Fake:
    """An interpreter that answers what it is told, and counts how often it is asked."""

    def __init__(self, folder: Path, name: str, python: str = "3.99.1") -> None:
        self.bin = folder / "bin"
        self.bin.mkdir(exist_ok=True)
        self.packages = folder / "lib" / "site-packages"
        self.packages.mkdir(parents=True, exist_ok=True)
        self.path = self.bin / name
        self.asked = folder / "asked"
        answer = json.dumps(["CPython", python, [str(self.packages)]])
        self.script(f"echo x >> {self.asked}; echo '{answer}'")

    def script(self, body: str) -> None:
        self.path.write_text(f"#!/bin/sh\n{body}\n")
        self.path.chmod(0o755)

    def install(self, *names: str) -> None:
        for name in names:
            (self.packages / name).mkdir()
        os.utime(self.packages, ns=(0, self.packages.stat().st_mtime_ns + 10**9))

    @property
    def times_asked(self) -> int:
        return len(self.asked.read_text().split()) if self.asked.exists() else 0


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """``python3.99``, first on the PATH."""
    fake = Fake(tmp_path, "python3.99")
    monkeypatch.setenv("PATH", f"{fake.bin}{os.pathsep}{os.environ['PATH']}")
    return fake


def test_without_a_wish_it_is_the_daemons_own() -> None:
    found = Interpreters().find(None, FOLDER)
    assert found.bin_directory == str(Path(sys.executable).parent)
    assert found.python == OWN
    assert found.packages["pydantic"] == version("pydantic")
    assert list(found.packages) == sorted(found.packages)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_a_version_that_the_daemon_has_is_the_daemons_own(parts: int) -> None:
    wanted = ".".join(platform.python_version().split(".")[:parts])
    assert Interpreters().find(wanted, FOLDER).bin_directory == str(Path(sys.executable).parent)


def test_another_version_is_found_on_the_path(fake: Fake) -> None:
    found = Interpreters().find("3.99", FOLDER)
    assert (found.bin_directory, found.python) == (str(fake.bin), "CPython 3.99.1")


def test_an_interpreter_is_found_by_its_path(fake: Fake) -> None:
    found = Interpreters().find(str(fake.path), FOLDER)
    assert found.bin_directory == str(fake.bin)


def test_a_home_directory_may_be_written_short(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(fake.bin.parent))
    assert Interpreters().find("~/bin/python3.99", FOLDER).bin_directory == str(fake.bin)


@pytest.mark.parametrize("wanted", ["{}/bin/python", "./{}/bin/python", "../code/{}/bin/python"])
@pytest.mark.parametrize("environment", [".venv", "3.99"])
def test_a_relative_path_starts_from_the_pipelines_folder(
    tmp_path: Path, wanted: str, environment: str
) -> None:
    """It stays the virtual environment's own, though that is a link to another interpreter."""
    folder = tmp_path / "code"
    (folder / environment).mkdir(parents=True)
    fake = Fake(folder / environment, "real-python")
    (fake.bin / "python").symlink_to(fake.path)
    fake.install("numpy-2.4.5.dist-info")
    found = Interpreters().find(wanted.format(environment), folder)
    assert found.bin_directory == str(fake.bin)
    assert dict(found.packages) == {"numpy": "2.4.5"}


@pytest.mark.parametrize(
    "wanted", ["3.98", "./bin/python3.99", "/no/such/python", "~nobody-here/python"]
)
def test_one_that_is_not_there_is_refused(fake: Fake, wanted: str) -> None:
    with pytest.raises(StepRefused, match=r"env\.python asks for .* not on this machine"):
        Interpreters().find(wanted, FOLDER)


def test_one_that_is_of_another_version_than_its_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = Fake(tmp_path, "python3.98", "3.9.8")
    monkeypatch.setenv("PATH", str(fake.bin))
    with pytest.raises(StepRefused, match=r"asks for 3\.98, but .*python3\.98 is CPython 3\.9\.8"):
        Interpreters().find("3.98", FOLDER)


@pytest.mark.parametrize("body", ["exit 3", "echo nonsense", "echo '[1, 2]'", ":"])
def test_one_that_does_not_answer_is_refused(fake: Fake, body: str) -> None:
    fake.script(body)
    with pytest.raises(StepRefused, match="does not answer"):
        Interpreters().find("3.99", FOLDER)


class TestPackages:
    def test_are_listed_by_their_metadata(self, fake: Fake) -> None:
        fake.install("Foo_Bar-1.2.dist-info", "old-0.9.egg-info", "foo", "__pycache__")
        (fake.packages / "module.py").touch()
        assert dict(Interpreters().find("3.99", FOLDER).packages) == {
            "foo-bar": "1.2",
            "old": "0.9",
        }

    def test_are_read_again_only_when_they_change(self, fake: Fake) -> None:
        interpreters = Interpreters()
        fake.install("numpy-2.4.5.dist-info")
        first = interpreters.find("3.99", FOLDER)
        assert interpreters.find("3.99", FOLDER).packages is first.packages
        fake.install("scipy-1.15.0.dist-info")
        again = interpreters.find("3.99", FOLDER)
        assert dict(again.packages) == {"numpy": "2.4.5", "scipy": "1.15.0"}
        assert fake.times_asked == 1

    def test_of_a_folder_that_is_gone_are_none(self, fake: Fake) -> None:
        fake.packages.rmdir()
        assert dict(Interpreters().find("3.99", FOLDER).packages) == {}


def test_an_interpreter_that_was_replaced_is_asked_again(fake: Fake) -> None:
    interpreters = Interpreters()
    interpreters.find("3.99", FOLDER)
    os.utime(fake.path, ns=(0, fake.path.stat().st_mtime_ns + 10**9))
    interpreters.find("3.99", FOLDER)
    assert fake.times_asked == 2


def test_a_manifest_names_what_a_result_depends_on(fake: Fake) -> None:
    fake.install("numpy-2.4.6.dist-info")
    assert Interpreters().find("3.99", FOLDER).manifest() == {
        "python": "CPython 3.99.1",
        "platform": platform_tag(),
        "packages": {"numpy": "2.4.6"},
    }
    assert platform_tag().startswith(f"{sys.platform}-")
