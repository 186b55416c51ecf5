"""The daemon's own log: one JSON object per line, rotated."""

import json
import logging
import logging.handlers
from pathlib import Path
from typing import Any

from trainautod.lineage.times import iso_from_ms

MAX_BYTES = 10 << 20
BACKUPS = 5
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Writes time, level, logger, message, and whatever ``extra`` carries."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        told: dict[str, Any] = {
            "at": iso_from_ms(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        told |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, default=str)


def configure(path: Path, *, foreground: bool) -> None:
    """Send the daemon's log to ``path``, and to stderr as well in the foreground."""
    rotating = logging.handlers.RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=BACKUPS)
    path.chmod(0o600)
    handlers: list[logging.Handler] = [rotating]
    if foreground:
        handlers.append(logging.StreamHandler())
    rotating.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    for noisy in ("uvicorn.access", "uvicorn.error", "watchfiles.main", "apscheduler"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
