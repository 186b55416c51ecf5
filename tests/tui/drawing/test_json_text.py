import json

from trainauto_tui.drawing import json_text

DOCUMENT = {
    "kind": "a",
    "data": {"n": -1.5e3, "gone": None, "said": 'a "quote": b'},
    "list": [1, True],
}


def test_names_texts_and_values_are_told_apart() -> None:
    roles = {span.text: span.role for line in json_text.lines(DOCUMENT) for span in line}
    assert roles['"kind"'] == "accent"
    assert roles['"a"'] == "plain"
    assert roles["-1500.0"] == "live"
    assert roles["null"] == "live"
    assert roles['"a \\"quote\\": b"'] == "plain"


def test_the_lines_are_the_document() -> None:
    lines = ["".join(span.text for span in line) for line in json_text.lines(DOCUMENT)]
    assert json.loads("\n".join(lines)) == DOCUMENT
    assert lines[1] == '  "kind": "a",'


def test_compact_is_one_line_that_reads_back() -> None:
    assert json.loads(json_text.compact(DOCUMENT)) == DOCUMENT
    assert "\n" not in json_text.compact({"a": "b\nc"})
