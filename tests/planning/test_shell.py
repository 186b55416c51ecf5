"""Words of shell commands."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.planning.shell import commands


def words(text: str) -> list[tuple[str, ...]]:
    return [command.words for command in commands(text) if command.words]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python a.py --x 1", [("python", "a.py", "--x", "1")]),
        ("a && b || c; d | e & f", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]),
        ("a\nb", [("a",), ("b",)]),
        ("a \\\n  b", [("a", "b")]),
        ('echo \'it is\' "so \\"big\\"" a\\ b', [("echo", "it is", 'so "big"', "a b")]),
        ("--name='a b'.txt", [("--name=a b.txt",)]),
        ("a < in.csv > out.csv 2>&1 b", [("a", "in.csv", "b")]),
        ("a >> log.txt", [("a",)]),
        ("a &> log.txt; b", [("a",), ("b",)]),
        ("(cd sub; python x.py)", [("cd", "sub"), ("python", "x.py")]),
        ("{ a; b; }", [("a",), ("b",)]),
        ("echo $(cat x.txt)", [("echo", "$"), ("cat", "x.txt")]),
        ("echo `cat x.txt`", [("echo",), ("cat", "x.txt")]),
        ("a # not 'this\nb", [("a",), ("b",)]),
        ("a#b", [("a#b",)]),
        ("cp ${DIR}/x y{1,2}", [("cp", "${DIR}/x", "y{1,2}")]),
        ("cat <<< word", [("cat", "word")]),
        ("", []),
    ],
)
def test_words_are_split_as_a_shell_would(text: str, expected: list[tuple[str, ...]]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize("text", ["a 'b c", 'a "b c', 'a "b c\\', "a b\\"])
def test_unbalanced_quotes_run_to_the_end(text: str) -> None:
    (found,) = words(text)
    assert found[0] == "a"
    assert len(found) == 2
    assert found[1].startswith("b")


def test_here_documents_are_kept_apart() -> None:
    text = "python - --x 1 <<'END'\nimport a\nprint(\"don't\")\nEND\npython b.py\n"
    found = list(commands(text))
    assert [command.words for command in found] == [
        ("python", "-", "--x", "1"),
        ("python", "b.py"),
        (),
    ]
    assert found[-1].documents == ('import a\nprint("don\'t")\n',)


def test_a_dash_lets_the_end_mark_be_indented() -> None:
    (*_, last) = commands("cat <<-E\n\tx\n\tE\ny")
    assert last.documents == ("\tx\n",)


def test_a_here_document_without_end_runs_to_the_end() -> None:
    (*_, last) = commands("cat <<E\nx\ny")
    assert last.documents == ("x\ny",)


@settings(deadline=None)
@given(st.text(alphabet="ab '\"\\\n<>|&;(){}$`#-=E", max_size=60))
def test_no_text_fails_and_no_word_is_empty_of_commands(text: str) -> None:
    for command in commands(text):
        assert command.words or command.documents


@pytest.mark.parametrize("piece", ["'", '"', '"\\', "<<E\n", "(", "a\\", "`", "<"])
def test_a_long_odd_text_takes_no_time(piece: str) -> None:
    began = time.process_time()
    list(commands(piece * 2_000))
    assert time.process_time() - began < 10  # of processor time
