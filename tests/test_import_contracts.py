"""What importing a part brings with it, asked of a fresh interpreter.

The contracts between packages are checked on the source as well; this sees what third-party
packages drag in.
"""

import json
import subprocess
import sys

import pytest

PROBE = """
import importlib, json, sys
before = set(sys.modules)  # a path file of the environment may have loaded something
for name in sys.argv[1:]:
    importlib.import_module(name)
print(json.dumps(sorted({module.partition(".")[0] for module in set(sys.modules) - before})))
"""
DAEMON = ("trainautod.main", "trainautod.api.app", "trainautod.api.server",
          "trainautod.runtime.daemon")  # fmt: skip
OWN = {"trainautod", "trainauto_tui"}


def brought_in_by(*modules: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *modules],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(json.loads(done.stdout))


def test_the_daemon_loads_no_toolkit_and_nothing_that_it_keeps_for_life_in_vain() -> None:
    found = brought_in_by(*DAEMON)
    assert "starlette" in found
    assert not found & {
        "trainauto_tui", "textual", "rich", "plotext", "pandas", "numpy", "sqlite_utils", "sklearn",
        "fastapi",
    }  # fmt: skip


def test_the_daemon_takes_its_lock_before_it_loads_anything_heavy() -> None:
    found = brought_in_by("trainautod.main")
    assert not found & {"pydantic", "starlette", "uvicorn", "ruamel", "watchfiles", "apscheduler"}


@pytest.mark.parametrize(
    "module",
    [
        "trainauto_tui.client",
        "trainauto_tui.cli",
        "trainauto_tui.cli.program",
        "trainauto_tui.commands",
        "trainautod.home",
        "trainautod.engine",
        "trainautod.execution.shim.server",
    ],
)
def test_a_light_part_is_standard_library_alone(module: str) -> None:
    foreign = brought_in_by(module) - OWN - sys.stdlib_module_names
    assert not {name for name in foreign if not name.startswith("_")}


@pytest.mark.parametrize("package", ["spec.reader", "planning.code", "planning.key", "engine"])
def test_a_pure_package_loads_neither_a_store_nor_a_network(package: str) -> None:
    found = brought_in_by(f"trainautod.{package}")
    assert not found & {"sqlite3", "asyncio", "starlette", "psutil", "ssl"}
