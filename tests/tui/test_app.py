import pytest

from trainauto_tui.app import parser


def test_every_option_has_a_use() -> None:
    options = ["--home", "/h", "--run", "r", "--pipeline", "p", "--theme", "light"]
    given = parser().parse_args([*options, "--no-start", "--ascii", "--slow"])
    assert (given.home, given.run, given.pipeline, given.theme) == ("/h", "r", "p", "light")
    assert given.no_start
    assert given.ascii
    assert given.slow


def test_a_mistake_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["--frobnicate"])
    assert ended.value.code == 2
    assert "unrecognized arguments" in capsys.readouterr().err
