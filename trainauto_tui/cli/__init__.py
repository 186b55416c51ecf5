"""``trainauto``: the command line.

Nothing heavier than ``argparse``, ``json`` and ``socket`` is imported before a verb asks for it:
a person waits for every command.
"""

from trainauto_tui.cli.program import main

__all__ = ["main"]
