"""``make demo``: the main job on real data, in a scratch home, with visible progress."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".demo"
PIPELINE = ROOT / "sample_pipelines" / "flights" / "nightly.yaml"
NAME = "flights-nightly"
DAY = "2013-07-10"
BIN = Path(sys.executable).parent


def main() -> int:
    """Run the flights pipeline twice, show the model, and open the terminal UI on a terminal."""
    quiet("daemon", "stop", "--no-start")
    shutil.rmtree(HOME, ignore_errors=True)
    say(f"A daemon in a scratch home ({HOME.name}/), and the flights pipeline registered with it.")
    show("add", str(PIPELINE.relative_to(ROOT)))
    say(f"The nightly run for {DAY}: fetch, features, train, evaluate, register.")
    if show("run", NAME, "--ds", DAY) != 0:
        return 1
    say("The model that it registered.")
    show("models")
    say("The same run again: nothing changed, so every step is reused.")
    if show("run", NAME, "--ds", DAY) != 0:
        return 1
    if sys.stdin.isatty() and sys.stdout.isatty():
        say("Now the terminal UI: Enter opens, Esc goes back, ? shows the keys, q leaves.")
        input("Press Enter to open it … ")
        subprocess.call([BIN / "trainauto-tui", "--home", str(HOME), "--pipeline", NAME])
        print("\nThe daemon goes on in the background. To stop it:")
        print(f"  {(BIN / 'trainauto').relative_to(ROOT)} daemon stop --home {HOME.name}")
        return 0
    return summarise()


def summarise() -> int:
    """Tell what happened, stop the daemon, and check that it is what was promised."""
    runs = json.loads(quiet("runs", "--json"))["runs"]
    (model,) = json.loads(quiet("models", "--json"))
    newest = json.loads(quiet("show", runs[0]["run_id"], "--json"))
    reused = sum(step["cached"] for step in newest["steps"])
    version = model["versions"][-1]
    say("Summary")
    print(f"  {len(runs)} runs, {reused} of {len(newest['steps'])} steps reused by the second one")
    print(f"  {model['name']} version {version['version']} is in {version['stage']}")
    quiet("daemon", "stop")
    print("  The daemon is stopped. On a terminal, `make demo` ends in the terminal UI.")
    return 0 if reused == len(newest["steps"]) else 1


def show(*arguments: str) -> int:
    """Run a command of the CLI in the open, as a user would type it."""
    print(f"$ trainauto {' '.join(arguments)}", flush=True)
    return subprocess.call([BIN / "trainauto", *arguments, "--home", str(HOME)], cwd=ROOT)


def quiet(*arguments: str) -> str:
    """Run a command of the CLI and return what it prints."""
    command = [BIN / "trainauto", *arguments, "--home", str(HOME)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT).stdout


def say(text: str) -> None:
    """Print a heading."""
    print(f"\n── {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
