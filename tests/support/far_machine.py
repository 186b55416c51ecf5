"""Another machine that is this one: an ``ssh`` for the PATH that runs the command right here.

It takes the same options as the real one, so that a link can be tested where there is no ``sshd``.
"""

import os
import shlex
import sys
from pathlib import Path

SSH = """\
#!/bin/sh
printf '%s\\n' "$@" > {words}
while [ "$1" != -- ]; do shift; done
shift 2
PATH={far}
export PATH
{before}
exec /bin/sh -c "exec $1"
"""
TRAINAUTO = """\
#!/bin/sh
PYTHONPATH={modules}
export PYTHONPATH
exec {python} -c 'import sys; from trainauto_tui.cli import main; sys.exit(main())' "$@"
"""


def executable(path: Path, text: str) -> Path:
    """Write a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def trainauto_program(folder: Path) -> Path:
    """Write the command line of this interpreter's ``trainauto`` and return its path."""
    modules = shlex.quote(os.environ.get("PYTHONPATH", ""))
    python = shlex.quote(sys.executable)
    return executable(folder / "trainauto", TRAINAUTO.format(python=python, modules=modules))


class FarMachine:
    """One such machine.

    Args:
        folder: where its programs live.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._words = folder / "words"
        self.path = f"{folder / 'near'}{os.pathsep}{os.environ['PATH']}"
        trainauto_program(folder / "far")
        self.before("")

    def before(self, script: str) -> None:
        """Let ``ssh`` do this first, instead of what it does if it ends there."""
        text = SSH.format(
            words=self._words, far=f"{self._folder / 'far'}:/usr/bin:/bin", before=script
        )
        executable(self._folder / "near" / "ssh", text)

    def without_trainauto(self) -> None:
        """Take ``trainauto`` away."""
        (self._folder / "far" / "trainauto").unlink()

    def words(self) -> list[str]:
        """Return what ``ssh`` was called with last."""
        return self._words.read_text().splitlines()
