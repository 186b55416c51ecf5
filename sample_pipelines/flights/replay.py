"""Replay days of July 2013 as they would arrive: drift is computed, a policy retrains by itself.

    python sample_pipelines/flights/replay.py

In a scratch folder and with a daemon of its own. January is what the model knows. Each day drops
its file of flights; ``trainauto drift compute`` compares the two weeks up to it with January; the
policy of ``drift_policy.yaml``, here with a cooldown, starts ``retrain_partial`` when the score
passes 0.1. Two weeks, because a single week's weather passes it even within January.
"""

import argparse
import datetime as dt
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from textwrap import shorten
from typing import Any

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "daemon" / "sdk")]

try:
    import fetch
    import pandas as pd
    from features import build
    from flights import FEATURES, write_parquet
except ModuleNotFoundError as error:
    sys.exit(f"{error.name} is missing: pip install 'trainauto-tui[samples]'")

FIRST_DAY = dt.date(2013, 7, 1)
DAYS = 14
WINDOW = 14  # days of flights in one drift report
LEARNED = 28  # days that retrain_partial learns from
JANUARY = (dt.date(2013, 1, 1), dt.date(2013, 1, 31))
POLICY, PIPELINE = "drift_policy", "retrain_partial"
THRESHOLD = 0.1  # as drift_policy.yaml says
COOLDOWN = "6h"
REASON_SHOWN = 72  # characters
PATIENCE_S = 120.0
PAUSE_S = 0.3


class Replay:
    """A folder with the pipeline, its data as they arrive, and the daemon that watches them."""

    def __init__(self, folder: Path) -> None:
        """Copy the pipelines and their scripts there, no data, and read the flights of the year."""
        self.folder = folder / "flights"
        self.home = folder / "home"
        for name in ("incoming", "monitoring"):
            (self.folder / name).mkdir(parents=True)
        for file in (*HERE.glob("*.py"), *HERE.glob("*.yaml")):
            shutil.copyfile(file, self.folder / file.name)
        self.year = fetch.read_flights(fetch.packaged_flights())

    def cli(self, *words: str, check: bool = True) -> str:
        """Run a command of trainauto and return what it prints; exits when it must not fail."""
        done = subprocess.run(
            [BIN / "trainauto", *words, "--home", str(self.home)],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
        )
        if check and done.returncode != 0:
            sys.exit(f"trainauto {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def show(self, *words: str) -> None:
        """Run a command of trainauto in the open."""
        print(f"$ trainauto {' '.join(words)}", flush=True)
        print(self.cli(*words).rstrip(), flush=True)

    def document(self, *words: str) -> Any:
        """Run a command of trainauto and return the document that it prints."""
        return json.loads(self.cli(*words, "--json"))

    def raw(self, since: dt.date, until: dt.date) -> pd.DataFrame:
        """Return the raw flights of some days."""
        days = fetch.days_between(since, until)
        return fetch.select(self.year, days, days)

    def drop(self, since: dt.date, until: dt.date) -> None:
        """Let the files of some days arrive, each whole at once."""
        for day in fetch.days_between(since, until):
            path = self.folder / "incoming" / f"{day}.parquet"
            fresh = path.with_suffix(".tmp")
            write_parquet(self.raw(day, day), fresh)
            fresh.rename(path)

    def table(self, name: str, since: dt.date, until: dt.date) -> str:
        """Write the feature table of some days, and return its name."""
        write_parquet(build(self.raw(since, until)), self.folder / name)
        return name

    def drift(self, day: dt.date) -> dict[str, Any]:
        """Compare the two weeks up to a day with January; return the report."""
        recent = self.table("recent.parquet", day - dt.timedelta(days=WINDOW - 1), day)
        report = f"monitoring/{day}.json"
        self.cli(
            "drift", "compute", "january.parquet", recent,
            "--columns", ",".join(FEATURES), "-o", report,
        )  # fmt: skip
        found: dict[str, Any] = json.loads((self.folder / report).read_text("utf-8"))
        return found

    def verdict(self, day: dt.date) -> dict[str, Any]:
        """Wait until the policy has made something of a day's report; return the policy then."""
        path = str(self.folder / "monitoring" / f"{day}.json")
        deadline = time.monotonic() + PATIENCE_S
        told = ("events", "--kind", "drift_alert", "--tail", "50")
        while time.monotonic() < deadline:
            alerts = [e for e in self.document(*told)["events"] if e["data"]["path"] == path]
            (policy,) = self.document("policies")["policies"]
            if alerts and policy["last_event_at"] == alerts[-1]["at"]:
                return dict(policy)
            time.sleep(PAUSE_S)
        sys.exit(f"nothing came of {path} within {PATIENCE_S:g}s: {self.cli('events')}")

    def finished(self, run_id: str) -> dict[str, Any]:
        """Wait for a run's end, and return it."""
        self.cli("show", run_id, "--follow", check=False)
        run: dict[str, Any] = self.document("show", run_id)
        return run

    def close(self) -> None:
        """End what still runs, then the daemon: steps outlive it."""
        for words in (("cancel", "latest"), ("show", "latest", "--follow"), ("daemon", "stop")):
            self.cli(*words, "--no-start", check=False)


def prepare(replay: Replay) -> None:
    """January arrives, the policy and the pipeline are registered, and a first model is made."""
    say("January is what the model knows; the policy and the pipeline are registered.")
    replay.drop(*JANUARY)
    replay.table("january.parquet", *JANUARY)
    policy = replay.folder / f"{POLICY}.yaml"
    given = [line for line in policy.read_text("utf-8").splitlines() if "cooldown:" not in line]
    policy.write_text("\n".join([*given, f"cooldown: {COOLDOWN}", ""]), "utf-8")
    print(policy.read_text("utf-8").rstrip())
    replay.show("add", f"{PIPELINE}.yaml")
    replay.show("add", f"{POLICY}.yaml")
    say("The first run: every feature's encoder is learned.")
    run = replay.finished(replay.document("run", f"{PIPELINE}.yaml", "--detach")["run_id"])
    tell_steps(run)
    if run["status"] != "succeeded":
        sys.exit(f"the first run failed: {run['error']}")


def days_pass(replay: Replay, days: int) -> tuple[float, dict[str, float]]:
    """Let the days pass; return the drift score of late January, and those of July by day."""
    say(f"The two weeks up to {JANUARY[1]}, against all of January: nothing has drifted.")
    calm = replay.drift(JANUARY[1])
    tell_day(JANUARY[1], calm, replay.verdict(JANUARY[1])["last_verdict"])
    say(f"July: one day's file after the other, {days} days.")
    replay.drop(FIRST_DAY - dt.timedelta(days=LEARNED - 1), FIRST_DAY - dt.timedelta(days=1))
    scores = {}
    for day in fetch.days_between(FIRST_DAY, FIRST_DAY + dt.timedelta(days=days - 1)):
        replay.drop(day, day)
        report = replay.drift(day)
        scores[str(day)] = report["drift_score"]
        policy = replay.verdict(day)
        tell_day(day, report, policy["last_verdict"])
        if policy["last_verdict"].startswith("fired"):
            tell_steps(replay.finished(policy["fired_run_id"]))
    return calm["drift_score"], scores


def tell_day(day: dt.date, report: dict[str, Any], verdict: str) -> None:
    """Print a day's report, and what the policy made of it."""
    ranked = sorted(report["features"].items(), key=lambda one: -(one[1]["score"] or 0))
    moved = [f"{name} {one['score']:.2f}" for name, one in ranked if one["verdict"] != "none"]
    print(f"{day}  drift_score {report['drift_score']:.3f}  {verdict}")
    if moved:
        print(f"            {', '.join(moved)}", flush=True)


def tell_steps(run: dict[str, Any]) -> None:
    """Print which steps of a run ran, and which kept an earlier result."""
    print(f"  run {run['run_id']}: {run['status']}  ({run['trigger'].get('cause', 'by hand')})")
    for step in run["steps"]:
        what = "kept" if step["cached"] else step["status"]
        reason = shorten(step["reason"] or "", REASON_SHOWN, placeholder=" …")
        print(f"    {step['id']:<32} {what:<10} {reason}", flush=True)


def promises(replay: Replay, calm: float, scores: dict[str, float]) -> dict[str, bool]:
    """Return what should have come of the days, in words, and whether it did."""
    told = replay.document("events", "--kind", "policy_fired,policy_held", "--tail", "1000")
    fired = [each for each in told["events"] if each["kind"] == "policy_fired"]
    held = [each["data"]["reason"] for each in told["events"] if each["kind"] == "policy_held"]
    low, high = min(scores.values()), max(scores.values())
    found = {
        f"the end of January does not drift: {calm:.3f}": calm <= THRESHOLD,
        f"{len(scores)} days of July do: {low:.3f} to {high:.3f}": low > THRESHOLD,
        f"of their reports, {len(fired)} started a run": len(fired) == 1,
        f"the cooldown held {len(held)}": len(held) == len(scores) - 1
        and all(reason.startswith("cooldown") for reason in held),
    }
    return found | (of_run(replay, fired[0]["run_id"]) if fired else {})


def of_run(replay: Replay, run_id: str) -> dict[str, bool]:
    """Explain a step that ran and one that did not; return what should be so of the run."""
    run = replay.document("show", run_id)
    encoders = [step for step in run["steps"] if step["id"].startswith("encode[")]
    again = {step["id"] for step in encoders if not step["cached"]}
    kept = {step["id"]: step["reason"] for step in encoders if step["cached"]}
    for step in (min(again, default=None), min(kept, default=None)):
        if step:
            replay.show("explain", run_id, step)
    replay.show("models")
    affected = {f"encode[feature={name}]" for name in run["trigger"]["affected"]}
    return {
        f"run {run_id} {run['status']}": run["status"] == "succeeded",
        f"it learned {len(again)} of {len(encoders)} encoders anew, the affected ones": (
            again == affected
        ),
        f"it kept the other {len(kept)}, and says so": all(
            "is not in trigger.affected" in reason for reason in kept.values()
        ),
    }


def say(text: str) -> None:
    """Print a heading."""
    print(f"\n── {text}", flush=True)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Replay days of July 2013 with drift.")
    parser.add_argument("--days", type=int, default=DAYS, help=f"1 to 31, {DAYS} unless given")
    parser.add_argument("--folder", type=Path, help="keep everything there; it must not exist")
    given = parser.parse_args()
    if not 1 <= given.days <= 31:
        parser.error("--days must be 1 to 31, the days of July")
    if given.folder is not None and given.folder.exists():
        parser.error(f"{given.folder} is there already: name a folder that is not")
    return given


def replayed(folder: Path, days: int) -> int:
    """Replay in a new folder; return 1 when something that was promised is not so."""
    begun = time.monotonic()
    folder.mkdir(parents=True)
    replay = Replay(folder.resolve())
    try:
        prepare(replay)
        found = promises(replay, *days_pass(replay, days))
    finally:
        replay.close()
    say(f"{days} days, in {time.monotonic() - begun:.0f} s")
    for promise, is_so in found.items():
        print(f"  {'✔' if is_so else '✗'} {promise}")
    return 0 if all(found.values()) else 1


def main() -> int:
    """Replay, and leave neither a daemon nor files behind, also when interrupted."""
    given = options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="ta-", ignore_cleanup_errors=True) as scratch:
        try:
            return replayed(given.folder or Path(scratch) / "replay", given.days)
        except KeyboardInterrupt:
            print("\ninterrupted; the run and the daemon are stopped", file=sys.stderr)
            return 130


if __name__ == "__main__":
    sys.exit(main())
