-- Named statements of the store; each takes named parameters.

-- name: add_event
INSERT INTO events (at_ms, kind, run_id, step, attempt, pipeline, data, changes)
VALUES (:at_ms, :kind, :run_id, :step, :attempt, :pipeline, :data, :changes)

-- name: events_after
SELECT * FROM events WHERE seq > :after AND seq < :before ORDER BY seq LIMIT :limit

-- name: events_before
SELECT * FROM events WHERE seq > :after AND seq < :before ORDER BY seq DESC LIMIT :limit

-- name: events_of_run_after
SELECT * FROM events
WHERE run_id = :run_id AND seq > :after AND seq < :before
  AND (:pipeline IS NULL OR pipeline = :pipeline)
  AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
ORDER BY seq LIMIT :limit

-- name: events_of_run_before
SELECT * FROM events
WHERE run_id = :run_id AND seq > :after AND seq < :before
  AND (:pipeline IS NULL OR pipeline = :pipeline)
  AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
ORDER BY seq DESC LIMIT :limit

-- name: numbers_of_kind_after
SELECT seq FROM events WHERE kind = :kind AND seq > :after AND seq < :before
ORDER BY seq LIMIT :limit

-- name: numbers_of_kind_before
SELECT seq FROM events WHERE kind = :kind AND seq > :after AND seq < :before
ORDER BY seq DESC LIMIT :limit

-- name: numbers_of_pipeline_after
SELECT seq FROM events
WHERE pipeline = :pipeline AND kind = :kind AND seq > :after AND seq < :before
ORDER BY seq LIMIT :limit

-- name: numbers_of_pipeline_before
SELECT seq FROM events
WHERE pipeline = :pipeline AND kind = :kind AND seq > :after AND seq < :before
ORDER BY seq DESC LIMIT :limit

-- name: events_numbered
SELECT * FROM events WHERE seq IN (SELECT value FROM json_each(:numbers)) ORDER BY seq

-- name: kinds_of_events
WITH RECURSIVE found (kind) AS (
  SELECT min(kind) FROM events
  UNION ALL
  SELECT (SELECT min(kind) FROM events WHERE kind > found.kind) FROM found
  WHERE found.kind IS NOT NULL
)
SELECT kind FROM found WHERE kind IS NOT NULL

-- name: events_of_run
SELECT kind, data FROM events WHERE run_id = :run_id ORDER BY seq

-- name: last_event
SELECT coalesce(max(seq), 0) FROM events

-- name: add_spec
INSERT INTO specs (digest, text) VALUES (:digest, :text) ON CONFLICT (digest) DO NOTHING

-- name: spec_text
SELECT text FROM specs WHERE digest = :digest

-- name: spec_of_run
SELECT r.path, s.text FROM runs r JOIN specs s ON s.digest = r.spec_digest
WHERE r.run_id = :run_id

-- name: add_environment
INSERT INTO environments (digest, manifest) VALUES (:digest, :manifest)
ON CONFLICT (digest) DO NOTHING

-- name: environment_manifest
SELECT manifest FROM environments WHERE digest = :digest

-- name: put_pipeline
INSERT INTO pipelines (name, kind, path, spec_digest, problems, added_ms, updated_ms)
VALUES (:name, :kind, :path, :spec_digest, :problems, :at_ms, :at_ms)
ON CONFLICT (name) DO UPDATE SET
  kind = excluded.kind, path = excluded.path, spec_digest = excluded.spec_digest,
  problems = excluded.problems, updated_ms = excluded.updated_ms

-- name: remove_pipeline
DELETE FROM pipelines WHERE name = :name

-- name: all_pipelines
SELECT p.*, s.text FROM pipelines p JOIN specs s ON s.digest = p.spec_digest ORDER BY p.name

-- name: add_run
INSERT INTO runs (run_id, pipeline, path, spec_digest, status, scheduled_time, trigger,
                  scheduled_ms, trigger_kind, params, options, code, environment, submitted_ms)
VALUES (:run_id, :pipeline, :path, :spec_digest, 'queued', :scheduled_time, :trigger,
        :scheduled_ms, :trigger_kind, :params, :options, :code, NULL, :submitted_ms)

-- name: set_run_status
UPDATE runs SET status = :status, error_step = :error_step, error_message = :error_message,
  started_ms = CASE WHEN :status = 'queued' THEN started_ms ELSE coalesce(started_ms, :at_ms) END,
  ended_ms = CASE WHEN :status IN ('queued', 'running') THEN NULL ELSE :at_ms END
WHERE run_id = :run_id

-- name: give_up_steps
UPDATE steps SET status = 'cancelled'
WHERE run_id = :run_id AND status IN ('pending', 'running') RETURNING step

-- name: succeeded_between
SELECT e.seq, e.run_id, e.step, e.attempt FROM events e
JOIN attempts a ON a.run_id = e.run_id AND a.step = e.step AND a.attempt = e.attempt
WHERE e.seq > :after AND e.seq <= :until AND e.kind = 'attempt_finished'
  AND a.outcome = 'succeeded'
ORDER BY e.seq LIMIT :limit

-- name: open_attempts
SELECT step, attempt FROM attempts WHERE run_id = :run_id AND outcome IS NULL

-- name: add_step
INSERT INTO steps (run_id, step, position, needs, foreach, step_group, status, cached, attempt)
VALUES (:run_id, :step, :position, :needs, :foreach, :step_group, 'pending', 0, 0)

-- name: set_step_status
UPDATE steps SET status = :status, cached = :cached, attempt = :attempt, error = :error
WHERE run_id = :run_id AND step = :step

-- name: set_step_verdict
UPDATE steps SET reason = :reason, cache_key = :cache_key, key_inputs = :key_inputs,
  source_run = :source_run, source_step = :source_step, source_attempt = :source_attempt
WHERE run_id = :run_id AND step = :step

-- name: start_attempt
INSERT INTO attempts (run_id, step, attempt, started_ms, cache_key, key_inputs, environment)
VALUES (:run_id, :step, :attempt, :at_ms, :cache_key, :key_inputs, :environment)

-- name: finish_attempt
UPDATE attempts SET outcome = :outcome, cause = :cause, exit_code = :exit_code,
  started_ms = coalesce(:started_ms, started_ms), ended_ms = :ended_ms, duration_s = :duration_s,
  cpu_s = :cpu_s, peak_memory_bytes = :peak_memory_bytes, log_bytes = :log_bytes,
  log_dropped_bytes = :log_dropped_bytes, message = :message, registrations = :registrations,
  last_metrics = :last_metrics
WHERE run_id = :run_id AND step = :step AND attempt = :attempt

-- name: add_artifact
INSERT INTO artifacts (run_id, step, attempt, path, digest, size, executable)
VALUES (:run_id, :step, :attempt, :path, :digest, :size, :executable)

-- name: add_use
INSERT INTO uses (run_id, step, attempt, role, path, digest)
VALUES (:run_id, :step, :attempt, :role, :path, :digest)
ON CONFLICT DO NOTHING

-- name: add_metric
INSERT INTO metrics (run_id, step, attempt, position, name, value, at_step)
VALUES (:run_id, :step, :attempt, :position, :name, :value, :at_step)

-- name: put_param
INSERT INTO params (run_id, step, attempt, name, value)
VALUES (:run_id, :step, :attempt, :name, :value)
ON CONFLICT DO UPDATE SET value = excluded.value

-- name: put_result
INSERT INTO results (cache_key, pipeline, run_id, step, attempt, at_ms)
VALUES (:cache_key, :pipeline, :run_id, :step, :attempt, :at_ms)
ON CONFLICT (cache_key) DO UPDATE SET
  run_id = excluded.run_id, step = excluded.step, attempt = excluded.attempt,
  at_ms = excluded.at_ms

-- name: result_of_key
SELECT run_id, step, attempt, at_ms FROM results WHERE cache_key = :cache_key

-- name: last_result_of_step
SELECT r.run_id, r.step, r.attempt, r.cache_key, a.key_inputs FROM results r
JOIN attempts a ON a.run_id = r.run_id AND a.step = r.step AND a.attempt = r.attempt
WHERE r.pipeline = :pipeline AND r.step = :step ORDER BY r.at_ms DESC LIMIT 1

-- name: artifacts_of
SELECT path, digest, size, executable FROM artifacts
WHERE run_id = :run_id AND step = :step AND attempt = :attempt ORDER BY path

-- name: attempt_of
SELECT * FROM attempts WHERE run_id = :run_id AND step = :step AND attempt = :attempt

-- name: run_row
SELECT * FROM runs WHERE run_id = :run_id

-- name: runs_beginning_with
SELECT run_id FROM runs WHERE run_id >= :prefix AND run_id < :prefix || '~' ORDER BY run_id LIMIT 2

-- name: latest_run
SELECT run_id FROM runs ORDER BY run_id DESC LIMIT 1

-- name: unfinished_runs
SELECT run_id, pipeline, environment FROM runs WHERE status IN ('queued', 'running') ORDER BY run_id

-- name: ids_of_runs
SELECT run_id FROM runs WHERE run_id >= :first AND run_id < :before
ORDER BY run_id DESC LIMIT :limit

-- name: ids_by_pipeline
SELECT run_id FROM runs WHERE pipeline = :pipeline AND run_id >= :first AND run_id < :before
ORDER BY run_id DESC LIMIT :limit

-- name: ids_by_status
SELECT run_id FROM runs WHERE status = :status AND run_id >= :first AND run_id < :before
ORDER BY run_id DESC LIMIT :limit

-- name: ids_by_pipeline_and_status
SELECT run_id FROM runs
WHERE pipeline = :pipeline AND status = :status AND run_id >= :first AND run_id < :before
ORDER BY run_id DESC LIMIT :limit

-- name: ids_by_trigger
SELECT run_id FROM runs
WHERE trigger_kind = :trigger AND status = :status AND run_id >= :first AND run_id < :before
ORDER BY run_id DESC LIMIT :limit

-- name: ids_by_pipeline_and_trigger
SELECT run_id FROM runs
WHERE pipeline = :pipeline AND trigger_kind = :trigger AND status = :status
  AND run_id >= :first AND run_id < :before
ORDER BY run_id DESC LIMIT :limit

-- name: runs_called
SELECT run_id, pipeline, path, status, scheduled_time, params, submitted_ms, started_ms, ended_ms,
       error_step, error_message, json_remove(trigger, '$.files', '$.features') AS trigger
FROM runs WHERE run_id IN (SELECT value FROM json_each(:ids)) ORDER BY run_id DESC

-- name: kinds_of_triggers
WITH RECURSIVE found (kind) AS (
  SELECT min(trigger_kind) FROM runs
  UNION ALL
  SELECT (SELECT min(trigger_kind) FROM runs WHERE trigger_kind > found.kind) FROM found
  WHERE found.kind IS NOT NULL
)
SELECT kind FROM found WHERE kind IS NOT NULL

-- name: knows_pipeline
SELECT EXISTS (SELECT 1 FROM pipelines WHERE name = :pipeline)
  OR EXISTS (SELECT 1 FROM runs WHERE pipeline = :pipeline)

-- name: last_runs
SELECT run_id, status, scheduled_time, submitted_ms, started_ms, ended_ms FROM runs
WHERE pipeline = :pipeline ORDER BY run_id DESC LIMIT :limit

-- name: run_counts
SELECT status, count(*) AS count FROM runs WHERE status IN ('queued', 'running') GROUP BY status

-- name: steps_of_run
SELECT s.*, a.exit_code, a.duration_s, a.cpu_s, a.peak_memory_bytes, a.log_bytes,
  a.started_ms, a.ended_ms
FROM steps s
LEFT JOIN attempts a ON a.run_id = s.run_id AND a.step = s.step AND a.attempt = s.attempt
WHERE s.run_id = :run_id ORDER BY s.position, s.rowid

-- name: step_row
SELECT * FROM steps WHERE run_id = :run_id AND step = :step

-- name: instances_of
SELECT step AS id, status, cached, reason FROM steps
WHERE run_id = :run_id AND step_group = :step ORDER BY rowid

-- name: last_metrics_of_run
SELECT s.step, a.last_metrics FROM steps s
JOIN attempts a ON a.run_id = CASE WHEN s.cached THEN s.source_run ELSE s.run_id END
  AND a.step = CASE WHEN s.cached THEN s.source_step ELSE s.step END
  AND a.attempt = CASE WHEN s.cached THEN s.source_attempt ELSE s.attempt END
WHERE s.run_id = :run_id AND a.last_metrics IS NOT NULL

-- name: outputs_of_run
SELECT s.step, a.path, a.digest, a.size, a.executable FROM steps s
JOIN artifacts a ON a.run_id = CASE WHEN s.cached THEN s.source_run ELSE s.run_id END
  AND a.step = CASE WHEN s.cached THEN s.source_step ELSE s.step END
  AND a.attempt = CASE WHEN s.cached THEN s.source_attempt ELSE s.attempt END
WHERE s.run_id = :run_id AND s.status = 'succeeded' ORDER BY s.step, a.path

-- name: add_model
INSERT INTO models (name, created_ms) VALUES (:model, :at_ms) ON CONFLICT (name) DO NOTHING

-- name: version_of_digest
SELECT * FROM versions WHERE model = :model AND digest = :digest

-- name: next_version
SELECT coalesce(max(version), 0) + 1 FROM versions WHERE model = :model

-- name: add_version
INSERT INTO versions (model, version, stage, digest, path, run_id, step, attempt, metrics,
                      created_ms)
VALUES (:model, :version, 'none', :digest, :path, :run_id, :step, :attempt, :metrics, :at_ms)

-- name: set_stage
UPDATE versions SET stage = :stage WHERE model = :model AND version = :version

-- name: add_transition
INSERT INTO transitions (model, version, from_stage, to_stage, actor, reason, at_ms, evidence)
VALUES (:model, :version, :from_stage, :to_stage, :actor, :reason, :at_ms, :evidence)

-- name: all_versions
SELECT * FROM versions ORDER BY model, version

-- name: model_row
SELECT * FROM models WHERE name = :model

-- name: transitions_of
SELECT * FROM transitions WHERE model = :model ORDER BY seq

-- name: set_run_environment
UPDATE runs SET environment = :environment WHERE run_id = :run_id

-- name: set_run_code
UPDATE runs SET spec_digest = :spec_digest, code = :code WHERE run_id = :run_id

-- name: result_before
SELECT a.run_id, a.step, a.attempt, a.cache_key, a.key_inputs FROM attempts a
JOIN runs r ON r.run_id = a.run_id
WHERE r.pipeline = (SELECT pipeline FROM runs WHERE run_id = :run_id) AND a.step = :step
  AND a.outcome = 'succeeded' AND a.run_id < :run_id
ORDER BY a.run_id DESC, a.attempt DESC LIMIT 1
