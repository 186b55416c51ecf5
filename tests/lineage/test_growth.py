"""Tables that grow for years are looked into by an index that answers all that is asked."""

import re
import sqlite3

import pytest

from trainautod.lineage.queries import sql


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("drift_reports_of_content", "drift_reports_path_digest_id (path=? AND digest=?)"),
        ("drift_reports_of_before", "drift_reports_path_id (path=? AND id<?)"),
        ("messages_in_state", "outbox_state_id (state=?)"),
        ("newest_sent", "outbox_state_target_id (state=? AND target=?)"),
        ("newest_error", "outbox_state_target_id (state=? AND target=?)"),
        ("waiting_messages", "outbox_state_target_id (state=? AND target=?)"),
        ("waiting_targets", "outbox_state_target_id (state=?)"),
        ("sent_since", "outbox_target_ended_ms (target=? AND ended_ms>?)"),
        ("cause_event", "causes_1 (kind=? AND key=?)"),
        ("happened_between", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        ("events_worth_telling", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
    ],
)
def test_a_statement_searches_an_index(
    connection: sqlite3.Connection, name: str, index: str
) -> None:
    query = dict.fromkeys(re.findall(r":(\w+)", sql(name)), "[]")
    plan = connection.execute("EXPLAIN QUERY PLAN " + sql(name), query).fetchall()
    told = [row["detail"] for row in plan]
    assert told[0].startswith("SEARCH")
    assert index in told[0]
    assert not any("TEMP B-TREE" in line for line in told)
