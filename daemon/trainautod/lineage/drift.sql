-- Drift: the files that are watched with how far each was judged, and the reports read from them.

-- name: drift_source
SELECT * FROM drift_sources WHERE path = :path

-- name: put_drift_source
INSERT INTO drift_sources
    (path, position, digest, history, rewritten, last_good, good_ms, reason, trouble, told, at_ms)
VALUES (
    :path, :position, :digest, :history, :rewritten, :last_good, :good_ms, :reason, :trouble,
    :told, :at_ms
)
ON CONFLICT (path) DO UPDATE SET
    position = :position, digest = :digest, history = :history, rewritten = :rewritten,
    last_good = :last_good, good_ms = :good_ms, reason = :reason, trouble = :trouble,
    told = :told, at_ms = :at_ms

-- name: drift_sources_at
SELECT * FROM drift_sources WHERE path IN (SELECT value FROM json_each(:paths))

-- name: drift_good_times
SELECT path, good_ms FROM drift_sources WHERE good_ms IS NOT NULL

-- name: drift_reports_of_content
SELECT digest, id FROM drift_reports
WHERE path = :path AND digest IN (SELECT value FROM json_each(:digests))
ORDER BY digest, id

-- name: add_drift_report
INSERT INTO drift_reports (path, position, digest, score, features, document, at_ms)
VALUES (:path, :position, :digest, :score, :features, :document, :at_ms)

-- name: drift_reports_numbered
SELECT * FROM drift_reports WHERE id IN (SELECT value FROM json_each(:ids))

-- name: drift_reports_before
SELECT * FROM drift_reports WHERE id < :before ORDER BY id DESC LIMIT :limit

-- name: drift_reports_of_before
SELECT * FROM drift_reports WHERE path = :path AND id < :before ORDER BY id DESC LIMIT :limit
