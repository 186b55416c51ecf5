-- Policies: what each has seen of the events, and what it remembers.

-- name: begin_policy
INSERT INTO policy_states (policy, seq, state, at_ms) VALUES (:policy, :seq, '{}', :at_ms)
ON CONFLICT (policy) DO NOTHING

-- name: skip_events
UPDATE policy_states SET seq = max(seq, :seq), at_ms = :at_ms WHERE policy = :policy

-- name: end_policy
DELETE FROM policy_states
WHERE policy = :policy OR substr(policy, 1, length(:policy) + 1) = :policy || ':'

-- name: policy_rows
SELECT policy, seq, state FROM policy_states

-- name: move_policy
UPDATE policy_states SET seq = :seq, state = :state, at_ms = :at_ms
WHERE policy = :policy AND seq = :before

-- name: happened_between
SELECT e.seq, e.at_ms, e.kind, e.run_id, e.pipeline, e.data,
  json_extract(e.changes, '$.run') AS status, r.trigger, r.params, r.error_step, r.error_message,
  r.started_ms, r.ended_ms
FROM events e LEFT JOIN runs r ON r.run_id = e.run_id
WHERE e.seq > :after AND e.seq <= :until
  AND (e.kind IN (SELECT value FROM json_each(:kinds))
    OR (:ends AND json_extract(e.changes, '$.run') IN ('succeeded', 'failed')))
ORDER BY e.seq LIMIT :limit
