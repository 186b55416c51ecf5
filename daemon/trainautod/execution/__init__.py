"""Running one attempt of a step, so that it outlives the daemon.

Imports nothing: the fork server lives in this package and has to stay small.
"""
