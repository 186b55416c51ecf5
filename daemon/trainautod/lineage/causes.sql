-- Causes: what may happen once only, by a key of its own, with the event that tells it.

-- name: claim_cause
INSERT INTO causes (kind, key, seq, at_ms) VALUES (:kind, :key, :seq, :at_ms)
ON CONFLICT DO NOTHING

-- name: cause_event
SELECT seq FROM causes WHERE kind = :kind AND key = :key

-- name: newest_versions
SELECT model, max(version) AS version, max(created_ms) AS created_ms FROM versions
GROUP BY model ORDER BY model

-- name: added_ms_of
SELECT added_ms FROM pipelines WHERE name = :name
