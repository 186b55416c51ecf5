"""Light verbs stay light: a person waits for each of them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.scripted_daemon import ScriptedDaemon, run_document, step_document

HEAVY = {"textual", "rich", "pandas", "numpy", "pydantic", "sqlite_utils", "ruamel", "shtab"}
SLOW = {"http.client", "email", "ssl", "asyncio", "inspect", "dataclasses", "subprocess"}
PROBE = """
import json, sys
from trainauto_tui.cli import main
code = main(sys.argv[1:])
sys.stdout.flush()
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
sys.exit(code)
"""
NODE = {"kind": "run", "id": "r", "label": "n", "detail": "", "at": None, "status": "failed"}
COMMANDS = [
    ["status"],
    ["pipelines"],
    ["runs"],
    ["show", "r"],
    ["logs", "r"],
    ["models"],
    ["lineage", "r"],
    ["events"],
    ["run", "nightly"],
    ["cancel", "r"],
    ["plan", "nightly"],
]


def imported_by(home: Path, *words: str) -> set[str]:
    outcome = subprocess.run(
        [sys.executable, "-c", PROBE, "--home", str(home), "--no-start", *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(outcome.stderr.splitlines()[-1]))


@pytest.mark.parametrize("words", COMMANDS, ids=[words[0] for words in COMMANDS])
def test_a_verb_that_asks_the_daemon_imports_nothing_heavy(
    daemon: ScriptedDaemon, home: Path, words: list[str]
) -> None:
    run = run_document("r", "succeeded", step_document("a", "succeeded"))
    daemon.put_run(run)
    daemon.logs["r", "a", 1] = b"hello\n"
    daemon.answers |= {
        "GET /pipelines": {"pipelines": []},
        "GET /runs": {"runs": [run], "next": None},
        "GET /models": [],
        "GET /lineage": {"node": NODE, "up": [], "down": [NODE]},
        "POST /runs": run,
        "POST /runs/r/cancel": run,
        "POST /plan": {"pipeline": "nightly", "scheduled_time": None, "steps": []},
    }
    modules = imported_by(home, *words)
    assert not {name for name in modules if name.partition(".")[0] in HEAVY}
    assert not modules & SLOW


def test_only_the_module_of_the_typed_verb_is_imported(daemon: ScriptedDaemon, home: Path) -> None:
    modules = imported_by(home, "status")
    verbs = {name for name in modules if name.startswith("trainauto_tui.cli.verbs.")}
    assert verbs == {"trainauto_tui.cli.verbs.status"}
    assert not {name for name in modules if name.startswith("trainautod.") and name.count(".") > 1}
