-- Arrivals: the files that pipelines have seen, each path with each content once.

-- name: known_arrivals
SELECT json_extract(value, '$[0]') AS path
FROM json_each(:files)
JOIN arrivals ON arrivals.pipeline = :pipeline
    AND arrivals.path = json_extract(value, '$[0]')
    AND arrivals.digest = json_extract(value, '$[1]')

-- name: claim_arrival
INSERT INTO arrivals (pipeline, path, digest, size, run_id, at_ms)
VALUES (:pipeline, :path, :digest, :size, :run_id, :at_ms)
ON CONFLICT DO NOTHING
