"""Records that are read while they are written: each byte once, half a line never."""

import json
from pathlib import Path
from typing import Any

import pytest

from trainautod.runtime import live as live_module
from trainautod.runtime.live import LiveRecords


class Attempts:
    """A place for attempts, and the records of one of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.live = LiveRecords(self.directory)

    def directory(self, run_id: str, step: str, attempt: int) -> Path:
        return self.root / run_id / step / str(attempt)

    def write(self, *lines: str | dict[str, Any], end: str = "\n", step: str = "a") -> None:
        path = self.directory("r", step, 1) / "records.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        texts = [json.dumps(line) if isinstance(line, dict) else line for line in lines]
        with path.open("a") as file:
            file.write("\n".join(texts) + end)

    def look(self, step: str = "a", status: str = "running") -> tuple[Any, Any]:
        """Return the metrics and the progress of a step's document."""
        document = {"id": step, "status": status, "attempt": 1, "metrics": {}, "progress": None}
        self.live.fill_in("r", [document])
        return document["metrics"], document["progress"]

    def curve(self, name: str = "loss", most: int = 500) -> list[tuple[Any, Any]]:
        found = self.live.curves("r", "a", 1, most)
        return [(point.step, point.value) for point in found.get(name, [])]


@pytest.fixture
def attempts(tmp_path: Path) -> Attempts:
    return Attempts(tmp_path)


def loss(value: float | None, step: int | None = None, name: str = "loss") -> dict[str, Any]:
    return {"type": "metric", "name": name, "value": value, "step": step}


def test_an_attempt_that_has_reported_nothing(attempts: Attempts) -> None:
    assert attempts.look() == ({}, None)
    assert attempts.curve() == []


def test_the_last_values_are_told_as_they_come(attempts: Attempts) -> None:
    attempts.write(loss(3, 0), loss(7, name="rows"))
    assert attempts.look() == ({"loss": 3.0, "rows": 7.0}, None)
    attempts.write(loss(2, 1), {"type": "progress", "done": 1, "total": 4, "unit": "epochs"})
    assert attempts.look() == (
        {"loss": 2.0, "rows": 7.0},
        {"done": 1, "total": 4, "unit": "epochs"},
    )
    attempts.write({"type": "params", "values": {"rate": 1}})
    assert attempts.look()[1] == {"done": 1, "total": 4, "unit": "epochs"}


def test_a_line_counts_once_it_is_whole(attempts: Attempts) -> None:
    attempts.write(loss(3), '{"type": "metric", "name": "lo', end="")
    assert attempts.look() == ({"loss": 3.0}, None)
    attempts.write('ss", "value": 1}')
    assert attempts.look() == ({"loss": 1.0}, None)


def test_lines_that_are_not_understood_are_passed_over(attempts: Attempts) -> None:
    attempts.write("no json", loss(3), '{"type": "metric"}', "", "[1]", loss(2))
    assert attempts.look() == ({"loss": 2.0}, None)
    assert attempts.curve() == [(None, 3.0), (None, 2.0)]


def test_only_running_steps_are_filled_in(attempts: Attempts) -> None:
    attempts.write(loss(3))
    assert attempts.look(status="failed") == ({}, None)


def test_each_byte_is_read_once(attempts: Attempts) -> None:
    attempts.write(loss(3))
    attempts.look()
    path = attempts.directory("r", "a", 1) / "records.jsonl"
    path.write_bytes(b" " * (path.stat().st_size - 1) + b"\n")  # as long as before
    attempts.write(loss(5, name="more"))
    assert attempts.look() == ({"loss": 3.0, "more": 5.0}, None)


def test_a_file_that_was_written_anew_is_read_anew(attempts: Attempts) -> None:
    attempts.write(loss(3), loss(4, name="old"))
    attempts.look()
    (attempts.directory("r", "a", 1) / "records.jsonl").write_text("")
    attempts.write(loss(1))
    assert attempts.look() == ({"loss": 1.0}, None)


def test_a_long_backlog_takes_several_looks(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "LARGEST_READ", 4096)
    attempts.write(*(loss(n, n) for n in range(1000)))
    seen = [attempts.look()[0].get("loss", -1.0) for _ in range(20)]
    assert 0 < seen[0] < 100
    assert seen == sorted(seen)
    assert seen[-1] == 999.0


def test_a_line_longer_than_a_look_is_passed_over_whole(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "LARGEST_READ", 100)
    hidden = json.dumps(loss(9))
    attempts.write(loss(1), "x" * (200 - len(json.dumps(loss(1))) - 1) + hidden, loss(2))
    seen = [attempts.look()[0].get("loss") for _ in range(8)]
    assert 9.0 not in seen
    assert seen[-1] == 2.0


def test_a_curve_grows_and_is_thinned(attempts: Attempts) -> None:
    attempts.write(*(loss(n, n) for n in range(10)))
    assert attempts.curve() == [(float(n), float(n)) for n in range(10)]
    attempts.write(*(loss(n, n) for n in range(10, 5000)))
    found = attempts.curve(most=50)
    assert len(found) <= 50
    assert (found[0], found[-1]) == ((0.0, 0.0), (4999.0, 4999.0))


def test_more_names_than_anyone_reads_are_left_for_the_end(attempts: Attempts) -> None:
    attempts.write(*(loss(n, name=f"m{n}") for n in range(1000)), loss(-1, name="m0"))
    metrics, _ = attempts.look()
    assert len(metrics) == live_module.MOST_NAMES
    assert metrics["m0"] == -1.0
