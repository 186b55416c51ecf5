"""Telling people: what a message says, the outbox, and how it leaves."""
