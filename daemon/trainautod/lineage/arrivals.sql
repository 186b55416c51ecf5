-- Arrivals: the files that pipelines have seen, each path with each content once.

-- name: known_arrivals
-- The cross join keeps the order: a search for each file asked for, not a look at all there are.
SELECT arrivals.path
FROM json_each(:files) AS file
CROSS JOIN arrivals ON arrivals.pipeline = :pipeline
    AND arrivals.path = json_extract(file.value, '$[0]')
    AND arrivals.digest = json_extract(file.value, '$[1]')

-- name: claim_arrival
INSERT INTO arrivals (pipeline, path, digest, size, run_id, at_ms)
VALUES (:pipeline, :path, :digest, :size, :run_id, :at_ms)
ON CONFLICT DO NOTHING
