"""How the tests run: property tests without a deadline, and the slow ones first on every worker."""

import os

import pytest
from hypothesis import settings

settings.register_profile("trainauto", deadline=None, max_examples=60, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("trainauto")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin each worker's share with slow tests, so that none of them is the last to end.

    The shares are runs of equally many tests, of which idle workers take from the end. Otherwise
    the order stays as it is, at random.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = [item for item in items if not item.get_closest_marker("slow")]
    shares: list[list[pytest.Item]] = []
    for worker in range(workers):
        heavy = slow[worker::workers]
        size = (len(items) * (worker + 1)) // workers - (len(items) * worker) // workers
        taken = max(0, size - len(heavy))
        shares.append([*heavy, *quick[:taken]])
        quick = quick[taken:]
    items[:] = [item for share in shares for item in share] + quick
