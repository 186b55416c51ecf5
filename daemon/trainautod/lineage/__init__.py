"""The store: every event, and data → run → model as tables, in one SQLite file."""

from trainautod.lineage.store import Store

__all__ = ["Store"]
