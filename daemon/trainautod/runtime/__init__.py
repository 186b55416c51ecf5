"""The shell around the engine: clock, slots, supervised tasks, and the carrying out of effects."""
