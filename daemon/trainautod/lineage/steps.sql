-- Named statements about one step of a run, and its attempts.

-- name: step_of_run
SELECT s.*, a.exit_code, a.duration_s, a.cpu_s, a.peak_memory_bytes, a.log_bytes,
  a.started_ms, a.ended_ms
FROM steps s
LEFT JOIN attempts a ON a.run_id = s.run_id AND a.step = s.step AND a.attempt = s.attempt
WHERE s.run_id = :run_id AND s.step = :step

-- name: instances_of_run
SELECT step, step_group FROM steps WHERE run_id = :run_id AND step_group IS NOT NULL
ORDER BY position, rowid

-- name: attempts_of_step
SELECT * FROM attempts WHERE run_id = :run_id AND step = :step ORDER BY attempt

-- name: uses_of_attempt
SELECT role, path, digest FROM uses
WHERE run_id = :run_id AND step = :step AND attempt = :attempt ORDER BY role DESC, path

-- name: metrics_after
SELECT position, name, value, at_step FROM metrics
WHERE run_id = :run_id AND step = :step AND attempt = :attempt AND position > :after
ORDER BY position LIMIT :limit
