"""Retrying a run whose file was edited, and retrying it twice at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon, statuses, step_of
from trainauto_tui.errors import TrainautoError


def test_a_step_that_became_a_group_is_retried_as_it_was(fresh: LiveDaemon, write: Write) -> None:
    failed = fresh.run(write("steps: [{id: a, run: exit 1}]"))
    write("steps: [{id: a, run: 'echo {{n}}', foreach: {n: [1, 2]}}]")

    fresh.client.retry(failed["run_id"])
    run = fresh.finish(failed["run_id"])

    assert statuses(run) == {"a": "failed"}
    assert run["error"]["message"] == "exited with 1"


def test_of_many_retries_at_once_one_counts(fresh: LiveDaemon, write: Write) -> None:
    run_id = fresh.run(write("steps: [{id: a, run: exit 1}]"))["run_id"]

    def retry(_: int) -> bool:
        try:
            return bool(fresh.client.retry(run_id))
        except TrainautoError:
            return False

    with ThreadPoolExecutor(8) as pool:
        accepted = sum(pool.map(retry, range(32)))

    run = fresh.finish(run_id)
    assert accepted >= 1
    assert step_of(run, "a")["attempt"] == 1 + accepted
    assert fresh.client.status()["state"] == "running"


@pytest.mark.parametrize("fate", ["gone", "broken", "other steps", "edited"])
def test_a_retry_tells_when_the_file_as_it_is_now_is_not_used(
    daemon: LiveDaemon, write: Write, fate: str
) -> None:
    file = write("steps: [{id: a, run: exit 1}]")
    failed = daemon.run(file)
    texts = {
        "broken": "steps: [",
        "other steps": "steps: [{id: b, run: 'true'}]",
        "edited": "steps: [{id: a, run: 'true'}]",
    }
    write(texts[fate]) if fate in texts else file.unlink()

    warnings = daemon.client.retry(failed["run_id"])["warnings"]
    run = daemon.finish(failed["run_id"])

    if fate == "edited":
        assert (warnings, run["status"]) == ([], "succeeded")
        return
    (told,) = warnings
    assert told.startswith("the run goes on with the pipeline as it was submitted: ")
    why = {"gone": "No such file", "broken": "not valid YAML", "other steps": "steps are others"}
    assert why[fate] in told
    assert run["error"]["message"] == "exited with 1"


def test_a_run_by_name_tells_at_once_that_the_file_is_gone(
    daemon: LiveDaemon, write: Write
) -> None:
    file = write("name: soon-gone\nsteps: [{id: a, run: 'true'}]")
    daemon.client.add_pipeline(str(file))
    good = daemon.client.submit({"name": "soon-gone"})
    file.unlink()
    told = daemon.client.submit({"name": "soon-gone"})
    daemon.client.remove_pipeline("soon-gone")

    assert good["warnings"] == []
    assert "soon-gone runs as it last was good" in told["warnings"][0]
    assert "No such file" in told["warnings"][1]
    assert daemon.finish(told["run_id"])["status"] == "succeeded"


def test_a_group_explains_itself_by_its_instances(daemon: LiveDaemon, write: Write) -> None:
    run = daemon.run(write("steps: [{id: a, run: 'exit {{n}}', foreach: {n: [0, 3]}}]"))
    found = daemon.client.explain(run["run_id"], "a")["instances"]
    assert [(each["id"], each["status"], each["reason"]) for each in found] == [
        ("a[n=0]", "succeeded", "no earlier result"),
        ("a[n=3]", "failed", "no earlier result"),
    ]
    assert daemon.client.explain(run["run_id"], "a[n=0]")["instances"] == []
