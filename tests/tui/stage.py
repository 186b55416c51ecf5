"""A daemon's double: a real HTTP server on a Unix socket that serves contract documents.

Every time in them is fixed; the clock of the UI under test stands at ``NOW``.
"""

import json
import queue
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.tui import logs
from tests.tui.documents import daemon, drift, events, lineage
from trainauto_tui.client import Client, unix
from trainauto_tui.live.clock import Clock

NOW = datetime(2013, 7, 10, 6, 11, 2, tzinfo=UTC).timestamp()
LIVE = "0bq3k7x2m9d4f6hs"
DONE = "0bq3k1w8r5t2y7ua"
FAILED = "0bq2z9c4v6b8n1mk"
REUSED = "0bq2z5p3o7i1u9yt"


@dataclass
class Hands:
    """The hands of the UI's clock."""

    at: float = NOW

    def clock(self) -> Clock:
        """Return the clock that these hands move."""
        return Clock(lambda: self.at, lambda: 0.0, UTC)


def step(name: str, status: str, *needs: str, **more: Any) -> dict[str, Any]:
    """Return a step of a run."""
    began = None if status in ("pending", "skipped") else "2013-07-10T06:00:00.000+00:00"
    ended = status not in ("pending", "running", "skipped")
    return {
        "id": name,
        "status": status,
        "cached": False,
        "attempt": 1 if began else 0,
        "exit_code": 0 if status == "succeeded" else None,
        "duration_s": 12.4 if ended else None,
        "reason": "no earlier result" if began else None,
        "cache_key": "3f2a91bc" if began else None,
        "metrics": {},
        "outputs": [],
        "needs": list(needs),
        "started_at": began,
        "ended_at": "2013-07-10T06:00:12.400+00:00" if ended else None,
        "error": None,
        "cpu_s": 11.8 if ended else None,
        "peak_memory_bytes": 412_000_000 if ended else None,
        "log_bytes": 20_480 if began else 0,
        "source_run_id": None,
    } | more


def run(run_id: str, status: str, steps: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a run."""
    ended = status not in ("queued", "running")
    return {
        "run_id": run_id,
        "pipeline": "flights-nightly",
        "status": status,
        "scheduled_time": "2013-07-10T02:00:00.000-04:00",
        "trigger": {"kind": "cron"},
        "params": {"days": 7, "learning_rate": 0.1},
        "started_at": "2013-07-10T06:00:00.000+00:00",
        "ended_at": "2013-07-10T06:03:20.000+00:00" if ended else None,
        "duration_s": 200.0 if ended else None,
        "error": None,
        "steps": steps,
    } | more


def live_run() -> dict[str, Any]:
    """Return a run of twelve steps, some done, some running, some waiting."""
    cached = {"cached": True, "reason": "same as run 0bq2z5p3o7i1u9yt", "duration_s": 0.0}
    running = {"started_at": "2013-07-10T06:08:04.000+00:00"}
    return run(
        LIVE,
        "running",
        [
            step("ingest", "succeeded", metrics={"rows": 1_204_113}),
            step("validate", "succeeded", "ingest", duration_s=3.2),
            step("featurize", "succeeded", "validate", **cached),
            step("split", "succeeded", "featurize", duration_s=5.06),
            step("train_lr", "succeeded", "split", duration_s=67.2, metrics={"auc": 0.8712}),
            step("train_xgb", "running", "split", **running, metrics={"round": 410.0}),
            step("train_mlp", "running", "split", **running, attempt=2),
            step("evaluate", "pending", "split", "train_lr", "train_xgb", "train_mlp"),
            step("drift_check", "succeeded", "validate", duration_s=41.0, metrics={"psi": 0.08}),
            step("compare", "pending", "evaluate", "drift_check"),
            step("register", "pending", "compare"),
            step("canary", "pending", "register"),
        ],
    )


def failed_run() -> dict[str, Any]:
    """Return a run that a step failed, and with it the step that needed it."""
    message = "evaluate missed its threshold\nroc_auc 0.71 is below 0.82"
    return run(
        FAILED,
        "failed",
        [
            step("fetch", "succeeded", metrics={"rows": 5021.0}),
            step("train", "succeeded", "fetch", metrics={"roc_auc": 0.71}),
            step("evaluate", "failed", "train", exit_code=1, error=message),
            step("register", "skipped", "evaluate", error="evaluate failed"),
        ],
        error={"step": "evaluate", "message": message},
        trigger={"kind": "manual"},
        scheduled_time="2013-07-09T02:00:00.000-04:00",
        started_at="2013-07-09T06:00:00.000+00:00",
        ended_at="2013-07-09T06:03:20.000+00:00",
    )


def pipelines() -> list[dict[str, Any]]:
    """Return three pipelines: one that runs, one quiet, one whose file is broken."""
    base: dict[str, Any] = {
        "description": "Retrain the delay model on the last seven days.",
        "state": "ok",
        "problems": [],
        "schedules": [{"cron": "0 2 * * *", "timezone": "America/New_York"}],
        "next_fire": "2013-07-11T02:00:00.000-04:00",
        "params": {"days": 7, "learning_rate": 0.1},
        "steps": [{"id": one["id"], "needs": one["needs"]} for one in live_run()["steps"]],
        "last_runs": [
            _recent(LIVE, "running"),
            *(_recent(f"{DONE[:-1]}{n}", "succeeded", minutes=3 + n) for n in range(4)),
            _recent(FAILED, "failed", minutes=1),
            _recent(REUSED, "cancelled", minutes=5),
        ],
    }
    hello: dict[str, Any] = base | {
        "name": "hello",
        "path": "/srv/pipelines/hello.yaml",
        "description": None,
        "schedules": [],
        "next_fire": None,
        "params": {},
        "steps": [{"id": "greet", "needs": []}],
        "last_runs": [],
    }
    broken = base | {
        "name": "weekly-report",
        "path": "/srv/pipelines/weekly.yaml",
        "description": "The report of the week.",
        "state": "broken",
        "problems": [
            "weekly.yaml:14: unknown key 'need' at steps[2]: did you mean 'needs'?",
            "weekly.yaml:21: cron '0 25 * * *': hour 25 is not in 0-23",
        ],
        "next_fire": "2013-07-14T09:30:00.000+00:00",
        "last_runs": [_recent(DONE, "succeeded")],
    }
    nightly = base | {"name": "flights-nightly", "path": "/srv/pipelines/nightly.yaml"}
    return [nightly, hello, broken]


def _recent(run_id: str, status: str, minutes: int = 3) -> dict[str, Any]:
    keys = ("run_id", "status", "scheduled_time", "started_at", "ended_at")
    whole = run(run_id, status, [])
    if whole["ended_at"]:
        whole["ended_at"] = f"2013-07-10T06:{minutes:02}:20.000+00:00"
    return {key: whole[key] for key in keys}


def log_lines(count: int) -> bytes:
    """Return a training log of ``count`` lines, with colours and a progress bar."""
    lines = [f"epoch {n:3}/{count} loss {0.6 / (n + 1) + 0.2:.4f}" for n in range(count)]
    lines.append("\x1b[33mwarning\x1b[0m: [bold]learning rate[/bold] was lowered")
    lines.append("  10%|#   |\r  50%|##  |\r 100%|####| 40/40 [00:12<00:00]")
    return "\n".join(lines).encode() + b"\n"


@dataclass
class Stage:
    """What the double serves; tests change it while it is being served."""

    socket: Path
    pipelines: list[dict[str, Any]] = field(default_factory=pipelines)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    logs: dict[tuple[str, str], bytes] = field(default_factory=dict)
    dropped: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    complete: bool = True
    answers: dict[str, Any] = field(default_factory=dict)  # by path; a document or what makes it
    failures: dict[str, tuple[int, str]] = field(default_factory=dict)  # by path
    requests: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)  # of those requests that have one
    sequence: int = 7
    _streams: list["queue.Queue[bytes | None]"] = field(default_factory=list)
    _server: socketserver.ThreadingUnixStreamServer | None = None

    def client(self) -> Client:
        """Return a client of this double."""
        return Client(unix(self.socket))

    def fill(self) -> None:
        """Put the runs and logs of the examples on the stage."""
        for one in (live_run(), failed_run()):
            self.runs[one["run_id"]] = one
        done = run(DONE, "succeeded", [step("fetch", "succeeded")], trigger={"kind": "manual"})
        self.runs[DONE] = done | {"started_at": "2013-07-10T02:40:00.000+00:00"}
        self.logs[LIVE, "train_xgb"] = log_lines(40)
        self.logs[FAILED, "evaluate"] = b"roc_auc 0.71 is below 0.82\n"
        self.answers["/events"] = events.pages(events.history())
        self.answers["/lineage"] = lineage.answered(lineage.walks())
        self.answers["/models"] = lineage.models()
        drift.on(self.answers)
        self.answers["/status"] = daemon.answered(daemon.status(), lambda: self.sequence)

    def empty(self) -> None:
        """Take everything away."""
        self.pipelines, self.runs, self.logs = [], {}, {}
        self.answers["/events"] = events.pages([])
        self.answers["/drift"], self.answers["/policies"] = {"sources": []}, {"policies": []}
        self.answers["/lineage"] = lineage.answered({})

    def fail(self, path: str, status: int, message: str) -> None:
        """Answer ``path`` with an error from now on."""
        self.failures[path] = (status, message)

    def open(self) -> None:
        """Listen."""
        self.socket.unlink(missing_ok=True)
        server = _Server(str(self.socket), _handler(self))
        self._server = server
        threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True).start()

    def close(self) -> None:
        """Go away as a killed daemon does: streams end, and the socket answers no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for stream in self._streams:
            stream.put(None)
        self._streams.clear()

    def tell(self, kind: str, run_id: str | None = None, **changes: Any) -> None:
        """Send an event to every open stream."""
        self.sequence += 1
        event = {
            "seq": self.sequence,
            "at": "2013-07-10T06:11:00.000+00:00",
            "kind": kind,
            "run_id": run_id,
            "step": None,
            "attempt": None,
            "pipeline": None,
            "data": {},
            "changes": {"run": changes.get("run"), "steps": changes.get("steps", {})},
        }
        text = f"id: {self.sequence}\nevent: {kind}\ndata: {json.dumps(event)}\n\n"
        for stream in self._streams:
            stream.put(text.encode())

    def ping(self) -> None:
        """Send the sign of life."""
        for stream in self._streams:
            stream.put(b": ping\n\n")

    @property
    def listeners(self) -> int:
        """How many event streams are open."""
        return len(self._streams)

    @contextmanager
    def listening(self) -> Iterator["queue.Queue[bytes | None]"]:
        """Be one of the streams."""
        stream: queue.Queue[bytes | None] = queue.Queue()
        self._streams.append(stream)
        try:
            yield stream
        finally:
            with suppress(ValueError):
                self._streams.remove(stream)

    # The routes.

    def answer(self, method: str, path: str, query: dict[str, str]) -> Any:
        """Return the document of a route, or None for one that does not exist."""
        if unquote(path) in self.answers:
            found = self.answers[unquote(path)]
            return found(query) if callable(found) else found
        match method, [unquote(part) for part in path.strip("/").split("/")]:
            case "GET", ["status"]:
                return {"last_event": self.sequence, "state": "running"}
            case "GET", ["pipelines"]:
                return {"pipelines": self.pipelines}
            case "POST", ["pipelines"]:
                path = self.bodies[-1]["path"]
                self.pipelines.append(self.pipelines[1] | {"name": Path(path).stem, "path": path})
                return self.pipelines[-1]
            case "GET", ["pipelines", name]:
                return next((one for one in self.pipelines if one["name"] == name), None)
            case "DELETE", ["pipelines", name]:
                self.pipelines = [one for one in self.pipelines if one["name"] != name]
                return {}
            case "GET", ["runs"]:
                return self._page(query)
            case "POST", ["runs"]:
                made = run("0bq3newnewnewnew", "queued", [step("fetch", "pending")])
                self.runs[made["run_id"]] = made
                return made
            case "GET", ["runs", run_id]:
                return self.runs.get(run_id)
            case "GET", ["runs", run_id, "steps", name, "log", "matches"]:
                return logs.matches(self.logs.get((run_id, name), b""), query, self.complete)
            case "GET", ["runs", run_id, "steps", name, "log", "times"]:
                return logs.times(self.logs.get((run_id, name), b""), query)
            case "POST", ["runs", run_id, verb]:
                self.runs[run_id]["status"] = "cancelled" if verb == "cancel" else "running"
                return self.runs[run_id]
        return None

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        found = [
            one
            for run_id, one in sorted(self.runs.items(), reverse=True)
            if _wanted(one, query) and run_id < query.get("before", "~")
        ]
        limit = int(query["limit"])
        more = found[limit - 1]["run_id"] if len(found) > limit else None
        return {"runs": found[:limit], "next": more}

    def log(self, run_id: str, name: str, query: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        """Return a range of a log, around what was dropped of it."""
        whole = self.logs.get((run_id, name), b"")
        gap_start, gap_end = self.dropped.get((run_id, name), (0, 0))
        offset, limit = int(query["offset"]), int(query["limit"])
        start = max(len(whole) + offset, 0) if offset < 0 else offset
        if gap_start <= start < gap_end:
            start = gap_end
        end = min(start + limit, len(whole), gap_start if start < gap_start else len(whole))
        end = max(end, min(start, len(whole)))
        return whole[start:end], {
            "X-Log-Start": str(start),
            "X-Log-End": str(end),
            "X-Log-Size": str(len(whole)),
            "X-Log-Dropped": str(gap_end - gap_start),
            "X-Log-Complete": "true" if self.complete else "false",
            "X-Log-Attempt": "1",
        }


def _wanted(run: dict[str, Any], query: dict[str, str]) -> bool:
    began = run["started_at"] or ""
    return (
        query.get("pipeline") in (None, run["pipeline"])
        and ("status" not in query or run["status"] in query["status"].split(","))
        and ("trigger" not in query or run["trigger"]["kind"] in query["trigger"].split(","))
        and query.get("since", "") <= began
        and began <= query.get("until", "~") + "~"
    )


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that leaves is no error here."""


def _handler(stage: Stage) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def address_string(self) -> str:
            return "unix"

        def do_GET(self) -> None:
            self._serve("GET")

        def do_POST(self) -> None:
            self._serve("POST")

        def do_DELETE(self) -> None:
            self._serve("DELETE")

        def _serve(self, method: str) -> None:
            split = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(split.query).items()}
            stage.requests.append(f"{method} {self.path}")
            if body := self.rfile.read(int(self.headers.get("Content-Length") or 0)):
                stage.bodies.append(json.loads(body))
            parts = [unquote(part) for part in split.path.strip("/").split("/")]
            streams = "text/event-stream" in self.headers.get("Accept", "")
            if unquote(split.path) in stage.failures and not streams:
                self._fail(*stage.failures[unquote(split.path)])
            elif parts == ["events"] and streams:
                self._stream()
            elif parts[-1] == "log":
                body, headers = stage.log(parts[1], parts[3], query)
                self._send(200, body, headers)
            elif (document := stage.answer(method, split.path, query)) is None:
                self._fail(404, f"no such thing: {split.path}")
            else:
                self._send(200, json.dumps(document).encode(), {})

        def _fail(self, status: int, message: str) -> None:
            error = {"code": "failed", "message": message, "hint": "", "problems": []}
            self._send(status, json.dumps({"error": error}).encode(), {})

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _stream(self) -> None:
            self.close_connection = True
            with stage.listening() as stream:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                self.wfile.flush()
                while (piece := stream.get()) is not None:
                    self.wfile.write(piece)
                    self.wfile.flush()

    return Handler
