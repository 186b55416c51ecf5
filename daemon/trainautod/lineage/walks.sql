-- Named statements that go from one thing to the next: from data to runs, from runs to models.
-- Each walks an index in the order in which it answers, so that a long history costs nothing.

-- name: steps_shown_of_run
SELECT s.run_id, s.step FROM steps s
WHERE s.run_id = :run_id AND (NOT s.foreach OR NOT EXISTS (
  SELECT 1 FROM steps i WHERE i.run_id = s.run_id AND i.step_group = s.step))
ORDER BY s.position, s.rowid LIMIT :limit

-- name: inputs_of_run
SELECT u.digest, min(u.path) AS path, u.role, NULL AS size FROM uses u
WHERE u.run_id = :run_id AND u.role = 'input' GROUP BY u.digest ORDER BY 2 LIMIT :limit

-- name: runs_reused_by_run
SELECT r.* FROM runs r WHERE r.run_id IN (
  SELECT source_run FROM steps WHERE run_id = :run_id AND source_run IS NOT NULL)
ORDER BY r.run_id DESC LIMIT :limit

-- name: runs_reusing_run
SELECT r.* FROM runs r WHERE r.run_id IN (SELECT run_id FROM steps WHERE source_run = :run_id)
ORDER BY r.run_id DESC LIMIT :limit

-- name: step_with_pipeline
SELECT s.run_id, s.step, s.status, s.cached, s.attempt, s.source_run, s.source_step,
  s.source_attempt, r.pipeline, r.scheduled_time, a.started_ms
FROM steps s
JOIN runs r ON r.run_id = s.run_id
LEFT JOIN attempts a ON a.run_id = s.run_id AND a.step = s.step AND a.attempt = s.attempt
WHERE s.run_id = :run_id AND s.step = :step

-- name: steps_reusing_step
SELECT run_id, step FROM steps WHERE source_run = :run_id AND source_step = :step
ORDER BY run_id DESC LIMIT :limit

-- name: files_used_by_attempt
SELECT u.digest, u.path, u.role,
  (SELECT size FROM artifacts a WHERE a.digest = u.digest LIMIT 1) AS size
FROM uses u WHERE u.run_id = :run_id AND u.step = :step AND u.attempt = :attempt
ORDER BY u.role DESC, u.path LIMIT :limit

-- name: files_made_by_attempt
SELECT digest, path, 'output' AS role, size FROM artifacts
WHERE run_id = :run_id AND step = :step AND attempt = :attempt ORDER BY path LIMIT :limit

-- name: file_made
SELECT digest, path, 'output' AS role, size FROM artifacts
WHERE digest = :digest ORDER BY run_id DESC, step DESC LIMIT 1

-- name: file_used
SELECT digest, path, role, NULL AS size FROM uses
WHERE digest = :digest ORDER BY run_id DESC, step DESC LIMIT 1

-- name: steps_that_made_file
SELECT DISTINCT run_id, step FROM artifacts
WHERE digest = :digest ORDER BY run_id DESC, step DESC LIMIT :limit

-- name: steps_that_used_file
SELECT DISTINCT run_id, step FROM uses
WHERE digest = :digest ORDER BY run_id DESC, step DESC LIMIT :limit

-- name: digests_beginning_with
SELECT (SELECT min(digest) FROM artifacts WHERE digest >= :prefix AND digest < :prefix || 'g'),
  (SELECT max(digest) FROM artifacts WHERE digest >= :prefix AND digest < :prefix || 'g'),
  (SELECT min(digest) FROM uses WHERE digest >= :prefix AND digest < :prefix || 'g'),
  (SELECT max(digest) FROM uses WHERE digest >= :prefix AND digest < :prefix || 'g')

-- name: version_row
SELECT * FROM versions WHERE model = :model AND version = :version

-- name: versions_with_file
SELECT * FROM versions WHERE digest = :digest ORDER BY model, version DESC LIMIT :limit

-- name: versions_made_by_step
SELECT * FROM versions WHERE run_id = :run_id AND step = :step ORDER BY model, version LIMIT :limit
