-- Slots: instants at which a pipeline's schedules fire, each with what became of it; and schedules,
-- each with up to when its slots were dealt with.

-- name: claim_slot
INSERT INTO slots (pipeline, slot_ms, cron, zone, state, reason, run_id, at_ms)
VALUES (:pipeline, :slot_ms, :cron, :zone, :state, :reason, :run_id, :at_ms)
ON CONFLICT DO NOTHING

-- name: end_wait
UPDATE slots SET state = :state, reason = :reason, run_id = :run_id, at_ms = :at_ms
WHERE pipeline = :pipeline AND slot_ms = :slot_ms AND state IN ('queued', 'replacing')

-- name: waiting_pipelines
SELECT DISTINCT pipeline FROM slots WHERE state IN ('queued', 'replacing')

-- name: waiting_slots
SELECT pipeline, slot_ms, cron, zone, state FROM slots
WHERE pipeline = :pipeline AND state IN ('queued', 'replacing') ORDER BY slot_ms

-- name: claimed_slots
SELECT slot_ms FROM slots
WHERE pipeline = :pipeline AND slot_ms > :after_ms AND slot_ms <= :until_ms

-- name: live_runs_by_clock
SELECT run_id FROM runs
WHERE pipeline = :pipeline AND trigger_kind = 'cron' AND status IN ('queued', 'running')
ORDER BY run_id

-- name: all_schedules
SELECT pipeline, cron, zone, seen_ms FROM schedules

-- name: put_schedule
INSERT INTO schedules (pipeline, cron, zone, seen_ms) VALUES (:pipeline, :cron, :zone, :seen_ms)
ON CONFLICT DO UPDATE SET seen_ms = excluded.seen_ms

-- name: remove_schedule
DELETE FROM schedules WHERE pipeline = :pipeline AND cron = :cron AND zone = :zone
