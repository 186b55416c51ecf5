"""Retrying a run whose file was edited, and retrying it twice at once."""

from concurrent.futures import ThreadPoolExecutor

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
