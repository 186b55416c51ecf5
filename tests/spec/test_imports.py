"""What importing the package costs, and what it pulls in."""

import subprocess
import sys

import trainautod.spec as spec


def _modules_after(statement: str) -> set[str]:
    script = f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_small_names_are_had_without_the_yaml_and_model_libraries() -> None:
    for statement in (
        "import trainautod.spec",
        "from trainautod.spec import Day, Problem, SpecInvalid",
        "from trainautod.spec.cron import Cron",
        "from trainautod.spec import Expression, Template",
    ):
        loaded = _modules_after(statement)
        assert not loaded & {"pydantic", "ruamel.yaml"}, statement


def test_loading_needs_neither_the_store_nor_the_network_nor_pandas() -> None:
    loaded = _modules_after("from trainautod.spec import load, json_schema")
    assert not loaded & {"pandas", "sqlite3", "sqlite_utils", "fastapi", "textual", "asyncio"}


def test_every_public_name_is_there() -> None:
    for name in spec.__all__:
        assert getattr(spec, name).__doc__, name
    assert not hasattr(spec, "nothing_of_that_name")
