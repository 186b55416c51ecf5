"""What a killed shim left behind is ended, or said to be there still."""

import os
import signal

import pytest

from tests.support.descriptors import descriptors_left
from trainautod.execution import leftovers
from trainautod.execution.local import LocalExecutor

from .conftest import Lab, tagged, until_async


def test_processes_that_cannot_be_looked_at_are_not_taken_for_gone(lab: Lab) -> None:
    directory, spec = lab.attempt("sleep 60")

    async def orphan(executor: LocalExecutor) -> None:
        claim = await executor.launch(directory, spec)
        await until_async(lambda: tagged(spec.token))
        os.kill(claim.pid, signal.SIGKILL)
        await until_async(lambda: executor.inspect(directory) == "lost")

    lab.do(orphan)
    with descriptors_left(1), pytest.raises(OSError, match="Too many open files"):
        leftovers.end(spec.token)
    assert tagged(spec.token)
    assert leftovers.end(spec.token)
    assert tagged(spec.token) == []
