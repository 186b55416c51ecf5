"""Those who may only look: a socket of their own, on which the daemon itself refuses changes."""

import json
import os

import pytest

from tests.api.test_socket import NOBODY, STRANGER
from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from tests.support.plain_http import ask, post
from trainauto_tui.client import Client, transport
from trainauto_tui.errors import Refused
from trainautod.api.app import ENDPOINTS
from trainautod.home import read_only_socket_path, socket_path

CHANGES = sorted({(e.method, e.path) for e in ENDPOINTS if e.method != "GET" and e.path != "/plan"})


def test_the_second_socket_is_the_owners_alone_as_the_first_is(daemon: LiveDaemon) -> None:
    path = read_only_socket_path(daemon.home)

    assert path.parent == socket_path(daemon.home).parent
    assert path.is_socket()
    assert path.stat().st_mode & 0o7777 == 0o600
    assert path.stat().st_uid == os.getuid()


def test_the_status_tells_each_link_what_it_may_do(daemon: LiveDaemon) -> None:
    looking = Client(transport.unix(read_only_socket_path(daemon.home)))

    assert looking.status()["access"] == "read-only"
    assert daemon.client.status()["access"] == "read-write"


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_every_change_is_refused_before_it_is_looked_at(
    daemon: LiveDaemon, method: str, path: str
) -> None:
    target = path.replace("{run}", "latest").replace("{name}", "nightly")
    answer = ask(read_only_socket_path(daemon.home), method, target, b"not JSON")

    assert answer.status == 403
    assert answer.error()["code"] == "read_only"
    assert daemon.client.status()["state"] == "running"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/no/such/path"),
        ("PUT", "/status"),
        ("HEAD", "/status"),
        ("PATCH", "/runs/latest"),
        ("post", "/runs"),
        ("GETX", "/status"),
        ("POST", "/plan/"),
        ("POST", "//plan"),
        ("POST", "/plan/../runs"),
        ("DELETE", "/plan"),
    ],
)
def test_whatever_is_not_known_to_be_harmless_is_refused(
    daemon: LiveDaemon, method: str, target: str
) -> None:
    answer = ask(read_only_socket_path(daemon.home), method, target)

    assert answer.status == 403


def test_it_shows_all_that_the_first_one_shows(daemon: LiveDaemon, write: Write) -> None:
    pipeline = write("steps: [{id: a, run: 'echo x > o'}]")
    run_id = daemon.run(pipeline)["run_id"]
    path = read_only_socket_path(daemon.home)
    looking = Client(transport.unix(path))

    assert looking.run(run_id) == daemon.client.run(run_id)
    assert looking.log(run_id, "a").complete
    assert looking.event_page(run_id=run_id) == daemon.client.event_page(run_id=run_id)
    assert next(looking.events(run_id=run_id))["kind"] == "run_submitted"
    plan = post(path, "/plan", {"path": str(pipeline)}).json()
    assert [step["verdict"] for step in plan["steps"]] == ["reuse"]


def test_the_client_takes_a_refusal_as_one(daemon: LiveDaemon) -> None:
    looking = Client(transport.unix(read_only_socket_path(daemon.home)))

    with pytest.raises(Refused, match="this link is read-only") as refusal:
        looking.stop_daemon()
    assert refusal.value.exit_code == 5


def test_both_sockets_go_when_the_daemon_does(fresh: LiveDaemon) -> None:
    fresh.stop()

    assert not read_only_socket_path(fresh.home).exists()
    assert not socket_path(fresh.home).exists()


def test_the_status_tells_what_the_daemon_takes_and_what_is_left(daemon: LiveDaemon) -> None:
    status = daemon.client.status()

    assert status["host"] == os.uname().nodename
    assert 0 < status["cpu_s"] < 600
    assert 10_000_000 < status["memory_bytes"] < 400_000_000
    disk = status["disk"]
    assert disk["path"] == str(daemon.home)
    assert 0 < disk["free_bytes"] <= disk["total_bytes"]


def test_the_status_tells_who_holds_which_slots(daemon: LiveDaemon, write: Write) -> None:
    pipeline = write(
        "steps: [{id: a, run: 'until [ -e go ]; do sleep 0.02; done',"
        " resources: {cpus: 0.5, memory: 1MiB}}]"
    )
    run_id = daemon.submit(pipeline)
    daemon.wait_for_step(run_id, "a", "running")

    held = [lease for lease in daemon.client.status()["leases"] if lease["run_id"] == run_id]
    daemon.client.cancel(run_id)
    daemon.finish(run_id)

    assert held == [
        {
            "run_id": run_id,
            "step": "a",
            "attempt": 1,
            "cpus": 0.5,
            "memory_bytes": 1 << 20,
            "gpus": [],
        }
    ]
    assert run_id not in json.dumps(daemon.client.status()["leases"])


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")
def test_another_user_is_hung_up_on_there_too(fresh: LiveDaemon) -> None:
    import subprocess
    import sys

    path = read_only_socket_path(fresh.home)
    for place in (path.parent.parent, path.parent, path):
        place.chmod(0o777)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", STRANGER, str(path), str(NOBODY)],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.stdout.strip() == "hung up"
