-- Backfills: ranges of slots that somebody wants run, and what became of each slot.

-- name: add_backfill
INSERT INTO backfills (backfill, pipeline, request, state, actor, at_ms)
VALUES (:backfill, :pipeline, :request, 'running', :actor, :at_ms)

-- name: add_backfill_slot
INSERT INTO backfill_slots (backfill, slot_ms, slot, cron, zone, position, known, state, reason)
VALUES (:backfill, :slot_ms, :slot, :cron, :zone, :position, :known, :state, :reason)

-- name: backfill_row
SELECT * FROM backfills WHERE backfill = :backfill

-- name: backfills_beginning_with
SELECT backfill FROM backfills WHERE substr(backfill, 1, length(:prefix)) = :prefix
ORDER BY backfill LIMIT 2

-- name: latest_backfill
SELECT max(backfill) AS backfill FROM backfills

-- name: newest_backfills
SELECT * FROM backfills WHERE :pipeline IS NULL OR pipeline = :pipeline
ORDER BY backfill DESC LIMIT :limit

-- name: running_backfills
SELECT * FROM backfills WHERE state = 'running' ORDER BY backfill

-- name: unended_backfills
SELECT * FROM backfills AS b
WHERE state = 'running' OR (state = 'stopped' AND backfill = (
  SELECT max(backfill) FROM backfills WHERE pipeline = b.pipeline
))
ORDER BY backfill

-- name: runs_of_instants
SELECT scheduled_ms, run_id, status FROM runs
WHERE pipeline = :pipeline AND scheduled_ms BETWEEN :first AND :last
ORDER BY scheduled_ms, run_id

-- name: instants_that_wait
SELECT slot_ms FROM slots
WHERE pipeline = :pipeline AND slot_ms BETWEEN :first AND :last
  AND state IN ('queued', 'replacing')

-- name: slots_of_backfill
SELECT s.slot, s.state, s.reason, s.run_id, r.status, r.error_step, r.error_message
FROM backfill_slots s LEFT JOIN runs r ON r.run_id = s.run_id
WHERE s.backfill = :backfill ORDER BY s.position

-- name: counts_of_backfill
SELECT s.state, r.status, count(*) AS count
FROM backfill_slots s LEFT JOIN runs r ON r.run_id = s.run_id
WHERE s.backfill = :backfill GROUP BY s.state, r.status

-- name: live_runs_of_backfill
SELECT s.run_id FROM backfill_slots s JOIN runs r ON r.run_id = s.run_id
WHERE s.backfill = :backfill AND s.state IN ('running', 'withdrawn')
  AND r.status IN ('queued', 'running')
ORDER BY s.position

-- name: withdraw_backfill_slots
UPDATE backfill_slots SET state = 'withdrawn'
WHERE backfill = :backfill AND state = 'running' AND run_id IN (
  SELECT run_id FROM runs WHERE status IN ('queued', 'running')
)

-- name: return_backfill_slots
UPDATE backfill_slots SET state = 'waiting', known = known + 1
WHERE backfill = :backfill AND state = 'withdrawn' AND EXISTS (
  SELECT 1 FROM runs r WHERE r.run_id = backfill_slots.run_id AND r.status = 'cancelled'
)

-- name: settle_backfill_slots
UPDATE backfill_slots SET state = 'done'
WHERE backfill = :backfill AND state IN ('running', 'withdrawn') AND run_id NOT IN (
  SELECT run_id FROM runs WHERE status IN ('queued', 'running')
)

-- name: next_backfill_slot
SELECT slot_ms, slot, cron, zone, position, known, reason, run_id FROM backfill_slots
WHERE backfill = :backfill AND state = 'waiting'
  AND EXISTS (SELECT 1 FROM backfills b WHERE b.backfill = :backfill AND b.state = 'running')
ORDER BY position LIMIT 1

-- name: take_backfill_slot
UPDATE backfill_slots SET state = 'running', run_id = :run_id
WHERE backfill = :backfill AND slot_ms = :slot_ms AND state = 'waiting'
  AND EXISTS (SELECT 1 FROM backfills b WHERE b.backfill = :backfill AND b.state = 'running')

-- name: skip_backfill_slot
UPDATE backfill_slots SET state = 'skipped', reason = :reason
WHERE backfill = :backfill AND slot_ms = :slot_ms AND state = 'waiting'

-- name: stop_backfill
UPDATE backfills SET state = 'stopped', reason = :reason
WHERE backfill = :backfill AND state = 'running' AND EXISTS (
  SELECT 1 FROM backfill_slots s
  WHERE s.backfill = :backfill AND s.state IN ('waiting', 'withdrawn')
)

-- name: resume_backfill
UPDATE backfills SET state = 'running', reason = NULL
WHERE backfill = :backfill AND state = 'stopped'

-- name: end_backfill
UPDATE backfills SET state = 'ended', ended_ms = :at_ms
WHERE backfill = :backfill AND state = 'running' AND NOT EXISTS (
  SELECT 1 FROM backfill_slots s WHERE s.backfill = :backfill AND s.state = 'waiting'
)
