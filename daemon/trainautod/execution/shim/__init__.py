"""The processes that stand between the daemon and a command: fork server and shim.

Standard library only, and as little of it as possible: every page that the fork server holds is
copied, or at least mapped again, at each fork.
"""
