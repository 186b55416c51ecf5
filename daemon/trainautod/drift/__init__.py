"""Drift: what reports of it say, and how it is measured."""
