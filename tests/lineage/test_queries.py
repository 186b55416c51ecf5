"""Every named statement is one that SQLite understands and that somebody uses."""

import re
import sqlite3
from importlib import resources
from pathlib import Path

import pytest

import trainautod
from trainautod.lineage.queries import sql, statements

SOURCES = Path(trainautod.__file__).parent
NAMES = sorted(statements())


@pytest.mark.parametrize("name", NAMES)
def test_a_statement_fits_the_schema(connection: sqlite3.Connection, name: str) -> None:
    parameters = dict.fromkeys(re.findall(r":(\w+)", sql(name)))
    connection.execute(f"EXPLAIN {sql(name)}", parameters)


def test_every_statement_is_used() -> None:
    code = "\n".join(path.read_text() for path in SOURCES.rglob("*.py"))
    assert [name for name in NAMES if f'sql("{name}")' not in code] == []


def test_every_statement_that_is_used_exists() -> None:
    code = "\n".join(path.read_text() for path in SOURCES.rglob("*.py"))
    assert set(re.findall(r'\bsql\("(\w+)"\)', code)) - set(NAMES) == set()


def test_names_are_given_once() -> None:
    files = [f for f in resources.files("trainautod.lineage").iterdir() if f.name.endswith(".sql")]
    text = "\n".join(file.read_text("utf-8") for file in files)
    assert len(re.findall(r"^-- name: ", text, re.MULTILINE)) == len(NAMES)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError, match="no_such_statement"):
        sql("no_such_statement")
