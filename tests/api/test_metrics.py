"""Curves of metrics: whole when short, thinned when long, and while the step still draws them."""

from pathlib import Path
from typing import Any

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from tests.support.gates import Gate
from tests.support.plain_http import ask
from tests.support.waiting import wait_until
from trainautod.home import socket_path

SHORT = """
import trainauto
for step, loss in enumerate([3, 2, float("nan"), 1]):
    trainauto.log_metric("loss", loss, step=step)
trainauto.log_metric("auc", 0.5)
trainauto.log_metric("auc", 0.75)
"""
LONG = """
import os, random
draw = random.Random(7)
with open(os.environ["TRAINAUTO_RECORDS"], "a") as file:
    for step in range(12000):
        value = 9 if step == 7777 else -9 if step == 3333 else draw.random()
        file.write('{"type": "metric", "name": "loss", "value": %r, "step": %d}\\n' % (value, step))
"""


def test_a_short_curve_is_told_whole(daemon: LiveDaemon, write: Write, tmp_path: Path) -> None:
    (tmp_path / "short.py").write_text(SHORT)
    pipeline = write("steps: [{id: a, run: python short.py}]")
    first = daemon.run(pipeline)["run_id"]
    again = daemon.run(pipeline)
    expected = {
        "loss": [[0, 3, None], [1, 2, None], [2, None, None], [3, 1, None]],
        "auc": [[None, 0.5, None], [None, 0.75, None]],
    }

    found: Any = daemon.client.metric_series(first, "a")
    reused: Any = daemon.client.metric_series(again["run_id"], "a")

    assert again["steps"][0]["cached"]
    assert found == reused == {"attempt": 1, "complete": True, "series": expected}


def test_a_long_curve_keeps_its_ends_and_extremes(
    daemon: LiveDaemon, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "long.py").write_text(LONG)
    run = daemon.run(write("steps: [{id: a, run: python long.py}]"))

    found: Any = daemon.client.metric_series(run["run_id"], "a", points=100)
    points = found["series"]["loss"]

    assert 50 < len(points) <= 100
    assert [3333, -9, None] in points
    assert [7777, 9, None] in points
    assert (points[0][0], points[-1][0]) == (0, 11999)
    assert [step for step, _, _ in points] == sorted(step for step, _, _ in points)


def test_a_running_step_shows_the_curve_so_far(
    daemon: LiveDaemon, write: Write, gate: Gate
) -> None:
    run_id = daemon.submit(
        write(
            f"""
            steps:
              - id: a
                run: |
                  echo '{{"type": "metric", "name": "m", "value": 1}}' >> "$TRAINAUTO_RECORDS"
                  {gate}
                  echo '{{"type": "metric", "name": "m", "value": 2}}' >> "$TRAINAUTO_RECORDS"
            """
        )
    )
    early: Any = wait_until(
        lambda: (found := daemon.client.metric_series(run_id, "a"))["series"] and found, "a point"
    )
    gate.open()
    daemon.finish(run_id)
    late: Any = daemon.client.metric_series(run_id, "a", attempt=1)

    assert early == {"attempt": 1, "complete": False, "series": {"m": [[None, 1, None]]}}
    assert late["complete"]
    assert late["series"] == {"m": [[None, 1, None], [None, 2, None]]}


@pytest.mark.parametrize(("query", "status"), [("?attempt=2", 404), ("?points=3", 422)])
def test_what_there_is_not_is_refused(
    daemon: LiveDaemon, write: Write, query: str, status: int
) -> None:
    run_id = daemon.run(write("steps: [{id: a, run: 'true'}]"))["run_id"]
    answer = ask(socket_path(daemon.home), "GET", f"/runs/{run_id}/steps/a/metrics{query}")
    assert answer.status == status
