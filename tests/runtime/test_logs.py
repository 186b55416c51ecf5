"""The daemon's log: a line of JSON per message, private, rotated."""

import json
import logging
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

from trainautod.runtime.logs import JsonFormatter

CONFIGURED = """
import logging, sys
from pathlib import Path
from trainautod.runtime import logs

logs.MAX_BYTES = int(sys.argv[3])
logs.configure(Path(sys.argv[1]), foreground=sys.argv[2] == "yes")
log = logging.getLogger("trainautod.runtime.daemon")
for number in range(int(sys.argv[4])):
    log.info("message %d", number, extra={"action": "test", "number": number})
logging.getLogger("uvicorn.access").info("GET /status")
logging.getLogger("watchfiles.main").info("1 change detected")
log.debug("too much")
"""


def line(**fields: Any) -> dict[str, Any]:
    """A record as the formatter writes it."""
    plain = {"name": "trainautod.runtime", "levelname": "INFO", "msg": "hello", "created": 1.5}
    text = JsonFormatter().format(logging.makeLogRecord(plain | fields))
    assert "\n" not in text
    found: dict[str, Any] = json.loads(text)
    return found


def configure(path: Path, foreground: str, max_bytes: int, count: int) -> str:
    """Write messages in a process of its own; return what it wrote to stderr."""
    command = [sys.executable, "-c", CONFIGURED, str(path), foreground, str(max_bytes), str(count)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


class TestLines:
    def test_say_when_how_bad_and_where(self) -> None:
        assert line() == {
            "at": "1970-01-01T00:00:01.500+00:00",
            "level": "info",
            "logger": "trainautod.runtime",
            "message": "hello",
        }

    def test_fill_in_arguments(self) -> None:
        assert line(msg="%d runs of %s", args=(3, "größe"))["message"] == "3 runs of größe"

    def test_carry_what_was_given_with_the_message(self) -> None:
        found = line(action="adopt", run_id="run", count=3)
        assert (found["action"], found["run_id"], found["count"]) == ("adopt", "run", 3)

    def test_hold_values_that_json_does_not_know(self) -> None:
        found = line(path=Path("/p"), steps={"b"}, error=ValueError("no"))
        assert (found["path"], found["steps"], found["error"]) == ("/p", "{'b'}", "no")

    def test_stay_one_line_whatever_the_message(self) -> None:
        assert line(msg="a\nb\r\n\x00")["message"] == "a\nb\r\n\x00"

    def test_carry_the_traceback_of_an_exception(self) -> None:
        try:
            raise ValueError("broken")
        except ValueError:
            found = line(exc_info=sys.exc_info())
        assert found["traceback"].startswith("Traceback")
        assert found["traceback"].endswith("ValueError: broken")


class TestFile:
    def test_is_private_and_leaves_out_chatter(self, tmp_path: Path) -> None:
        path = tmp_path / "daemon.log"
        assert configure(path, "no", 1 << 20, 3) == ""
        lines = [json.loads(text) for text in path.read_text().splitlines()]
        assert [(found["message"], found["number"]) for found in lines] == [
            ("message 0", 0),
            ("message 1", 1),
            ("message 2", 2),
        ]
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_is_told_on_stderr_too_in_the_foreground(self, tmp_path: Path) -> None:
        told = configure(tmp_path / "daemon.log", "yes", 1 << 20, 2)
        first, second = told.splitlines()
        assert first.endswith("message 0")
        assert second.endswith("message 1")

    def test_is_rotated_and_the_oldest_is_forgotten(self, tmp_path: Path) -> None:
        path = tmp_path / "daemon.log"
        configure(path, "no", 2_000, 200)
        files = sorted(p.name for p in tmp_path.iterdir())
        assert files == ["daemon.log", *(f"daemon.log.{n}" for n in range(1, 6))]
        assert all(p.stat().st_size <= 2_000 for p in tmp_path.iterdir())
        assert json.loads(path.read_text().splitlines()[-1])["number"] == 199

    def test_goes_on_where_the_last_daemon_stopped(self, tmp_path: Path) -> None:
        for _ in range(2):
            configure(tmp_path / "daemon.log", "no", 1 << 20, 1)
        assert len((tmp_path / "daemon.log").read_text().splitlines()) == 2
