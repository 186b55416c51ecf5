"""What a Python text imports; most of it is tested by the files that a command uses."""

from trainautod.planning import imports
from trainautod.planning.imports import MAX_REMEMBERED, Import, Source, parse


def test_text_and_bytes_say_the_same() -> None:
    said = Source((Import("a"), Import("b.c", ("d",), 1)), ("e",))
    text = "import a\nfrom .b.c import d\n__all__ = ['e']\n"
    assert parse(text) == parse(text.encode()) == said


def test_a_text_that_cannot_be_parsed_imports_nothing() -> None:
    assert parse("import a\nprint 'of another age'\n") == parse(b"import a\n\0") == Source()


def test_what_is_remembered_is_bounded() -> None:
    for number in range(MAX_REMEMBERED + 10):
        assert parse(f"import module_{number}") == Source((Import(f"module_{number}"),))
    assert len(imports._said) <= MAX_REMEMBERED
    assert parse("import module_0") == Source((Import("module_0"),))
