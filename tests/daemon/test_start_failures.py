"""A daemon that cannot start says why, in its log too: a detached one has no other place."""

import subprocess
import sys
from pathlib import Path

from trainautod.home import daemon_log

DEFECT = """
import sys
import trainautod.main as program
def defect(*_): raise LookupError("nobody thought of this")
program.load_config = defect
program.main(["--home", sys.argv[1]])
"""


def test_a_defect_at_the_start_is_logged(home: Path) -> None:
    command = [sys.executable, "-c", DEFECT, str(home)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "nobody thought of this" in ended.stderr
    assert '"action": "start_failed"' in daemon_log(home).read_text()
