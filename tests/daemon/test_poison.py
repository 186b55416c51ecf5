"""What a step or a request brings with it may fail the run, never the daemon."""

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon, statuses
from trainauto_tui.errors import Invalid


def test_an_input_declared_twice_is_used_once(fresh: LiveDaemon, write: Write) -> None:
    pipeline = write("steps: [{id: a, run: cat incoming/a, inputs: [incoming, incoming/a]}]")
    (pipeline.parent / "incoming").mkdir()
    (pipeline.parent / "incoming" / "a").write_text("1\n")

    assert statuses(fresh.run(pipeline)) == {"a": "succeeded"}


def test_a_link_to_a_name_that_is_not_text_fails_the_step(fresh: LiveDaemon, write: Write) -> None:
    pipeline = write(
        r"""
        steps:
          - id: a
            run: ln -s "/etc/$(printf '\377')" out.txt
            outputs: out.txt
        """
    )

    run = fresh.run(pipeline)

    assert run["error"]["step"] == "a"
    assert r"\udcff" in run["error"]["message"]


def test_an_input_folder_with_a_name_that_is_not_text_fails_the_step(
    fresh: LiveDaemon, write: Write
) -> None:
    pipeline = write("steps: [{id: a, run: 'true', inputs: [incoming]}]")
    (pipeline.parent / "incoming").mkdir()
    (pipeline.parent / "incoming" / "\udcff").touch()

    assert statuses(fresh.run(pipeline)) == {"a": "failed"}


def test_a_param_that_is_not_text_is_refused(fresh: LiveDaemon, write: Write) -> None:
    pipeline = write("params: {x: a}\nsteps: [{id: a, run: 'true'}]")

    with pytest.raises(Invalid):
        fresh.submit(pipeline, params={"x": "\ud800"})
    assert fresh.client.runs()["runs"] == []
