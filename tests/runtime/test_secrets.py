"""Secrets come from a private file or from the daemon's environment."""

from pathlib import Path

import pytest

from trainautod.runtime.errors import StepRefused
from trainautod.runtime.secrets import FILE, Redaction, read_secrets


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKEN", raising=False)
    monkeypatch.delenv("SLACK_URL", raising=False)


def write(home: Path, text: str | bytes, mode: int = 0o600) -> None:
    path = home / FILE
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)


@pytest.mark.parametrize("value", ["gehe1m-" * 9, "gehe1m€" * 9])
def test_the_end_of_a_log_has_no_piece_of_a_secret_wherever_it_is_cut(
    tmp_path: Path, value: str
) -> None:
    write(tmp_path, f"TOKEN={value}")
    redaction = Redaction.of(tmp_path, ["TOKEN"])
    most = 200
    wanted = most + redaction.longest
    for gap in range(most):
        log = f"{value}{'.' * gap}{value}{value}\n".encode()
        end = redaction.end_of(log[-wanted:], most)
        assert end.removeprefix("<TOKEN>").strip("."), end
        assert end.replace("<TOKEN>", "").strip(".\n") == ""


def test_the_end_of_a_short_log_is_all_of_it(tmp_path: Path) -> None:
    write(tmp_path, "TOKEN=gehe1m")
    redaction = Redaction.of(tmp_path, ["TOKEN"])
    assert redaction.end_of(b"m: gehe1m\n", 100) == "m: <TOKEN>\n"
    assert redaction.end_of(b"x" * 300, 100) == "x" * 100


def test_a_pipeline_without_secrets_reads_no_file(tmp_path: Path) -> None:
    write(tmp_path, b"\xff", 0o644)
    assert read_secrets(tmp_path, []) == {}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("TOKEN=abc", "abc"),
        ("  TOKEN = abc  ", "abc"),
        ("TOKEN='a b c'", "a b c"),
        ('TOKEN="a=b"', "a=b"),
        ("TOKEN=", ""),
        ("TOKEN=gehe1m€", "gehe1m€"),
        ("# TOKEN=old\nTOKEN=new", "new"),
        ("TOKEN=old\nTOKEN=new", "new"),
        ("# a comment\n\nOTHER=1\nTOKEN=abc\n", "abc"),
    ],
)
def test_a_value_is_read_from_the_file(tmp_path: Path, line: str, value: str) -> None:
    write(tmp_path, line)
    assert read_secrets(tmp_path, ["TOKEN"]) == {"TOKEN": value}


def test_only_the_named_secrets_are_given(tmp_path: Path) -> None:
    write(tmp_path, "TOKEN=a\nSLACK_URL=b\n")
    assert read_secrets(tmp_path, ["SLACK_URL"]) == {"SLACK_URL": "b"}


def test_the_file_comes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "from the environment")
    monkeypatch.setenv("SLACK_URL", "from the environment")
    write(tmp_path, "TOKEN=from the file")
    assert read_secrets(tmp_path, ["TOKEN", "SLACK_URL"]) == {
        "TOKEN": "from the file",
        "SLACK_URL": "from the environment",
    }


def test_a_secret_without_a_value_is_named_and_nothing_else_told(tmp_path: Path) -> None:
    write(tmp_path, "SLACK_URL=gehe1m")
    with pytest.raises(StepRefused, match=r"secret TOKEN has no value; write TOKEN=… to") as caught:
        read_secrets(tmp_path, ["SLACK_URL", "TOKEN"])
    assert "gehe1m" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o604])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    write(tmp_path, "TOKEN=abc", mode)
    with pytest.raises(StepRefused, match="can be read by others; run `chmod 600"):
        read_secrets(tmp_path, ["TOKEN"])


def test_a_file_that_is_no_text_is_refused_without_showing_it(tmp_path: Path) -> None:
    write(tmp_path, b"TOKEN=gehe1m\xff")
    with pytest.raises(StepRefused, match="is not UTF-8 text") as caught:
        read_secrets(tmp_path, ["TOKEN"])
    assert "gehe1m" not in str(caught.value)


class TestRedaction:
    def redacted(self, home: Path, values: str, text: str) -> str:
        write(home, values)
        names = [line.partition("=")[0] for line in values.splitlines()]
        return Redaction.of(home, names).apply(text)

    def test_each_value_gives_way_to_its_name(self, tmp_path: Path) -> None:
        told = self.redacted(tmp_path, "TOKEN=hunter22\nURL=https://x/y", "hunter22@https://x/y")
        assert told == "<TOKEN>@<URL>"

    def test_a_value_that_holds_another_goes_whole(self, tmp_path: Path) -> None:
        assert self.redacted(tmp_path, "A=pass\nB=password1", "password1 pass") == "<B> <A>"

    def test_a_value_too_short_to_be_told_from_words_stays(self, tmp_path: Path) -> None:
        assert self.redacted(tmp_path, "A=e\nB=", "exited with 1") == "exited with 1"

    def test_each_line_of_a_long_value_is_taken_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TOKEN", "first line\nsecond line\n")
        redaction = Redaction.of(tmp_path, ["TOKEN"])
        assert redaction.apply("a first line\nb second line") == "a <TOKEN>\nb <TOKEN>"
        assert redaction.longest == len("first line\nsecond line")

    def test_a_secret_without_a_value_hides_nothing(self, tmp_path: Path) -> None:
        assert Redaction.of(tmp_path, ["TOKEN"]).apply("text") == "text"

    def test_what_a_file_holds_that_others_may_read_is_hidden_all_the_same(
        self, tmp_path: Path
    ) -> None:
        write(tmp_path, "TOKEN=hunter22", 0o644)
        assert Redaction.of(tmp_path, ["TOKEN"]).apply("hunter22") == "<TOKEN>"
