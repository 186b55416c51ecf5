-- Policies: what each has seen of the events, and what it remembers.

-- name: begin_policy
INSERT INTO policy_states (policy, seq, state, at_ms) VALUES (:policy, :seq, '{}', :at_ms)
ON CONFLICT (policy) DO NOTHING

-- name: end_policy
DELETE FROM policy_states WHERE policy = :policy
