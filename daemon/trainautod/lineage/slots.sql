-- Slots: instants at which a pipeline's schedules fire, each with what became of it.

-- name: claim_slot
INSERT INTO slots (pipeline, slot_ms, cron, state, reason, run_id, at_ms)
VALUES (:pipeline, :slot_ms, :cron, :state, :reason, :run_id, :at_ms)
ON CONFLICT DO NOTHING
