"""``hosts``, and what ``--host`` means to each kind of verb."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, Trainauto
from tests.support.far_machine import FarMachine
from tests.support.scripted_daemon import ScriptedDaemon, run_document, step_document
from trainauto_tui.cli import main
from trainauto_tui.client import hosts

Far = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("TRAINAUTO_HOST", raising=False)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FarMachine:
    machine = FarMachine(tmp_path / "machine")
    monkeypatch.setenv("PATH", machine.path)
    return machine


@pytest.fixture
def far(home: Path, machine: FarMachine, capfd: pytest.CaptureFixture[str]) -> Far:
    """Run ``trainauto`` on this home as if it were on another machine."""

    def run(*words: str) -> Outcome:
        capfd.readouterr()
        try:
            code = main(["--host", f"ssh://me@box{home}", "--no-start", *words])
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


class TestKeeping:
    def test_a_host_is_added_listed_and_removed(self, trainauto: Trainauto) -> None:
        assert "no host is kept" in trainauto("hosts").err
        added = trainauto("hosts", "add", "gpu", "ssh://me@box:22", "--json")
        assert added.document == {"name": "gpu", "url": "ssh://me@box:22"}
        assert trainauto("hosts").lines[1].split() == ["gpu", "ssh://me@box:22"]
        assert trainauto("hosts", "--json").document == {"hosts": [added.document]}
        assert trainauto("hosts", "remove", "gpu").out == "removed gpu\n"
        assert trainauto("hosts", "--json").document == {"hosts": []}

    def test_what_is_wrong_with_a_name_or_an_address_is_told(self, trainauto: Trainauto) -> None:
        assert trainauto("hosts", "add", "gpu", "box").code == 2
        assert trainauto("hosts", "add", "local", "ssh://box").code == 2
        assert trainauto("hosts", "remove", "gpu").code == 4


class TestChoosing:
    def test_a_kept_name_an_address_and_the_variable_mean_the_same(
        self,
        daemon: ScriptedDaemon,
        home: Path,
        machine: FarMachine,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        hosts.keep("gpu", f"ssh://me@box{home}")
        for words in (["--host", "gpu"], ["--host", f"ssh://me@box{home}"]):
            assert main([*words, "status", "--json"]) == 0
            assert json.loads(capfd.readouterr().out)["pid"] == 4242
        monkeypatch.setenv("TRAINAUTO_HOST", "gpu")
        assert main(["status", "--json"]) == 0
        assert machine.words()[-2] == "box"

    def test_a_host_that_is_neither_is_refused(self, capfd: pytest.CaptureFixture[str]) -> None:
        assert main(["--host", "gpu", "status"]) == 4
        assert "no host is kept as 'gpu'" in capfd.readouterr().err
        assert main(["--host", "ssh://-oProxyCommand=x", "status"]) == 2
        assert main(["--host", "ssh://box", "--home", "/x", "status"]) == 2
        assert "does not go with --host" in capfd.readouterr().err

    def test_a_home_of_this_machine_goes_before_the_variable(
        self, daemon: ScriptedDaemon, trainauto: Trainauto, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRAINAUTO_HOST", "ssh://nowhere.invalid")
        assert trainauto("status", "--json").document["pid"] == 4242

    @pytest.mark.parametrize("verb", ["schema", "doctor", "hosts", "dial-stdio"])
    def test_a_verb_of_this_machine_takes_no_host(
        self, verb: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["--host", "ssh://box", verb]) == 2
        assert "works on this machine alone" in capfd.readouterr().err

    def test_a_verb_of_this_machine_does_not_mind_the_variable(
        self, trainauto: Trainauto, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TRAINAUTO_HOST", "ssh://nowhere.invalid")
        assert trainauto("schema").code == 0


class TestOverThere:
    def test_the_far_end_starts_nothing_when_told_so(self, far: Far, machine: FarMachine) -> None:
        outcome = far("runs")
        assert outcome.code == 3
        assert "no daemon answers" in outcome.err
        assert machine.words()[-1].endswith(" --no-start")

    def test_a_file_is_one_of_that_machine_and_its_path_a_whole_one(
        self, daemon: ScriptedDaemon, far: Far
    ) -> None:
        run = run_document("r", "succeeded", step_document("a", "succeeded"))
        daemon.put_run(run)
        daemon.answers["POST /runs"] = run
        outcome = far("run", "/no/such/folder/here/nightly.yaml", "--detach")
        assert outcome.code == 0
        assert "trainauto --host ssh://me@box/" in outcome.err
        for verb in ("run", "plan", "add", "check"):
            outcome = far(verb, "here/nightly.yaml")
            assert outcome.code == 2
            assert "is a file of that machine: write its whole path" in outcome.err
            assert "/srv/nightly.yaml" in outcome.err

    def test_a_name_is_a_name_even_if_a_file_here_is_called_so(
        self,
        daemon: ScriptedDaemon,
        far: Far,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (tmp_path / "nightly").touch()
        monkeypatch.chdir(tmp_path)
        daemon.answers["POST /plan"] = {"pipeline": "nightly", "scheduled_time": None, "steps": []}
        assert far("plan", "nightly").code == 0
        assert daemon.asked[-1][3]["name"] == "nightly"

    def test_a_far_file_is_checked_by_the_daemon_that_can_read_it(
        self, daemon: ScriptedDaemon, far: Far
    ) -> None:
        daemon.answers["POST /plan"] = {"pipeline": "nightly", "scheduled_time": None, "steps": []}
        [entry] = far("check", "/srv/nightly.yaml", "--json").document["files"]
        assert (entry["file"], entry["name"]) == ("/srv/nightly.yaml", "nightly")
        assert entry["problems"] == []
        problems = ["nightly.yaml:3: unknown key 'need'"]
        daemon.fail("POST /plan", 422, "not valid", problems=problems)
        outcome = far("check", "/srv/nightly.yaml")
        assert outcome.code == 2
        assert outcome.err == problems[0] + "\n"

    @pytest.mark.parametrize("action", ["install", "logs"])
    def test_what_needs_the_machine_itself_says_how_to_get_there(
        self, far: Far, action: str
    ) -> None:
        outcome = far("daemon", action)
        assert outcome.code == 2
        assert f"ssh me@box trainauto daemon {action}" in outcome.err
