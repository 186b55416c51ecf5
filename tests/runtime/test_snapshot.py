"""The code of a run is what it was when the run first looked."""

import ast
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from trainautod.artifacts.errors import FileKeepsChanging
from trainautod.artifacts.objects import ObjectStore, StoredObject
from trainautod.runtime.errors import RequestInvalid
from trainautod.runtime.snapshot import MAX_SOURCE, CodeSnapshot


def digest(text: str) -> str:
    return blake3(text.encode()).hexdigest()


@pytest.fixture
def code(folder: Path) -> Path:
    """A script, what it imports, and a file that nobody uses."""
    (folder / "train.py").write_text("import model\n")
    (folder / "model.py").write_text("layers = 2\n")
    (folder / "unrelated.py").write_text("x = 1\n")
    return folder


def test_a_command_uses_its_script_and_what_that_imports(code: Path, objects: ObjectStore) -> None:
    used = CodeSnapshot(code, objects).used_by("python train.py --rate 0.1")
    assert [file.path for file in used] == ["model.py", "train.py"]
    assert used[0].digest == digest("layers = 2\n")
    assert used[0].size == 11
    assert objects.path(used[0].digest).read_text() == "layers = 2\n"


def test_an_edit_during_the_run_does_not_reach_it(code: Path, objects: ObjectStore) -> None:
    snapshot = CodeSnapshot(code, objects)
    before = snapshot.used_by("python train.py")
    (code / "model.py").write_text("layers = 3\n")
    (code / "train.py").unlink()
    assert snapshot.used_by("python train.py") == before
    assert snapshot.used_by("python train.py --again") == before
    assert snapshot.read("model.py") == b"layers = 2\n"
    assert objects.path(before[0].digest).read_text() == "layers = 2\n"


def test_a_file_that_was_not_there_does_not_appear(code: Path, objects: ObjectStore) -> None:
    snapshot = CodeSnapshot(code, objects)
    assert snapshot.read("late.py") is None
    (code / "late.py").write_text("x = 1\n")
    assert snapshot.read("late.py") is None
    assert snapshot.used_by("python late.py") == ()


def test_what_the_commands_of_a_run_use_is_frozen_at_once(code: Path, objects: ObjectStore) -> None:
    snapshot = CodeSnapshot(code, objects)
    frozen = snapshot.freeze(["python train.py --since {{ds}}", "sh prepare.sh", "true"])
    assert frozen == {"model.py": digest("layers = 2\n"), "train.py": digest("import model\n")}


def test_a_text_is_parsed_once_for_all_commands_and_all_runs(
    code: Path, objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[bytes] = []
    parse = ast.parse

    def counting(source: bytes, *others: Any, **named: Any) -> ast.AST:
        parsed.append(source)
        found: ast.AST = parse(source, *others, **named)
        return found

    monkeypatch.setattr(ast, "parse", counting)
    (code / "train.py").write_text("import model  # parsed once\n")
    (code / "model.py").write_text("layers = 2  # parsed once\n")
    for _ in range(2):
        snapshot = CodeSnapshot(code, objects)
        snapshot.freeze(f"python train.py --n {n} --ds {{{{ds}}}}" for n in range(20))
        assert len(snapshot.used_by("python train.py --n 1 --ds 2013-07-10")) == 2
    assert sorted(parsed) == [b"import model  # parsed once\n", b"layers = 2  # parsed once\n"]

    (code / "model.py").write_text("import late  # parsed once\n")
    (code / "late.py").touch()
    used = CodeSnapshot(code, objects).used_by("python train.py")
    assert [file.path for file in used] == ["late.py", "model.py", "train.py"]


class TestAfterARestart:
    def test_the_code_is_the_same_whatever_the_folder_holds(
        self, code: Path, objects: ObjectStore
    ) -> None:
        frozen = CodeSnapshot(code, objects).freeze(["python train.py"])
        (code / "model.py").write_text("layers = 3\n")
        (code / "train.py").unlink()
        again = CodeSnapshot(code, objects, frozen)
        used = again.used_by("python train.py")
        assert {file.path: file.digest for file in used} == frozen
        assert again.read("model.py") == b"layers = 2\n"

    def test_a_lost_object_is_read_from_the_folder_anew(
        self, code: Path, objects: ObjectStore
    ) -> None:
        frozen = CodeSnapshot(code, objects).freeze(["python train.py"])
        objects.path(frozen["model.py"]).unlink()
        (code / "model.py").write_text("layers = 3\n")
        again = CodeSnapshot(code, objects, frozen)
        assert again.read("model.py") == b"layers = 3\n"
        assert again.read("train.py") == b"import model\n"

    def test_a_damaged_object_is_never_used(self, code: Path, objects: ObjectStore) -> None:
        frozen = CodeSnapshot(code, objects).freeze(["python train.py"])
        stored = objects.path(frozen["model.py"])
        stored.chmod(0o600)
        stored.write_text("layers = 9\n")
        assert CodeSnapshot(code, objects, frozen).read("model.py") == b"layers = 2\n"


class TestOddFiles:
    def test_a_link_counts_as_what_it_leads_to(
        self, code: Path, objects: ObjectStore, tmp_path: Path
    ) -> None:
        shared = tmp_path / "shared.py"
        shared.write_text("shared = True\n")
        (code / "linked.py").symlink_to(shared)
        (used,) = CodeSnapshot(code, objects).used_by("python linked.py")
        assert (used.path, used.digest) == ("linked.py", digest("shared = True\n"))
        assert shared.stat().st_nlink == 1

    def test_a_link_to_nowhere_a_folder_and_a_pipe_are_no_code(
        self, code: Path, objects: ObjectStore
    ) -> None:
        (code / "gone.py").symlink_to(code / "nowhere")
        (code / "folder.py").mkdir()
        os.mkfifo(code / "pipe.py")
        snapshot = CodeSnapshot(code, objects)
        for name in ("gone.py", "folder.py", "pipe.py", "no such.py", "nul\0.py"):
            assert snapshot.read(name) is None

    def test_the_folder_itself_is_left_as_it_is(self, code: Path, objects: ObjectStore) -> None:
        (code / "train.py").chmod(0o755)
        CodeSnapshot(code, objects).used_by("python train.py")
        status = (code / "train.py").stat()
        assert (status.st_mode & 0o777, status.st_nlink) == (0o755, 1)

    def test_a_script_stays_executable(self, code: Path, objects: ObjectStore) -> None:
        (code / "run.sh").write_text("true\n")
        (code / "run.sh").chmod(0o755)
        (used,) = CodeSnapshot(code, objects).used_by("./run.sh")
        assert used.executable
        assert not CodeSnapshot(code, objects).used_by("python model.py")[0].executable

    def test_a_file_that_never_stands_still_is_refused_by_name(
        self, code: Path, objects: ObjectStore
    ) -> None:
        class Restless(ObjectStore):
            """A store of files that others keep writing to."""

            def put_file(self, path: str | os.PathLike[str], link: bool = True) -> StoredObject:
                raise FileKeepsChanging(os.fspath(path))

        restless = Restless(objects.root, objects.digester)
        with pytest.raises(RequestInvalid, match=r"code file model\.py: .*keeps|changed each"):
            CodeSnapshot(code, restless).used_by("python train.py")


def test_a_step_depends_on_params_only_if_its_code_reads_them(
    code: Path, objects: ObjectStore
) -> None:
    (code / "eval.py").write_text("import os\nos.environ['TRAINAUTO_PARAMS']\n")
    snapshot = CodeSnapshot(code, objects)
    assert snapshot.mentions_params(snapshot.used_by("python eval.py"))
    assert not snapshot.mentions_params(snapshot.used_by("python train.py"))


def test_threads_see_one_and_the_same_code(code: Path, objects: ObjectStore) -> None:
    snapshot = CodeSnapshot(code, objects)
    seen: list[object] = []

    def look(number: int) -> None:
        edited = code / f"{number}.tmp"
        edited.write_text(f"layers = {number}\n")
        edited.replace(code / "model.py")  # whole: a file that is being written is refused
        seen.append(snapshot.used_by("python train.py"))

    threads = [threading.Thread(target=look, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(seen) == 8
    assert all(used == seen[0] for used in seen)


def test_a_large_file_that_a_command_names_is_used_but_not_held(
    folder: Path, objects: ObjectStore
) -> None:
    (folder / "data.csv").write_bytes(b"import other\n" + bytes(MAX_SOURCE))
    snapshot = CodeSnapshot(folder, objects)

    (used,) = snapshot.used_by("cat data.csv")

    assert (used.path, used.size) == ("data.csv", MAX_SOURCE + 13)
    assert snapshot.read("data.csv") == b""
    assert objects.check(used.digest)
