-- The outbox: messages to people, each with what became of it. `test` messages go by themselves.

-- name: cursor_of
SELECT seq FROM cursors WHERE name = :name

-- name: move_cursor
INSERT INTO cursors (name, seq) VALUES (:name, :seq)
ON CONFLICT (name) DO UPDATE SET seq = excluded.seq

-- name: events_worth_telling
SELECT * FROM events
WHERE seq > :after AND seq <= :until
  AND (kind IN (SELECT value FROM json_each(:kinds))
       OR json_extract(changes, '$.run') IN (SELECT value FROM json_each(:ends)))
ORDER BY seq LIMIT :limit

-- name: add_message
INSERT INTO outbox (key, target, kind, pipeline, run_id, seq, message, state, tries, due_ms, at_ms)
VALUES (:key, :target, :kind, :pipeline, :run_id, :seq, :message, 'pending', 0, :at_ms, :at_ms)
ON CONFLICT DO NOTHING

-- name: waiting_targets
SELECT target, count(*) AS count FROM outbox
WHERE state = 'pending' AND kind != 'test' GROUP BY target

-- name: waiting_messages
SELECT id, kind, tries, due_ms, at_ms FROM outbox
WHERE target = :target AND state = 'pending' AND kind != 'test' ORDER BY id

-- name: waiting_tests
SELECT id FROM outbox WHERE state = 'pending' AND kind = 'test' ORDER BY id

-- name: sent_since
SELECT kind, ended_ms FROM outbox
WHERE target = :target AND ended_ms > :since_ms AND state = 'sent' AND kind != 'test'

-- name: newest_sent
SELECT id FROM outbox WHERE target = :target AND state = 'sent' ORDER BY id DESC LIMIT 1

-- name: newest_error
SELECT error FROM outbox
WHERE target = :target AND state = 'pending' AND kind != 'test' AND error IS NOT NULL
ORDER BY id DESC LIMIT 1

-- name: given_up
SELECT target, count(*) AS count, max(id), error FROM outbox
WHERE state = 'failed' AND ended_ms > :since_ms AND kind != 'test' GROUP BY target

-- name: message_row
SELECT * FROM outbox WHERE id = :id

-- name: messages_to_merge
SELECT id, kind, pipeline, run_id, message FROM outbox
WHERE target = :target AND state = 'pending' AND kind NOT IN ('test', 'digest') AND tries = 0
ORDER BY id

-- name: merge_messages
UPDATE outbox SET state = 'merged', digest = :digest, ended_ms = :at_ms
WHERE target = :target AND state = 'pending' AND kind NOT IN ('test', 'digest') AND tries = 0

-- name: message_sent
UPDATE outbox SET state = 'sent', tries = tries + 1, error = NULL, ended_ms = :at_ms
WHERE id = :id

-- name: message_put_off
UPDATE outbox SET tries = tries + 1, error = :error, due_ms = :due_ms WHERE id = :id

-- name: message_failed
UPDATE outbox SET state = 'failed', tries = tries + 1, error = :error, ended_ms = :at_ms
WHERE id = :id

-- name: messages
SELECT * FROM outbox ORDER BY id DESC LIMIT :limit

-- name: messages_in_state
SELECT * FROM outbox WHERE state = :state ORDER BY id DESC LIMIT :limit

-- name: messages_numbered
SELECT * FROM outbox WHERE id IN (SELECT value FROM json_each(:ids)) ORDER BY id
