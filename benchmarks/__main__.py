"""``python -m benchmarks [NAME…] [--quick] [--json FILE] [--no-peers]``."""

import argparse
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.machine import facts, is_quiet
from benchmarks.peers import PEERS
from benchmarks.scenario import Context, Scenario
from benchmarks.scenarios import SCENARIOS
from benchmarks.table import Table
from benchmarks.workspace import workspace

TERMINATED = 143  # 128 + SIGTERM, as shells report it


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the chosen scenarios and print their tables; 0 whether goals are met or not."""
    options = _parser().parse_args(arguments)
    # Ended from outside, it still stops its daemons and deletes its scratch space.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(TERMINATED))
    try:
        _run(options)
    except BenchmarkError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    chosen = [s for s in SCENARIOS if not options.scenarios or s in options.scenarios]
    if not is_quiet():
        print("The machine is busy: figures will be worse than they are.", file=sys.stderr)
    with workspace() as scratch:
        context = Context(scratch, options.quick, not options.no_peers)
        machine = {**facts(scratch.root), **_versions(context)}
        print("\n".join(f"- {name}: {value}" for name, value in machine.items()))
        tables = {scenario.name: _measured(scenario, context) for scenario in chosen}
    missed = [
        f"{row.subject}: {c}" for t in tables.values() for row in t.rows for c in row.missed()
    ]
    print(f"\nGoals missed: {'; '.join(missed) or 'none'}.")
    if options.json:
        _write(options.json, machine, tables)


def _measured(scenario: Scenario, context: Context) -> Table:
    table = scenario.measure(context)
    print(f"\n{table.markdown()}", flush=True)
    return table


def _versions(context: Context) -> dict[str, str]:
    return {f"peer {peer.package}": peer.version() for peer in PEERS if peer in context.peers()}


def _write(path: Path, machine: Mapping[str, str], tables: Mapping[str, Table]) -> None:
    measured = {name: table.to_json() for name, table in tables.items()}
    path.write_text(json.dumps({"machine": machine, "scenarios": measured}, indent=1) + "\n")


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {scenario.name:<10} {scenario.summary}" for scenario in SCENARIOS)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"Measure the product, the machine's limits and peers in one run:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenarios", nargs="*", type=_scenario, metavar="NAME", help="default: all")
    parser.add_argument("--quick", action="store_true", help="one small round, to see it work")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample there")
    parser.add_argument("--no-peers", action="store_true", help="measure no peer")
    return parser


def _scenario(name: str) -> Scenario:
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    raise argparse.ArgumentTypeError(f"there is no scenario {name!r}")


if __name__ == "__main__":
    sys.exit(main())
