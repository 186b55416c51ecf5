"""Registered pipeline files: edits are picked up, and nothing in a file can hurt the daemon."""

import os
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemons import LiveDaemon
from tests.support.plain_http import Answer, post
from tests.support.waiting import wait_until
from trainauto_tui.errors import NotFound, TrainautoError
from trainautod.home import socket_path
from trainautod.spec.document import MAX_BYTES


class Registered:
    """A pipeline file that a daemon knows, and what the daemon says of it."""

    def __init__(self, live: LiveDaemon, path: Path) -> None:
        self.live = live
        self.path = path
        self.name = f"p{random.randrange(1 << 40):x}"
        self._before = live.client.status()["last_event"]
        self.write("echo one")
        live.client.add_pipeline(str(path))

    def text(self, command: str, **fields: str) -> str:
        lines = [f"{key}: {value}" for key, value in {"name": self.name, **fields}.items()]
        return "\n".join([*lines, f"steps: [{{id: a, run: '{command}'}}]", ""])

    def write(self, command: str, **fields: str) -> None:
        """Write the file in place."""
        self.path.write_text(self.text(command, **fields))

    def told(self) -> dict[str, Any]:
        """Return the daemon's document of it."""
        return dict(self.live.client.pipeline(self.name))

    def until(self, what: str, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Wait until the document is as it should be."""

        def reached() -> dict[str, Any] | None:
            told = self.told()
            return told if condition(told) else None

        return wait_until(reached, f"{what}; last told: {self.told()}")

    def until_broken(self, words: str = "") -> list[str]:
        """Wait until problems are shown that hold these words; return them."""
        found = self.until(
            f"problems with {words!r}",
            lambda told: told["state"] == "broken" and words in "\n".join(told["problems"]),
        )
        problems: list[str] = found["problems"]
        return problems

    def until_ok(self, description: str) -> None:
        """Wait until the version with this description is in use."""
        self.until(
            f"version {description}",
            lambda told: (told["state"], told["description"]) == ("ok", description),
        )

    def log_of_a_run(self) -> bytes:
        """Run what is in use, and return what its step wrote."""
        run: Any = self.live.client.submit({"name": self.name})
        done = self.live.finish(run["run_id"])
        assert done["status"] == "succeeded", done["error"]
        return self.live.client.log(run["run_id"], "a").data

    def kinds(self) -> list[str]:
        """Return the kinds of its events, in order."""
        page = self.live.client.event_page(self._before)
        return [event["kind"] for event in page["events"] if event["pipeline"] == self.name]


@pytest.fixture
def registered(daemon: LiveDaemon, tmp_path: Path) -> Iterator[Registered]:
    """A registered pipeline; after the test every task of the daemon must still be well."""
    yield Registered(daemon, tmp_path / "nightly.yaml")
    status = daemon.client.status()
    assert [(t["name"], t["restarts"], t["error"]) for t in status["tasks"] if t["error"]] == []
    assert status["state"] == "running"


def test_an_added_pipeline_is_listed_and_a_removed_one_is_not(registered: Registered) -> None:
    client, name = registered.live.client, registered.name
    listed = [pipeline["name"] for pipeline in client.pipelines()]
    told = registered.told()
    registered.log_of_a_run()
    runs = client.runs(name)["runs"]

    client.remove_pipeline(name)

    assert name in listed
    assert listed == sorted(listed)
    assert told["path"] == str(registered.path)
    assert (told["state"], told["problems"]) == ("ok", [])
    assert told["steps"] == [{"id": "a", "needs": []}]
    assert name not in [pipeline["name"] for pipeline in client.pipelines()]
    assert client.runs(name)["runs"] == runs
    with pytest.raises(NotFound, match=f"no pipeline '{name}'"):
        client.submit({"name": name})
    assert registered.kinds()[0] == "pipeline_added"
    assert registered.kinds()[-1] == "pipeline_removed"


def test_the_last_runs_are_shown_newest_first(registered: Registered) -> None:
    registered.log_of_a_run()
    registered.log_of_a_run()

    shown = [run["run_id"] for run in registered.told()["last_runs"]]

    runs = registered.live.client.runs(registered.name)["runs"]
    assert shown == [run["run_id"] for run in runs]
    assert len(shown) == 2


def test_adding_a_registered_file_again_reads_it_again(registered: Registered) -> None:
    registered.write("echo two", description="second")

    again: Any = registered.live.client.add_pipeline(str(registered.path))

    assert again["description"] == "second"
    assert registered.log_of_a_run() == b"two\n"


def test_an_edit_is_picked_up(registered: Registered) -> None:
    before = registered.log_of_a_run()
    registered.write("echo two", description="second")
    registered.until_ok("second")

    assert (before, registered.log_of_a_run()) == (b"one\n", b"two\n")
    assert registered.kinds().count("pipeline_updated") == 1


def test_an_edit_by_rename_is_picked_up(registered: Registered) -> None:
    """As most editors save."""
    for number in ("2", "3"):
        beside = registered.path.with_suffix(".tmp")
        beside.write_text(registered.text("true", description=f"version {number}"))
        beside.replace(registered.path)
        registered.until_ok(f"version {number}")


def test_a_broken_edit_keeps_the_last_good_version_and_shows_the_line(
    registered: Registered,
) -> None:
    registered.path.write_text(
        f"name: {registered.name}\nsteps:\n  - id: a\n    run: echo two\n    need: [b]\n"
    )

    problems = registered.until_broken("need")

    assert problems == [
        f"{registered.path}:5: unknown key 'need' at steps[0]: did you mean 'needs'?"
    ]
    assert registered.log_of_a_run() == b"one\n"
    assert "pipeline_broken" in registered.kinds()


def test_another_broken_edit_replaces_the_problems(registered: Registered) -> None:
    registered.path.write_text("steps: [")
    registered.until_broken("not valid YAML")
    registered.path.write_text("steps: []")

    (problem,) = registered.until_broken("steps")
    assert "not valid YAML" not in problem
    assert registered.kinds().count("pipeline_broken") >= 2


def test_a_mended_file_recovers(registered: Registered) -> None:
    registered.path.write_text("steps: [")
    registered.until_broken()

    registered.write("echo two", description="mended")

    registered.until_ok("mended")
    assert registered.log_of_a_run() == b"two\n"


def test_a_file_mended_back_to_what_it_was_recovers(registered: Registered) -> None:
    registered.path.write_text("steps: [")
    registered.until_broken()

    registered.write("echo one")

    told = registered.until("recovery", lambda told: told["state"] == "ok")
    assert told["problems"] == []
    assert registered.log_of_a_run() == b"one\n"


def test_a_file_that_was_empty_for_a_moment_recovers(registered: Registered) -> None:
    """As it is while an editor writes it anew."""
    whole = registered.path.read_text()
    registered.path.write_text("")
    registered.until_broken(str(registered.path))

    registered.path.write_text(whole)

    registered.until("recovery", lambda told: told["state"] == "ok")


def test_a_half_written_file_never_replaces_the_good_one(registered: Registered) -> None:
    """A slow writer: whatever part is read, only the whole of it becomes a version."""
    whole = registered.text("echo two", description="whole")
    with registered.path.open("w") as file:
        for character in whole:
            file.write(character)
            file.flush()
            time.sleep(0.005)
    registered.until_ok("whole")

    assert registered.log_of_a_run() == b"two\n"


def test_a_file_that_is_gone_is_shown_and_comes_back(registered: Registered) -> None:
    registered.path.unlink()
    gone = registered.until_broken("No such file")
    while_gone = registered.log_of_a_run()
    registered.write("echo one", description="back")
    registered.until_ok("back")

    assert gone == [f"{registered.path}: No such file or directory"]
    assert while_gone == b"one\n"


def test_a_folder_that_is_made_anew_is_followed_again(daemon: LiveDaemon, tmp_path: Path) -> None:
    """As a checkout of another branch does."""
    folder = tmp_path / "project"
    folder.mkdir()
    registered = Registered(daemon, folder / "nightly.yaml")
    shutil.rmtree(folder)
    registered.until_broken("No such file")

    folder.mkdir()
    registered.write("echo two", description="back")
    registered.until_ok("back")
    registered.write("echo three", description="followed")

    registered.until_ok("followed")
    daemon.client.remove_pipeline(registered.name)


def test_a_changed_name_is_told_and_the_old_version_stays(registered: Registered) -> None:
    registered.path.write_text(registered.text("echo two").replace(registered.name, "other"))

    (problem,) = registered.until_broken("name changed")

    assert problem == f"{registered.path}: the name changed to 'other'; add it anew"
    assert registered.log_of_a_run() == b"one\n"


def test_one_problem_file_does_not_keep_others_from_being_followed(
    daemon: LiveDaemon, tmp_path: Path
) -> None:
    bad, good = (Registered(daemon, tmp_path / f"{name}.yaml") for name in ("bad", "good"))
    bad.path.write_bytes(b"\xff")
    good.write("echo two", description="second")

    good.until_ok("second")
    bad.until_broken("not UTF-8 text")


HOSTILE = {
    "larger than a MiB": (b"# " + b"x" * MAX_BYTES + b"\n", "larger than 1 MiB"),
    "larger than a MiB, cut in a character": ("é: é\n".encode() * (1 << 18), "larger than 1 MiB"),
    "cyclic": (b"steps: &a\n  - *a\n", ":2: "),
    "needs in a circle": (
        b"steps:\n  - {id: a, run: x, needs: [b]}\n  - {id: b, run: x, needs: [a]}\n",
        "in a circle: a → b → a",
    ),
    "alias bomb": (
        b"a: &a [1,1,1,1,1,1,1,1,1]\n"
        + b"".join(
            b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9))
            for i in range(9)
        ),
        "more than 50,000 values with its aliases expanded",
    ),
    "deep": (b"[" * 200, "nested deeper than 50"),
    "binary": (bytes(range(256)) * 64, "not UTF-8 text"),
    "zeros": (bytes(4096), ":1: "),
    "not a pipeline": (b"max_time: 1h\nobjective: maximize auc\n", "not a pipeline"),
    "an application tag": (b"steps: !!python/object/apply:os.abort []\n", ":1: "),
    "two documents": (b"steps: []\n---\nsteps: []\n", ":"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_with_a_clear_error(
    registered: Registered, tmp_path: Path, kind: str
) -> None:
    content, words = HOSTILE[kind]
    path = tmp_path / "hostile.yaml"
    path.write_bytes(content)

    answers = [add(registered, path), post_run(registered, path)]
    registered.path.write_bytes(content)
    registered.until_broken(words)  # half of it may be read first, while it is written

    for answer in answers:
        assert (answer.status, answer.error()["code"]) == (422, "invalid")
        problems = "\n".join(answer.error()["problems"])
        assert str(path) in problems
        assert words in problems
        assert len(problems) < 10_000
    assert registered.log_of_a_run() == b"one\n"


def test_a_file_that_becomes_a_pipe_does_not_stop_the_watcher(
    registered: Registered, tmp_path: Path
) -> None:
    registered.path.unlink()
    os.mkfifo(registered.path)
    registered.until_broken("not a regular file")
    other = Registered(registered.live, tmp_path / "other.yaml")
    other.write("true", description="followed")

    other.until_ok("followed")
    registered.path.unlink()
    registered.write("echo two", description="a file again")
    registered.until_ok("a file again")


def test_a_pipeline_removed_while_it_is_edited_stays_removed(
    daemon: LiveDaemon, tmp_path: Path
) -> None:
    """Whatever the watcher was just reading, it does not come back."""
    for number in range(6):
        registered = Registered(daemon, tmp_path / f"{number}.yaml")
        registered.write("true", description="edited")
        adding = threading.Thread(target=registered.write, args=("true",))
        adding.start()
        time.sleep(0.04 * number)
        daemon.client.remove_pipeline(registered.name)
        adding.join()
        registered.write("true", description="edited again")
    last = Registered(daemon, tmp_path / "last.yaml")
    last.write("true", description="followed")
    last.until_ok("followed")

    kept = [p["path"] for p in daemon.client.pipelines() if p["path"].startswith(str(tmp_path))]
    assert kept == [str(last.path)]
    daemon.client.remove_pipeline(last.name)


def test_registered_pipelines_survive_a_restart_also_when_broken_meanwhile(
    fresh: LiveDaemon, tmp_path: Path
) -> None:
    names = ("good", "broken", "edited", "gone", "was-broken")
    all_of_them = {name: Registered(fresh, tmp_path / f"{name}.yaml") for name in names}
    all_of_them["was-broken"].path.write_text("steps: [")
    all_of_them["was-broken"].until_broken()
    fresh.kill()
    all_of_them["broken"].path.write_text("steps: {")
    all_of_them["edited"].write("echo two", description="edited")
    all_of_them["gone"].path.unlink()

    fresh.start()
    told = {name: registered.told() for name, registered in all_of_them.items()}

    assert {name: document["state"] for name, document in told.items()} == {
        "good": "ok",
        "broken": "broken",
        "edited": "ok",
        "gone": "broken",
        "was-broken": "broken",
    }
    assert "not valid YAML" in told["broken"]["problems"][0]
    assert "not valid YAML" in told["was-broken"]["problems"][0]
    assert all_of_them["edited"].log_of_a_run() == b"two\n"
    for name in ("broken", "gone", "was-broken"):
        assert all_of_them[name].log_of_a_run() == b"one\n"
        all_of_them[name].write("echo two", description="mended")
        all_of_them[name].until_ok("mended")


def test_a_removed_pipeline_stays_removed_over_a_restart(fresh: LiveDaemon, tmp_path: Path) -> None:
    kept, removed = (Registered(fresh, tmp_path / f"{name}.yaml") for name in "ab")
    fresh.client.remove_pipeline(removed.name)
    fresh.stop()

    fresh.start()

    assert [pipeline["name"] for pipeline in fresh.client.pipelines()] == [kept.name]


def test_a_pipeline_that_a_newer_version_does_not_understand_is_shown_mended_and_removed(
    fresh: LiveDaemon, tmp_path: Path
) -> None:
    lost, mended = (Registered(fresh, tmp_path / f"{name}.yaml") for name in ("lost", "mended"))
    fresh.kill()
    with closing(sqlite3.connect(fresh.home / "store.db")) as store, store:
        store.execute("UPDATE specs SET text = 'steps: ['")
    lost.path.write_text("steps: {")

    fresh.start()

    told = lost.told()
    assert (told["state"], told["steps"], told["path"]) == ("broken", [], str(lost.path))
    assert "not valid YAML" in told["problems"][0]
    assert mended.told()["state"] == "ok"
    with pytest.raises(TrainautoError, match="correct it, or remove"):
        fresh.client.submit({"name": lost.name})
    fresh.client.remove_pipeline(lost.name)
    assert [pipeline["name"] for pipeline in fresh.client.pipelines()] == [mended.name]
    fresh.kill()
    fresh.start()
    assert [pipeline["name"] for pipeline in fresh.client.pipelines()] == [mended.name]


def add(registered: Registered, path: Path) -> Answer:
    return post(socket_path(registered.live.home), "/pipelines", {"path": str(path)})


def post_run(registered: Registered, path: Path) -> Answer:
    return post(socket_path(registered.live.home), "/runs", {"path": str(path)})
