"""Each route of the API, asked and answered over a real socket."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.scripted_daemon import (
    ScriptedDaemon,
    run_document,
    serving,
    step_document,
)
from trainauto_tui.client import Client, unix
from trainauto_tui.errors import (
    Invalid,
    LinkLost,
    NoDaemon,
    NotFound,
    Refused,
    TrainautoError,
    Unavailable,
    Unexpected,
)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[ScriptedDaemon]:
    with serving(tmp_path / "s") as daemon:
        yield daemon


@pytest.fixture
def client(daemon: ScriptedDaemon) -> Client:
    return Client(unix(daemon.path))


CALLS: list[tuple[str, str, Any, Callable[[Client], Any], Any]] = [
    ("GET", "/status", None, lambda c: c.status(), {"pid": 1}),
    ("POST", "/daemon/stop", None, lambda c: c.stop_daemon(), None),
    ("POST", "/pipelines", {"path": "/a.yaml"}, lambda c: c.add_pipeline("/a.yaml"), {"name": "a"}),
    ("GET", "/pipelines/a b", None, lambda c: c.pipeline("a b"), {"name": "a b"}),
    ("DELETE", "/pipelines/a b", None, lambda c: c.remove_pipeline("a b"), None),
    ("POST", "/plan", {"name": "a"}, lambda c: c.plan({"name": "a"}), {"steps": []}),
    ("POST", "/runs", {"name": "a"}, lambda c: c.submit({"name": "a"}), {"run_id": "r"}),
    ("GET", "/runs/r", None, lambda c: c.run("r"), {"run_id": "r"}),
    ("POST", "/runs/r/cancel", None, lambda c: c.cancel("r"), {"run_id": "r"}),
    ("POST", "/runs/r/retry", None, lambda c: c.retry("r"), {"run_id": "r"}),
    ("GET", "/runs/r/steps/t[x=1]", None, lambda c: c.step("r", "t[x=1]"), {"id": "t[x=1]"}),
    ("GET", "/runs/r/steps/t[x=1/2]/explain", None, lambda c: c.explain("r", "t[x=1/2]"), {"a": 1}),
    ("GET", "/models", None, lambda c: c.models(), [{"name": "m"}]),
    ("GET", "/models/m/transitions", None, lambda c: c.transitions("m"), [{"version": 1}]),
    ("GET", "/openapi.json", None, lambda c: c.openapi(), {"openapi": "3"}),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "call", "answer"), CALLS, ids=[f"{c[0]} {c[1]}" for c in CALLS]
)
def test_a_method_asks_its_route_and_returns_its_document(
    daemon: ScriptedDaemon,
    client: Client,
    method: str,
    path: str,
    body: Any,
    call: Callable[[Client], Any],
    answer: Any,
) -> None:
    daemon.answers[f"{method} {path}"] = answer
    assert call(client) == answer
    assert daemon.asked == [(method, path, {}, body)]


def test_pipelines_are_unwrapped_and_one_is_found_by_name(
    daemon: ScriptedDaemon, client: Client
) -> None:
    daemon.answers["GET /pipelines"] = {"pipelines": [{"name": "a"}, {"name": "b"}]}
    daemon.answers["GET /pipelines/b"] = {"name": "b"}
    daemon.fail("GET /pipelines/c", 404, "there is no pipeline 'c'", hint="registered: a, b")
    assert [pipeline["name"] for pipeline in client.pipelines()] == ["a", "b"]
    assert client.pipeline("b")["name"] == "b"
    with pytest.raises(NotFound, match="'c'") as caught:
        client.pipeline("c")
    assert caught.value.hint == "registered: a, b"


def test_only_what_was_given_is_asked_for(daemon: ScriptedDaemon, client: Client) -> None:
    daemon.answers["GET /runs"] = {"runs": [], "next": None}
    client.runs("a & b", status="failed", limit=3)
    assert daemon.asked[0][2] == {"pipeline": "a & b", "status": "failed", "limit": "3"}


QUERIES: list[tuple[str, dict[str, str], Callable[[Client], Any]]] = [
    ("/lineage", {"of": "churn@3"}, lambda c: c.lineage("churn@3")),
    ("/runs/r/steps/a/metrics", {"points": "500"}, lambda c: c.metric_series("r", "a")),
    (
        "/runs/r/steps/a/metrics",
        {"attempt": "2", "points": "9"},
        lambda c: c.metric_series("r", "a", attempt=2, points=9),
    ),
]


@pytest.mark.parametrize(("path", "query", "call"), QUERIES)
def test_a_method_puts_what_it_was_given_into_the_query(
    daemon: ScriptedDaemon,
    client: Client,
    path: str,
    query: dict[str, str],
    call: Callable[[Client], Any],
) -> None:
    daemon.answers[f"GET {path}"] = {"some": "document"}
    assert call(client) == {"some": "document"}
    assert daemon.asked == [("GET", path, query, None)]


@pytest.mark.parametrize(
    ("status", "error", "exit_code"),
    [
        (404, NotFound, 4),
        (422, Invalid, 2),
        (400, Invalid, 2),
        (409, Refused, 5),
        (403, Refused, 5),
        (503, Unavailable, 3),
        (500, Unexpected, 1),
    ],
)
def test_an_error_answer_is_an_exception_with_its_exit_code(
    daemon: ScriptedDaemon,
    client: Client,
    status: int,
    error: type[TrainautoError],
    exit_code: int,
) -> None:
    problems = ["a.yaml:3: unknown key", "a.yaml:9: cycle"]
    daemon.fail("GET /models", status, "it says no", hint="do this", problems=problems)
    with pytest.raises(error, match="it says no") as caught:
        client.models()
    assert caught.value.exit_code == exit_code
    assert caught.value.hint == "do this"
    assert caught.value.problems == tuple(problems)


def test_an_error_that_is_not_a_document_is_shown_as_it_is(
    daemon: ScriptedDaemon, client: Client
) -> None:
    daemon.answers["GET /models"] = "Internal Server Error"
    daemon.failures["GET /models"] = 500
    with pytest.raises(Unexpected, match=r"answered 500.*Internal Server Error"):
        client.models()


def test_a_log_slice_says_where_it_lies(daemon: ScriptedDaemon, client: Client) -> None:
    daemon.logs["r", "train", 1] = b"first"
    daemon.logs["r", "train", 2] = b"0123456789"
    piece = client.log("r", "train", offset=2, limit=3)
    assert (piece.data, piece.start, piece.end, piece.size) == (b"234", 2, 5, 10)
    assert (piece.attempt, piece.complete, piece.dropped) == (2, True, 0)
    assert client.log("r", "train", -4).data == b"6789"
    assert client.log("r", "train", attempt=1).data == b"first"


def test_a_gap_in_a_log_is_told_by_where_the_slice_starts(
    daemon: ScriptedDaemon, client: Client
) -> None:
    daemon.logs["r", "train", 1] = b"headXXXXtail"
    daemon.gaps["r", "train", 1] = (4, 8)
    head = client.log("r", "train")
    tail = client.log("r", "train", head.end)
    assert (head.data, tail.data) == (b"head", b"tail")
    assert (tail.start, tail.dropped) == (8, 4)


def test_a_step_without_a_log_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound):
        client.log("r", "train")


def test_events_are_paged_by_number(daemon: ScriptedDaemon, client: Client) -> None:
    for kind in ("daemon_started", "run_submitted", "step_resolved"):
        daemon.publish(kind)
    page = client.event_page(after=1, limit=1)
    assert [event["kind"] for event in page["events"]] == ["run_submitted"]
    assert page["last"] == 3


def test_the_stream_yields_what_was_and_what_comes(daemon: ScriptedDaemon, client: Client) -> None:
    daemon.publish("daemon_started")
    daemon.publish("run_submitted", run_id="r")
    stream = client.events(after=1)
    assert next(stream)["kind"] == "run_submitted"
    later = threading.Timer(0.02, daemon.publish, ["slot_fired"])
    later.start()
    assert next(stream)["seq"] == 3
    later.join()
    stream.close()  # type: ignore[attr-defined]


def test_the_stream_of_a_run_has_only_its_events(daemon: ScriptedDaemon, client: Client) -> None:
    daemon.publish("run_submitted", run_id="other")
    daemon.publish("run_submitted", run_id="mine")
    stream = client.events(run_id="mine")
    assert next(stream)["seq"] == 2


def test_pings_show_that_the_link_lives(daemon: ScriptedDaemon, client: Client) -> None:
    pulses = client.pulses()
    assert next(pulses) is None
    daemon.publish("slot_fired")
    event = next(pulses)
    assert event is not None
    assert event["seq"] == 1


def test_a_stream_that_ends_is_a_lost_link(daemon: ScriptedDaemon, client: Client) -> None:
    daemon.publish("slot_fired")
    stream = client.events()
    next(stream)
    daemon.stop()
    with pytest.raises(LinkLost):
        next(stream)
    with pytest.raises(NoDaemon):
        client.status()


def test_one_client_serves_several_threads(daemon: ScriptedDaemon, client: Client) -> None:
    daemon.put_run(run_document("r", "running", step_document("a", "running")))
    seen: list[str] = []

    def ask() -> None:
        seen.extend(client.run("r")["status"] for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["running"] * 80
