"""What the machine offers, and what config.toml says instead."""

import os
from pathlib import Path

import pytest

from trainautod.runtime.errors import ConfigInvalid
from trainautod.runtime.machine import (
    MiB,
    cpu_count,
    detect_gpus,
    load_config,
    memory_bytes,
)

GiB = 1 << 30


def configure(home: Path, text: str) -> None:
    (home / "config.toml").write_text(text)


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH; put an ``nvidia-smi`` there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder / "nvidia-smi"


def install(smi: Path, script: str) -> None:
    smi.write_text(f"#!/bin/sh\n{script}\n")
    smi.chmod(0o755)


class TestWithoutConfig:
    def test_everything_there_is_is_offered(self, tmp_path: Path, smi: Path) -> None:
        config = load_config(tmp_path)
        assert config.capacity.cpus == cpu_count() >= 1
        assert config.capacity.memory_bytes == pytest.approx(memory_bytes(), abs=1024)
        assert config.capacity.gpus == ()
        assert (config.log_head_bytes, config.log_tail_bytes) == (16 * MiB, 48 * MiB)

    def test_some_memory_is_left_to_the_system(self) -> None:
        physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        assert 0.5 * physical < memory_bytes() < physical


class TestGpus:
    def test_are_those_that_nvidia_smi_lists(self, smi: Path) -> None:
        install(smi, "echo 0; echo 1; echo 3")
        assert detect_gpus() == (0, 1, 3)

    @pytest.mark.parametrize(
        "script", ["exit 9", "echo No devices were found; exit 0", "kill -9 $$", ":"]
    )
    def test_are_none_where_nvidia_smi_finds_none(self, smi: Path, script: str) -> None:
        install(smi, script)
        assert detect_gpus() == ()

    def test_are_none_without_nvidia_smi(self, smi: Path) -> None:
        assert detect_gpus() == ()

    def test_are_asked_about_what_to_show(self, smi: Path) -> None:
        install(smi, '[ "$*" = "--query-gpu=index --format=csv,noheader" ] && echo 2')
        assert detect_gpus() == (2,)

    def test_that_are_declared_are_not_detected(self, tmp_path: Path, smi: Path) -> None:
        install(smi, "echo 0; echo 1")
        for told, expected in (("0", ()), ("3", (0, 1, 2)), ("[5, 1, 5]", (1, 5)), ("[]", ())):
            configure(tmp_path, f"[slots]\ngpus = {told}")
            assert load_config(tmp_path).capacity.gpus == expected


def test_config_says_what_is_offered(tmp_path: Path) -> None:
    configure(
        tmp_path,
        "[slots]\ncpus = 1.5\nmemory_gib = 4\ngpus = 1\n[log]\nhead_mib = 0.5\ntail_mib = 2\n",
    )
    config = load_config(tmp_path)
    assert config.capacity.cpus == 1.5
    assert config.capacity.memory_bytes == 4 * GiB
    assert config.capacity.gpus == (0,)
    assert (config.log_head_bytes, config.log_tail_bytes) == (MiB // 2, 2 * MiB)


WRONG = {
    "[slots]\ncpus = 0": "cpus = 0 must be a number above 0",
    "[slots]\ncpus = -1": "cpus = -1 must be a number above 0",
    "[slots]\ncpus = true": "cpus = True must be a number above 0",
    "[slots]\ncpus = '2'": "cpus = '2' must be a number above 0",
    "[slots]\ncpus = nan": "cpus = nan must be a number above 0",
    "[slots]\ncpus = inf": "cpus = inf must be a number above 0",
    "[slots]\nmemory_gib = inf": "memory_gib = inf must be a number above 0",
    "[log]\nhead_mib = 0": "head_mib = 0 must be a number above 0",
    "[slots]\ngpus = -1": "slots.gpus is a number of GPUs or a list of their indexes",
    "[slots]\ngpus = true": "slots.gpus is a number",
    "[slots]\ngpus = [true]": "slots.gpus is a number",
    "[slots]\ngpus = [-1]": "slots.gpus is a number",
    "[slots]\ngpus = 1000000000000": "slots.gpus is a number",
    "[slots]\ngpus = 'all'": "slots.gpus is a number",
    "[slots]\ncpu = 2": "unknown key 'cpu' in [slots]; known: ['cpus', 'gpus', 'memory_gib']",
    "[slot]\ncpus = 2": "unknown section 'slot'; known: ['log', 'notify', 'slots']",
    "slots = 2": "unknown section 'slots'",
    "[slots": "config.toml: Expected",
    "cpus = = 2": "config.toml: Invalid value",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_config_that_is_wrong_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    configure(tmp_path, text)
    with pytest.raises(ConfigInvalid) as caught:
        load_config(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}/config.toml: ")
    assert WRONG[text] in str(caught.value)


def test_a_config_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"[slots]\ncpus = \xff")
    with pytest.raises(ConfigInvalid, match=r"config\.toml"):
        load_config(tmp_path)


def test_a_folder_instead_of_a_config_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigInvalid, match=r"config\.toml"):
        load_config(tmp_path)
