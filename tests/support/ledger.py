"""An oracle outside the store: steps write down themselves that they began and ended."""

from collections import Counter
from pathlib import Path


def ledger_step(ledger: Path, work: str = "true") -> str:
    """Return a command that notes its beginning and end in ``ledger`` around ``work``."""
    who = '"$TRAINAUTO_RUN_ID $TRAINAUTO_STEP'
    return f'echo {who} began" >> {ledger}; {work}; echo {who} ended" >> {ledger}'


def read_ledger(ledger: Path) -> dict[str, Counter[tuple[str, str]]]:
    """Return how often each (run, step) ``began`` and ``ended``."""
    found: dict[str, Counter[tuple[str, str]]] = {"began": Counter(), "ended": Counter()}
    for line in ledger.read_text().splitlines() if ledger.exists() else ():
        run, step, what = line.split()
        found[what][(run, step)] += 1
    return found
