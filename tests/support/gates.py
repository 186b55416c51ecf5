"""Commands that go on when the test says so."""

from pathlib import Path


class Gate:
    """Holds up a step until it is opened."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        """Return the shell command that waits here."""
        return f"while [ ! -e {self._path} ]; do sleep 0.02; done"

    def open(self) -> None:
        """Let every step that waits here go on."""
        self._path.touch()
