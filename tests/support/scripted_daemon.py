"""A server of the API's documents on a real Unix socket, whose world the test scripts.

The real daemon decides when things happen; here the test does: what a run looks like at each
moment, which bytes of a log are gone, when the link breaks.
"""

import json
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

NO_SUCH_THING = 404
Document = dict[str, Any]


def step_document(step: str, status: str = "pending", **fields: Any) -> Document:
    """Return a step of a run."""
    return {
        "id": step,
        "status": status,
        "cached": False,
        "attempt": 0 if status == "pending" else 1,
        "exit_code": None,
        "duration_s": None,
        "reason": None,
        "cache_key": None,
        "metrics": {},
        "outputs": [],
        "needs": [],
        "started_at": None,
        "ended_at": None,
        "error": None,
        "cpu_s": None,
        "peak_memory_bytes": None,
        "log_bytes": None,
        "source_run_id": None,
        **fields,
    }


def run_document(run_id: str, status: str, *steps: Document, **fields: Any) -> Document:
    """Return a run."""
    return {
        "run_id": run_id,
        "pipeline": "nightly",
        "status": status,
        "scheduled_time": "2013-07-10T02:00:00-04:00",
        "trigger": {"kind": "manual"},
        "params": {},
        "started_at": "2026-01-02T12:00:00.000+00:00",
        "ended_at": "2026-01-02T12:00:03.500+00:00"
        if status not in ("queued", "running")
        else None,
        "error": None,
        "steps": list(steps),
        **fields,
    }


def status_document(**fields: Any) -> Document:
    """Return the daemon's status."""
    return {
        "pid": 4242,
        "version": "0.1.0",
        "home": "/srv/home",
        "started_at": "2026-01-02T12:00:00.000+00:00",
        "state": "running",
        "detail": None,
        "pipelines": 2,
        "runs": {"queued": 0, "running": 1},
        "slots": {
            "cpus": {"total": 2, "used": 1},
            "memory_bytes": {"total": 4294967296, "used": 0},
            "gpus": {"total": [0, 1], "used": [0]},
        },
        "tasks": [{"name": "scheduler", "state": "running", "restarts": 0, "error": None}],
        "store": {
            "path": "/srv/home/store.db",
            "size_bytes": 2048,
            "events": 9,
            "sqlite_version": "3.40.1",
            "schema": "0001",
        },
        "last_event": 0,
        **fields,
    }


class ScriptedDaemon:
    """Serves a scripted world; it can be stopped and started again on the same socket.

    Attributes:
        answers: document by ``"GET /path"``, or a function of the query that makes it; one with
            an ``error`` key is sent with ``failures``.
        failures: HTTP status by ``"GET /path"`` for answers that are errors.
        events: the history that ``/events`` serves.
        logs: bytes by (run, step, attempt).
        gaps: offsets (from, to) of the bytes of a log that are gone, by the same keys.
        asked: every request as (method, path, query, body).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[str, Any] = {
            "GET /status": status_document(),
            "GET /pipelines": {"pipelines": []},
            "GET /notifications/targets": {"targets": []},
        }
        self.failures: dict[str, int] = {}
        self.events: list[Document] = []
        self.logs: dict[tuple[str, str, int], bytes] = {}
        self.gaps: dict[tuple[str, str, int], tuple[int, int]] = {}
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []
        self.changed = threading.Condition()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve."""
        self.path.unlink(missing_ok=True)
        self._server = _Server(str(self.path), _Handler)
        self._server.world = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        """Hang up on everybody and serve no more."""
        if self._server is None or self._thread is None:
            return
        with self.changed:
            self._server.stopping = True
            self.changed.notify_all()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.path.unlink(missing_ok=True)
        self._server = None

    def put_run(self, run: Document) -> None:
        """Make this the state of its run, and of ``latest``."""
        self.answers[f"GET /runs/{run['run_id']}"] = run
        self.answers["GET /runs/latest"] = run

    def advance(self, run: Document, kind: str = "attempt_finished") -> None:
        """Make this the state of its run and publish an event that says so."""
        self.put_run(run)
        changes = {"run": run["status"], "steps": {s["id"]: s["status"] for s in run["steps"]}}
        self.publish(kind, run_id=run["run_id"], pipeline=run["pipeline"], changes=changes)

    def publish(self, kind: str, **fields: Any) -> None:
        """Append an event."""
        with self.changed:
            event = {
                "seq": len(self.events) + 1,
                "at": "2026-01-02T12:00:00.000+00:00",
                "kind": kind,
                "run_id": None,
                "step": None,
                "attempt": None,
                "pipeline": None,
                "data": {},
                "changes": {"run": None, "steps": {}},
                **fields,
            }
            self.events.append(event)
            self.changed.notify_all()

    def fail(self, request: str, status: int, message: str, **fields: Any) -> None:
        """Answer a request with an error."""
        self.failures[request] = status
        self.answers[request] = {"error": {"code": "refused", "message": message, **fields}}

    def writes(self, run_id: str, step: str, attempt: int) -> bool:
        """Tell whether an attempt is under way, so that its log may still grow."""
        run = self.answers.get(f"GET /runs/{run_id}", {"steps": []})
        return any(
            (one["id"], one["attempt"], one["status"]) == (step, attempt, "running")
            for one in run["steps"]
        )

    def after(self, number: int, query: Mapping[str, str]) -> list[Document]:
        """Return the events above a number that a query wants."""
        kinds = query["kind"].split(",") if "kind" in query else None
        return [
            event
            for event in self.events[number:]
            if event["run_id"] == query.get("run_id", event["run_id"])
            and event["pipeline"] == query.get("pipeline", event["pipeline"])
            and (kinds is None or event["kind"] in kinds)
            and event["seq"] < int(query.get("before", event["seq"] + 1))
        ]


@contextmanager
def serving(path: Path) -> Iterator[ScriptedDaemon]:
    """Serve a scripted daemon for the length of a block."""
    daemon = ScriptedDaemon(path)
    daemon.start()
    try:
        yield daemon
    finally:
        daemon.stop()


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    world: ScriptedDaemon
    stopping = False  # of this server: the streams of one that was stopped end, whatever follows

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base's name
        """Keep quiet."""

    def _serve(self, method: str) -> None:
        world = self.server.world
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        path = unquote(url.path)
        world.asked.append((method, path, query, body))
        if path == "/events":
            self._events(world, query)
        elif path.endswith("/log") and f"GET {path}" not in world.failures:
            self._log(world, path, query)
        else:
            self._document(world, f"{method} {path}", query)
        self.close_connection = True

    def _document(self, world: ScriptedDaemon, request: str, query: dict[str, str]) -> None:
        if request not in world.answers:
            missing = {"error": {"code": "not_found", "message": f"no {request}", "hint": "look"}}
            self._send(NO_SUCH_THING, json.dumps(missing).encode())
        elif world.answers[request] is None:
            self._send(204, b"")
        else:
            answer = world.answers[request]
            body = json.dumps(answer(query) if callable(answer) else answer).encode()
            self._send(world.failures.get(request, 200), body)

    def _events(self, world: ScriptedDaemon, query: dict[str, str]) -> None:
        after = int(query.get("after", 0))
        if self.headers.get("Accept") == "text/event-stream":
            self._stream(world, after, query)
            return
        limit, found = int(query.get("limit", 1000)), world.after(after, query)
        chosen = found[-limit:] if "before" in query else found[:limit]
        page = {"events": chosen, "last": len(world.events)}
        self._send(200, json.dumps(page).encode())

    def _stream(self, world: ScriptedDaemon, after: int, query: Mapping[str, str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._chunk(b": ping\n\n")
        server = self.server
        while not server.stopping:
            with world.changed:
                while not server.stopping and len(world.events) <= after:
                    world.changed.wait(30)
                found = [] if server.stopping else world.after(after, query)
                after = max(after, len(world.events))
            for event in found:
                text = f"id: {event['seq']}\nevent: {event['kind']}\ndata: {json.dumps(event)}\n\n"
                self._chunk(text.encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _log(self, world: ScriptedDaemon, path: str, query: dict[str, str]) -> None:
        _, _, run_id, _, step, _ = path.split("/")
        attempts = [key[2] for key in world.logs if key[:2] == (run_id, step)]
        attempt = int(query.get("attempt") or max(attempts, default=0))
        key = (run_id, step, attempt)
        if key not in world.logs:
            self._document(world, f"GET {path}", query)
            return
        data, limit = world.logs[key], int(query["limit"])
        start = int(query["offset"])
        start = max(0, len(data) + start) if start < 0 else start
        gap_start, gap_end = world.gaps.get(key, (0, 0))
        if gap_start <= start < gap_end:
            start = gap_end
        stop = start + limit
        if start < gap_start:
            stop = min(stop, gap_start)
        piece = data[start:stop]
        headers = {
            "X-Log-Start": str(start),
            "X-Log-End": str(start + len(piece)),
            "X-Log-Size": str(len(data)),
            "X-Log-Dropped": str(gap_end - gap_start),
            "X-Log-Complete": str(not world.writes(*key)).lower(),
            "X-Log-Attempt": str(attempt),
        }
        self._send(200, piece, headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
