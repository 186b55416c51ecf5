"""What goes wrong is told as one document with a status; the daemon serves on."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.conftest import Write
from tests.support.daemons import LiveDaemon
from tests.support.gates import Gate
from tests.support.plain_http import ask, post
from tests.support.waiting import wait_until
from trainautod.home import socket_path

ODD_NAMES = (
    "%00",
    "%20",
    "'; drop table runs; --",
    "..%2F..%2Fetc%2Fpasswd",
    "%ED%A0%80",  # half of a surrogate pair: not UTF-8
    "%F0%9F%A6%86",
    "~",
    "*",
    "a" * 5000,
)


@pytest.fixture
def at(daemon: LiveDaemon) -> Iterator[Path]:
    """The shared daemon's socket; after the test it must still serve, with nothing broken."""
    yield socket_path(daemon.home)
    status = daemon.client.status()
    assert status["state"] == "running"
    assert all(task["state"] == "running" and not task["restarts"] for task in status["tasks"])


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("/runs/zzzz", "there is no run 'zzzz'; `trainauto runs`"),
        ("/runs/zzzz/steps/a/log", "there is no run 'zzzz'"),
        ("/runs/zzzz/steps/a/explain", "there is no run 'zzzz'"),
        ("/pipelines/zzzz", "there is no pipeline 'zzzz'"),
        ("/models/zzzz/transitions", "zzzz"),
        ("/nothing/here", "Not Found"),
    ],
)
def test_what_does_not_exist_is_not_found(at: Path, target: str, words: str) -> None:
    answer = ask(at, "GET", target)

    assert answer.status == 404
    assert answer.error()["code"] == "not_found"
    assert words in answer.error()["message"]


def test_an_unknown_step_of_a_run_is_not_found(at: Path, daemon: LiveDaemon, write: Write) -> None:
    run_id = daemon.run(write("steps: [{id: a, run: 'true'}]"))["run_id"]

    for target in ("log", "explain"):
        answer = ask(at, "GET", f"/runs/{run_id}/steps/b/{target}")
        assert (answer.status, answer.error()["code"]) == (404, "not_found")
        assert "has no step 'b'" in answer.error()["message"]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_not_found_and_harmless(at: Path, name: str) -> None:
    quoted = name.replace(" ", "%20")
    for target in (
        f"/runs/{quoted}",
        f"/runs/latest{quoted}/steps/{quoted}/log",
        f"/pipelines/{quoted}",
        f"/models/{quoted}/transitions",
    ):
        answer = ask(at, "GET", target)
        assert answer.status == 404, f"{target}: {answer.body!r}"
        assert answer.error()["code"] == "not_found"
    assert ask(at, "DELETE", f"/pipelines/{quoted}").status == 404
    assert ask(at, "POST", f"/runs/{quoted}/cancel").status == 404


def test_a_wrong_method_is_told(at: Path) -> None:
    answer = ask(at, "PUT", "/runs")

    assert (answer.status, answer.error()["code"]) == (405, "invalid")


@pytest.mark.parametrize(
    "target",
    [
        "/runs?limit=0",
        "/runs?limit=100000",
        "/runs?limit=many",
        "/events?after=-1",
        "/events?after=1e3",
        "/events?limit=0",
        f"/events?after={10**30}",
        f"/runs/latest/steps/a/log?attempt={10**30}",
        "/runs/latest/steps/a/log?attempt=0",
        "/runs?pipelin=x",
        "/status?verbose=1",
        "/runs/latest/steps/a/log?limit=-1",
    ],
)
def test_a_query_out_of_range_is_invalid(at: Path, target: str) -> None:
    answer = ask(at, "GET", target)

    assert (answer.status, answer.error()["code"]) == (422, "invalid")
    assert target.partition("?")[2].partition("=")[0] in answer.error()["problems"][0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"a"',
        b"\xff\xfe{}",
        b'{"path": 1}',
        b'{"path": "/p.yaml", "params": []}',
        b'{"path": "/p.yaml", "params": {"a": {"b": 1}}}',
        b'{"path": "/p.yaml", "params": {"a": 1' + b"0" * 5000 + b"}}",
        b"[" * 100_000,
        b'{"path": "/p.yaml", "trigger": ' + b'{"a":' * 50_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_malformed_body_is_invalid(at: Path, body: bytes) -> None:
    for target in ("/runs", "/plan"):
        answer = post(at, target, body)
        assert answer.status in (400, 422), answer.body
        assert answer.error()["code"] == "invalid"


def test_a_field_that_is_not_even_text_is_refused(at: Path) -> None:
    answer = post(at, "/runs", b'{"path": "/p.yaml", "\\ud800": 1, "params": {"a": "\\udfff"}}')

    assert (answer.status, answer.error()["code"]) == (422, "invalid")


def test_unknown_fields_are_refused_by_name(at: Path) -> None:
    for target in ("/runs", "/plan", "/pipelines"):
        answer = post(at, target, {"path": "/p.yaml", "pth": 1, "forse_all": True})
        assert answer.status == 422
        told = " ".join(answer.error()["problems"])
        assert "pth: unknown key" in told
        assert "forse_all: unknown key" in told


@pytest.mark.parametrize(
    ("target", "fields", "told"),
    [
        ("/backfills", {"parallel": 0}, "parallel: must be at least 1, found 0"),
        ("/backfills", {"parallel": 5000}, "parallel: must be at most 1,000, found 5000"),
        ("/backfills", {"parallel": "two"}, "parallel: expected a whole number, found the text"),
        ("/backfills", {"order": "up"}, "order: must be 'oldest' or 'newest', found the text 'up'"),
        ("/backfills", {"dry_run": "so"}, "dry_run: expected true or false, found the text 'so'"),
        ("/backfills", {"params": {"a": [1]}}, "params.a: expected text, a number, true or false"),
        ("/backfills", {}, "since: it is missing"),
        ("/runs", {"force": 3}, "force: expected a list, found 3"),
        ("/runs", {"path": None, "params": []}, "params: expected keys with values, found a list"),
    ],
)
def test_what_is_wrong_with_a_field_is_told_in_plain_words(
    at: Path, target: str, fields: dict[str, Any], told: str
) -> None:
    problems = post(at, target, {"pipeline": "p", **fields}).error()["problems"]

    assert [problem for problem in problems if problem.startswith(told)], problems
    assert not any("nput" in problem for problem in problems), problems
    assert len(problems) == len({problem.partition(": ")[0] for problem in problems})


@pytest.mark.parametrize("body", [{}, {"path": "/p.yaml", "name": "p"}])
def test_a_request_needs_a_path_or_a_name(at: Path, body: dict[str, Any]) -> None:
    answer = post(at, "/runs", body)

    assert answer.status == 422
    assert "either the path of a pipeline file or a name" in answer.error()["message"]


@pytest.mark.parametrize("path", ["p.yaml", "./p.yaml", "~/p.yaml", ""])
def test_a_relative_path_is_refused_as_the_daemon_stands_elsewhere(at: Path, path: str) -> None:
    for target in ("/runs", "/plan", "/pipelines"):
        answer = post(at, target, {"path": path})
        assert answer.status == 422
        assert "absolute" in answer.error()["message"]


@pytest.mark.parametrize("path", ["/p\x00.yaml", "/p\ud800.yaml", "/" + "p" * 5000, "/\n"])
def test_odd_paths_are_invalid(at: Path, path: str) -> None:
    for target in ("/runs", "/pipelines"):
        answer = post(at, target, {"path": path})
        assert (answer.status, answer.error()["code"]) == (422, "invalid"), answer.body


def test_what_is_not_a_regular_file_is_refused_at_once(at: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    for name in (tmp_path / "fifo", tmp_path / "loop", tmp_path, Path("/dev/zero")):
        answer = post(at, "/pipelines", {"path": str(name)})
        assert (answer.status, answer.error()["code"]) == (422, "invalid")
        assert str(name) in answer.error()["problems"][0]


def test_every_problem_of_a_file_is_told_with_its_line(at: Path, write: Write) -> None:
    path = write(
        """
        schedule: '99 * * * *'
        steps:
          - {id: a, run: 'true', need: [b]}
          - {id: a, run: 'echo {{nothing}}'}
        """
    )

    for target in ("/runs", "/plan", "/pipelines"):
        error = post(at, target, {"path": str(path)}).error()
        assert error["code"] == "invalid"
        assert any(":2: '99'" in problem or ":2: " in problem for problem in error["problems"])
        assert any("unknown key 'need'" in problem for problem in error["problems"])
        assert all(problem.startswith(f"{path}:") for problem in error["problems"])


@pytest.mark.parametrize(
    ("extra", "status", "words"),
    [
        ({"ds": "yesterday"}, 422, "ds 'yesterday' is not a date"),
        ({"ds": "2013-02-30"}, 422, "is not a date"),
        ({"params": {"rat": 1}}, 422, "unknown param 'rat'; did you mean 'rate'?"),
        ({"params": {"rate": "fast"}}, 422, "param rate: 'fast' is not float"),
        ({"params": {"rate": True}}, 422, "is not float"),
        ({"params": {"rounds": 1.5}}, 422, "is not int"),
        ({"params": {"rounds": None}}, 422, "is not int"),
        ({"params": {"label": None}}, 422, "is not str"),
        ({"from_step": "trian"}, 404, "no step 'trian'; did you mean 'train'?"),
        ({"force": ["train", "x"]}, 404, "no step 'x'"),
    ],
)
def test_a_request_that_does_not_fit_the_pipeline_names_what(
    at: Path, write: Write, extra: dict[str, Any], status: int, words: str
) -> None:
    path = write("params: {rate: 0.5, rounds: 3, label: x}\nsteps: [{id: train, run: 'true'}]")

    for target in ("/runs", "/plan"):
        answer = post(at, target, {"path": str(path), **extra})
        assert answer.status == status, answer.body
        assert words in answer.error()["message"]


def test_params_take_the_type_of_their_defaults_without_loss(
    daemon: LiveDaemon, write: Write
) -> None:
    path = write("params: {rate: 0.5, rounds: 3, on_: false}\nsteps: [{id: train, run: 'true'}]")
    given = {"rate": 1, "rounds": str(2**60 + 1), "on_": "yes"}

    run = daemon.run(path, params=given)

    assert run["params"] == {"rate": 1.0, "rounds": 2**60 + 1, "on_": True}


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b'"nan"'])
def test_a_param_that_is_no_finite_number_is_refused(
    at: Path, daemon: LiveDaemon, write: Write, number: bytes
) -> None:
    """No document could show it: JSON has no such numbers."""
    path = write("params: {rate: 0.5}\nsteps: [{id: train, run: 'true'}]")
    body = b'{"path": %s, "params": {"rate": %s}}' % (json.dumps(str(path)).encode(), number)

    answer = post(at, "/runs", body)

    assert (answer.status, answer.error()["code"]) == (422, "invalid")
    assert daemon.client.runs()["runs"] is not None


@pytest.mark.parametrize("trigger", [b'{"kind": NaN}', b'{"kind": "\\ud800"}'])
def test_a_trigger_that_cannot_be_stored_is_refused(
    at: Path, daemon: LiveDaemon, write: Write, trigger: bytes
) -> None:
    path = write("steps: [{id: train, run: 'true'}]")
    body = b'{"path": %s, "trigger": %s}' % (json.dumps(str(path)).encode(), trigger)

    answer = post(at, "/runs", body)

    assert (answer.status, answer.error()["code"]) == (422, "invalid")
    assert daemon.client.runs()["runs"] is not None


def test_what_a_runs_state_does_not_allow_is_a_conflict(
    at: Path, daemon: LiveDaemon, write: Write
) -> None:
    run_id = daemon.run(write("steps: [{id: a, run: 'true'}]"))["run_id"]

    cancel = ask(at, "POST", f"/runs/{run_id}/cancel")
    retry = ask(at, "POST", f"/runs/{run_id}/retry")

    assert (cancel.status, cancel.error()["code"]) == (409, "conflict")
    assert "has ended" in cancel.error()["message"]
    assert (retry.status, retry.error()["code"]) == (409, "conflict")
    assert "is succeeded; only a failed or cancelled run" in retry.error()["message"]


def test_a_run_that_goes_on_cannot_be_retried(
    at: Path, daemon: LiveDaemon, write: Write, gate: Gate
) -> None:
    run_id = daemon.submit(write(f"steps: [{{id: a, run: '{gate}'}}]"))

    answer = ask(at, "POST", f"/runs/{run_id}/retry")
    gate.open()

    assert (answer.status, answer.error()["code"]) == (409, "conflict")
    assert daemon.finish(run_id)["status"] == "succeeded"


def test_two_files_of_one_name_are_a_conflict(at: Path, tmp_path: Path) -> None:
    paths = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for path in paths:
        path.write_text("name: of-two-files\nsteps: [{id: a, run: 'true'}]\n")

    answers = [post(at, "/pipelines", {"path": str(path)}) for path in paths]
    ask(at, "DELETE", "/pipelines/of-two-files")

    assert [answer.status for answer in answers] == [201, 409]
    assert f"registered from {paths[0]}" in answers[1].error()["message"]


def test_an_ambiguous_beginning_of_a_run_id_is_told(
    at: Path, daemon: LiveDaemon, write: Write
) -> None:
    path = write("steps: [{id: a, run: 'true'}]")
    first, second = (daemon.run(path)["run_id"] for _ in range(2))
    common = next(first[:n] for n in range(16, 0, -1) if first[:n] == second[:n])

    answer = ask(at, "GET", f"/runs/{common}")

    assert (answer.status, answer.error()["code"]) == (422, "invalid")
    assert "several runs begin with" in answer.error()["message"]


def test_a_huge_body_is_refused_before_it_is_taken_in(at: Path, daemon: LiveDaemon) -> None:
    before = _resident_bytes(daemon)

    told = ask(at, "POST", "/runs", b"{", {"Content-Length": str(1 << 40)})
    sent = post(at, "/runs", b'{"path": "' + b"p" * (3 << 20) + b'"}')

    assert told.status == 413
    assert (sent.status, sent.error()["code"]) == (413, "invalid")
    assert "MiB" in sent.error()["message"]
    assert _resident_bytes(daemon) - before < 32 << 20


def test_a_huge_body_in_chunks_is_refused_too(at: Path, daemon: LiveDaemon) -> None:
    before = _resident_bytes(daemon)
    pieces = (b" " * (1 << 20) for _ in range(64))

    answer = ask(at, "POST", "/runs", pieces, {"Content-Type": "application/json"})

    assert (answer.status, answer.error()["code"]) == (413, "invalid")
    assert _resident_bytes(daemon) - before < 32 << 20


def test_garbage_on_the_socket_harms_nobody_else(at: Path, daemon: LiveDaemon) -> None:
    for garbage in (
        b"\x00" * 100_000,
        b"GET " + b"a" * 200_000,
        b"\r\n\r\n\r\n",
        b"GET / HTTP/9\r\n",
    ):
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(10)
            link.connect(str(at))
            try:
                link.sendall(garbage)
                link.shutdown(socket.SHUT_WR)
                while link.recv(65536):
                    pass
            except OSError:
                continue

    wait_until(daemon.answers, "an answer")


def _resident_bytes(daemon: LiveDaemon) -> int:
    assert daemon.pid is not None
    pages = int(Path(f"/proc/{daemon.pid}/statm").read_text().split()[1])
    return pages * 4096
