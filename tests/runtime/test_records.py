"""What steps report: understood, or named by its line."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainautod.lineage.projection import Metric
from trainautod.runtime import records as records_module
from trainautod.runtime.records import MAX_LINE, Progress, Records, read_records


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "records.jsonl"


def read(file: Path, *lines: str | bytes | dict[str, Any]) -> Records:
    """Write lines and read them back."""
    parts = []
    for line in lines:
        text = json.dumps(line) if isinstance(line, dict) else line
        parts.append(text.encode() if isinstance(text, str) else text)
    file.write_bytes(b"\n".join(parts))
    return read_records(file)


def metric(value: Any, **more: Any) -> dict[str, Any]:
    return {"type": "metric", "name": "auc", "value": value, **more}


class TestUnderstood:
    def test_a_step_that_reports_nothing(self, file: Path) -> None:
        assert read_records(file) == Records()
        file.touch()
        assert read_records(file) == Records()

    def test_every_form_of_the_sdk(self, file: Path) -> None:
        found = read(
            file,
            metric(0.5, step=1),
            metric(1),
            {"type": "params", "values": {"rate": 0.1, "layers": [1, 2]}},
            {"type": "params", "values": {"rate": 0.2}},
            {"type": "progress", "done": 1, "total": 3},
            {"type": "progress", "done": 2.5, "total": 3, "unit": "epochs"},
            {"type": "artifact", "path": "plots/roc.png"},
            {"type": "register_model", "path": "m.bin", "name": "delays", "stage": "staging"},
        )
        assert found.problems == []
        assert found.metrics == [Metric("auc", 0.5, 1.0), Metric("auc", 1.0)]
        assert found.params == {"rate": 0.2, "layers": [1, 2]}
        assert found.progress == Progress(2.5, 3, "epochs")
        assert found.artifacts == ["plots/roc.png"]
        (wish,) = found.registrations
        assert (wish["path"], wish["name"], wish["stage"]) == ("m.bin", "delays", "staging")

    def test_blank_lines_and_line_ends_of_windows(self, file: Path) -> None:
        file.write_bytes(b"\n  \r\n" + json.dumps(metric(1)).encode() + b"\r\n\n")
        assert read_records(file).metrics == [Metric("auc", 1.0)]
        assert read_records(file).problems == []

    def test_a_metric_that_is_not_finite_is_kept_without_its_value(self, file: Path) -> None:
        found = read(file, {**metric(None), "non_finite": "nan"})
        assert found.metrics == [Metric("auc", None)]
        assert found.problems == []

    def test_the_last_line_needs_no_end(self, file: Path) -> None:
        file.write_bytes(json.dumps(metric(1)).encode())
        assert len(read_records(file).metrics) == 1

    def test_text_of_every_language(self, file: Path) -> None:
        found = read(file, '{"type": "params", "values": {"größe": "大きい \\ud83d\\ude00"}}')
        assert found.params == {"größe": "大きい 😀"}


DEEP = "[" * 100_000 + "]" * 100_000
NOT_UNDERSTOOD: dict[str, str | bytes] = {
    "no JSON": "auc=0.9",
    "half a line": '{"type": "metric", "name": "auc", "va',
    "a list": "[1, 2]",
    "a number": "7",
    "null": "null",
    "no type": '{"name": "auc"}',
    "an unknown type": '{"type": "metrics", "name": "auc", "value": 1}',
    "a type that is no text": '{"type": ["metric"]}',
    "a metric without a value": '{"type": "metric", "name": "auc"}',
    "a metric without a name": '{"type": "metric", "value": 1}',
    "a name that is no text": '{"type": "metric", "name": 7, "value": 1}',
    "a value in quotes": '{"type": "metric", "name": "auc", "value": "0.9"}',
    "a truth value": '{"type": "metric", "name": "auc", "value": true}',
    "NaN": '{"type": "metric", "name": "auc", "value": NaN}',
    "infinity": '{"type": "metric", "name": "auc", "value": -Infinity}',
    "a float out of range": '{"type": "metric", "name": "auc", "value": 1e999}',
    "an integer out of range": '{"type": "metric", "name": "auc", "value": 1' + "0" * 400 + "}",
    "more digits than Python reads": '{"type": "params", "values": {"n": 1' + "0" * 5000 + "}}",
    "a step out of range": '{"type": "metric", "name": "a", "value": 1, "step": 1'
    + "0" * 400
    + "}",
    "a step in quotes": '{"type": "metric", "name": "auc", "value": 1, "step": "1"}',
    "params that are a list": '{"type": "params", "values": [1]}',
    "params with infinity": '{"type": "params", "values": {"a": [1e999]}}',
    "a model without a name": '{"type": "register_model", "path": "m.bin"}',
    "a model with a path that is no text": '{"type": "register_model", "path": 1, "name": "m"}',
    "a model judged by infinity": '{"type": "register_model", "path": "m", "name": "m",'
    ' "metrics": {"auc": 1e400}}',
    "progress without an end": '{"type": "progress", "done": 1}',
    "progress below nothing": '{"type": "progress", "done": -1, "total": 2}',
    "progress in quotes": '{"type": "progress", "done": "1", "total": 2}',
    "progress out of range": '{"type": "progress", "done": 1, "total": 1' + "0" * 400 + "}",
    "progress in a unit that is no text": '{"type": "progress", "done": 1, "total": 2, "unit": 3}',
    "an artifact without a path": '{"type": "artifact"}',
    "half a character": '{"type": "params", "values": {"a": "\\ud800"}}',
    "half a character in a name": '{"type": "metric", "name": "\\uDFFF", "value": 1}',
    "bytes that are no text": b'{"type": "metric", "name": "\xff", "value": 1}',
    "half a character in bytes": b'{"type": "metric", "name": "\xed\xa0\x80", "value": 1}',
    "UTF-16": json.dumps(metric(1)).encode("utf-16").replace(b"\n", b""),
    "nested without end": '{"type": "params", "values": {"a": ' + DEEP + "}}",
    "a line without end": '{"type": "artifact", "path": "' + "x" * MAX_LINE + '"}',
}


class TestNotUnderstood:
    @pytest.mark.parametrize("form", NOT_UNDERSTOOD)
    def test_is_named_by_its_line_and_harms_no_other(self, file: Path, form: str) -> None:
        found = read(file, metric(1), "", NOT_UNDERSTOOD[form], metric(2))
        assert [m.value for m in found.metrics] == [1.0, 2.0]
        assert len(found.problems) == 1
        assert found.problems[0].startswith("records line 3: ")
        assert len(found.problems[0]) < 500
        assert (found.params, found.registrations, found.artifacts) == ({}, [], [])

    @pytest.mark.parametrize(
        ("line", "told"),
        [
            ("7", "not a JSON object"),
            ('{"type": "metrics"}', "'metrics'"),
            ('{"type": "metric", "name": "a"}', "'value'"),
            ('{"type": "metric", "name": "auc", "value": NaN}', "NaN is not a JSON number"),
            ('{"type": "metric", "name": "a", "value": 1e999}', "1e999 is too large"),
            ('{"type": "metric", "name": "a", "value": "b"}', "metric a: 'b' is not a number"),
        ],
    )
    def test_the_reason_is_told(self, file: Path, line: str, told: str) -> None:
        assert told in read(file, line).problems[0]

    def test_a_thousand_of_them_do_not_fill_the_store(self, file: Path) -> None:
        found = read(file, *["no"] * 1000)
        assert 1 <= len(found.problems) <= 21

    def test_a_line_is_never_read_whole_when_it_is_too_long(self, file: Path) -> None:
        found = read(file, "x" * (3 * MAX_LINE), metric(1), "y" * (MAX_LINE + 1), metric(2))
        assert [m.value for m in found.metrics] == [1.0, 2.0]
        told = f"longer than {MAX_LINE} bytes"
        assert found.problems == [f"records line {number}: {told}" for number in (1, 3)]

    def test_reading_stops_and_says_so_after_very_many_lines(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(records_module, "MAX_RECORDS", 10)
        found = read(file, *[metric(i) for i in range(12)])
        assert len(found.metrics) == 10
        assert found.problems == ["records: only the first 10 lines were read"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=80), max_size=8))
def test_no_bytes_whatever_raise(file: Path, lines: list[bytes]) -> None:
    file.write_bytes(b"\n".join(lines))
    found = read_records(file)
    assert all(m.value is None or math.isfinite(m.value) for m in found.metrics)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_no_damage_to_a_good_line_raises(file: Path, seed: int) -> None:
    rng = random.Random(seed)
    line = bytearray(json.dumps({**metric(0.5), "values": {"a": "é"}, "path": "m"}).encode())
    for _ in range(rng.randint(1, 3)):
        line[rng.randrange(len(line))] = rng.randrange(256)
    file.write_bytes(bytes(line).replace(b"\n", b" "))
    found = read_records(file)
    told = json.dumps([found.params, found.registrations, found.artifacts, found.problems])
    told.encode()
    assert len(found.metrics) + len(found.problems) <= 1
