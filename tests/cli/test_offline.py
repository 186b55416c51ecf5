"""The verbs that need no daemon: ``check``, ``schema``, ``completion``, ``daemon install``."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Trainauto
from tests.support.scripted_daemon import ScriptedDaemon

GOOD = "name: small\nsteps:\n  - id: one\n    run: echo hello\n"
BAD = "name: small\nsteps:\n  - id: one\n    run: echo\n    need: [zero]\n    timeout: soon\n"


def test_a_good_file_is_ok(trainauto: Trainauto, tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(GOOD)
    outcome = trainauto("check", str(file))
    assert (outcome.code, outcome.out, outcome.err) == (0, f"{file}: ok (small)\n", "")


def test_every_problem_of_every_file_is_told(trainauto: Trainauto, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(GOOD)
    bad.write_text(BAD)
    outcome = trainauto("check", str(bad), str(good))
    assert outcome.code == 2
    assert f"{good}: ok" in outcome.out
    problems = outcome.err.splitlines()
    assert len(problems) == 2
    assert problems[0].startswith(f"{bad}:5: ")
    assert "did you mean 'needs'" in problems[0]
    assert problems[1].startswith(f"{bad}:6: ")


def test_problems_as_a_document(trainauto: Trainauto, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(BAD)
    outcome = trainauto("check", str(bad), "--json")
    assert (outcome.code, outcome.err) == (2, "")
    assert outcome.document["valid"] is False
    assert len(outcome.document["files"][0]["problems"]) == 2


def test_an_event_that_is_nearly_another_is_a_warning(trainauto: Trainauto, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    rule = "on: {}\nif: drift_score > 0.1\nthen: 'run pipeline: again'\n"
    file.write_text(rule.format("drift_alrt"))
    told = f"{file}: only a signal is called drift_alrt; did you mean drift_alert?"
    outcome = trainauto("check", str(file))
    assert (outcome.code, outcome.err) == (0, f"warning: {told}\n")
    for name in ("drift_alert", "latency_alert", "data_ready", "shop_closed"):
        file.write_text(rule.format(name))
        assert trainauto("check", str(file)).err == ""


def test_a_script_that_is_not_there_is_a_warning(trainauto: Trainauto, tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(GOOD.replace("echo hello", "python train.py"))
    outcome = trainauto("check", str(file))
    told = f"{file}: step one: there is no file train.py"
    assert (outcome.code, outcome.out) == (0, f"{file}: ok (small)\n")
    assert outcome.err == f"warning: {told}\n"
    assert trainauto("check", str(file), "--json").document["files"][0]["warnings"] == [told]
    (tmp_path / "train.py").touch()
    assert trainauto("check", str(file)).err == ""


def test_a_missing_file_is_no_such_thing(trainauto: Trainauto) -> None:
    assert trainauto("check", "missing.yaml").code == 4


def test_a_name_is_asked_of_the_daemon(daemon: ScriptedDaemon, trainauto: Trainauto) -> None:
    broken = {"name": "odd", "path": "/p/odd.yaml", "problems": ["odd.yaml:3: cycle"]}
    daemon.answers["GET /pipelines/odd"] = broken
    outcome = trainauto("check", "odd")
    assert (outcome.code, outcome.err) == (2, "odd.yaml:3: cycle\n")
    assert trainauto("check", "even").code == 4


def test_the_schema_is_a_json_schema(trainauto: Trainauto) -> None:
    document = trainauto("schema").document
    assert "$schema" in document or "$defs" in document or "properties" in document


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_a_completion_script_knows_the_verbs(trainauto: Trainauto, shell: str) -> None:
    outcome = trainauto("completion", shell)
    assert outcome.code == 0
    for word in ("explain", "no-start", "force-all"):
        assert word in outcome.out


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_verbs_and_options(trainauto: Trainauto, tmp_path: Path) -> None:
    script = tmp_path / "complete.sh"
    script.write_text(trainauto("completion", "bash").out)
    probe = (
        f"source {script}; COMP_WORDS=(trainauto ex); COMP_CWORD=1; COMP_TYPE=9; "
        "$(complete -p trainauto | sed 's/.*-F \\([^ ]*\\).*/\\1/') trainauto ex trainauto; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    outcome = subprocess.run(["bash", "-c", probe], capture_output=True, text=True, timeout=30)
    assert outcome.stdout.split() == ["explain"]


def test_install_writes_a_unit_and_says_what_is_left_to_do(
    trainauto: Trainauto, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    outcome = trainauto("daemon", "install")
    unit = tmp_path / "config" / "systemd" / "user" / "trainautod.service"
    assert outcome.out == f"wrote {unit}\n"
    assert str(home) in unit.read_text()
    assert "KillMode=process" in unit.read_text()
    assert "systemctl --user daemon-reload" in outcome.err
    assert "systemctl --user enable --now trainautod.service" in outcome.err
    assert "loginctl enable-linger" in outcome.err


def test_a_unit_is_written_where_systemd_looks_for_it(
    trainauto: Trainauto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name, config in (("relative", ".config"), ("", ".config"), (str(tmp_path / "c"), "c")):
        monkeypatch.setenv("XDG_CONFIG_HOME", name)
        unit = tmp_path / config / "systemd" / "user" / "trainautod.service"
        assert trainauto("daemon", "install").out == f"wrote {unit}\n"
    assert not (tmp_path / "relative").exists()


def test_install_print_writes_nothing(
    trainauto: Trainauto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    outcome = trainauto("daemon", "install", "--print")
    assert outcome.out.startswith("[Unit]")
    assert not (tmp_path / "config").exists()
