"""What a run would do and why: the graph, step instances, used code, cache keys. Pure."""
