"""Takes the pictures in ``docs/images``: ``python -m docs.pictures``; it needs ``rsvg-convert``
and ``pngquant``.

A real daemon in a scratch home runs the flights pipeline; while its training is held still, the
terminal UI is shown at each screen, in a dark and a light theme.
"""

import asyncio
import html
import json
import math
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from rich.cells import cell_len

from trainauto_tui.cli.starting import start
from trainauto_tui.client import Client, unix
from trainauto_tui.screens.place import Place
from trainauto_tui.shell import Address, Options, TrainautoApp
from trainautod.home import socket_path

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SAMPLES = ROOT / "sample_pipelines"
SCRATCH = Path("/tmp/trainauto")  # its name is in the pictures
DAY = "2013-07-10"
ENOUGH = 60  # rounds of training until it is held: something to see
PATIENCE_S = 240.0
DAYS = 40  # of drift reports
MOVED = {
    "temp": 0.42,
    "dep_delay": 0.21,
    "wind_speed": 0.15,
    "carrier": 0.08,
    "distance": 0.04,
    "origin": 0.02,
    "visib": 0.01,
}
SMALL, LARGE = (80, 24), (160, 50)
WIDTH = 1100  # pixels of a picture


class Scene(NamedTuple):
    """One picture.

    Attributes:
        name: Its file's stem.
        address: The screen, as the shell opens it.
        keys: Pressed there first.
        size: Columns and rows.
        themes: In which it is taken.
    """

    name: str
    address: Address
    keys: tuple[str, ...] = ()
    size: tuple[int, int] = SMALL
    themes: tuple[str, ...] = ("dark", "light")


def scenes(run_id: str, failed: str) -> Sequence[Scene]:
    """Return what is shown; ``run_id`` is being trained, ``failed`` has failed."""
    return (
        Scene("pipelines", ("go", "pipelines")),
        Scene("pipelines-wide", ("go", "pipelines"), size=LARGE, themes=("dark",)),
        Scene("runs", ("go", "runs")),
        Scene("runs-wide", ("go", "runs"), size=LARGE, themes=("dark",)),
        Scene("run", ("run", run_id)),
        Scene("run-wide", ("run", run_id), ("c",), LARGE),
        Scene("run-boxes", ("run", run_id), ("v",), LARGE, ("dark",)),
        Scene("run-failed", ("run", failed), themes=("dark",)),
        Scene("step", ("step", run_id, "train")),
        Scene("step-wide", ("step", run_id, "train"), size=LARGE, themes=("dark",)),
        Scene("drift", ("go", "drift")),
        Scene("drift-wide", ("go", "drift"), ("tab", "j"), LARGE, ("dark",)),
        Scene("lineage", ("go", "lineage")),
        Scene("lineage-wide", ("go", "lineage"), size=LARGE, themes=("dark",)),
        Scene("events", ("go", "events")),
        Scene("hosts", ("go", "hosts")),
        Scene("daemon", ("go", "daemon")),
        Scene("trigger", ("go", "pipelines"), ("T",), themes=("dark",)),
        Scene("palette", ("run", run_id), ("colon", "t", "h"), themes=("dark",)),
        Scene("contrast", ("run", run_id), themes=("contrast",)),
    )


def main() -> int:
    """Take all pictures, or those whose names are given."""
    wanted = set(sys.argv[1:])
    with daemon() as client:
        drifting(client)
        failed = finish(client, ds=DAY, params={"threshold": 0.99})
        with held_training(client) as run_id:
            take(client, scenes(run_id, failed), wanted)
    return 0


def take(client: Client, known: Sequence[Scene], wanted: set[str]) -> None:
    """Take the pictures of the scenes that are wanted; of all when none is named."""
    for scene in known:
        for theme in scene.themes if not wanted or scene.name in wanted else ():
            suffix = "" if theme == "dark" or len(scene.themes) == 1 else f"-{theme}"
            picture(client, scene, theme, IMAGES / f"{scene.name}{suffix}.png")


@contextmanager
def daemon() -> Iterator[Client]:
    """Serve a scratch home in which copies of the samples are registered."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    try:
        home = SCRATCH / "home"
        start(home)
        client = Client(unix(socket_path(home)))
        try:
            for name in ("flights/nightly.yaml", "hello/hello.yaml"):
                shutil.copytree((SAMPLES / name).parent, (SCRATCH / name).parent)
                client.add_pipeline(str(SCRATCH / name))
            yield client
        finally:
            client.stop_daemon()
            wait_until(lambda: not answers(client))
    finally:
        shutil.rmtree(SCRATCH, ignore_errors=True)


def drifting(client: Client) -> None:
    """Let reports on the hello sample's data come until a policy has started a run of it."""
    folder = SCRATCH / "hello"
    (folder / "monitoring").mkdir()
    policy = "on: drift_alert\nif: drift_score > 0.25\nthen: run pipeline: hello\ncooldown: 6h\n"
    (folder / "drift_policy.yaml").write_text(policy, encoding="utf-8")
    client.add_pipeline(str(folder / "drift_policy.yaml"))
    damaged = folder / "monitoring" / "daily.json"
    damaged.write_text('{"drift_score": 0.04, "features": {"x": 0.04}}', encoding="utf-8")
    with (folder / "monitoring" / "flights.jsonl").open("w", encoding="utf-8") as reports:
        for day in range(DAYS):
            reports.write(json.dumps(drift_report(day / DAYS)) + "\n")
    wait_until(lambda: client.policies()[0]["fired_run_id"] and len(client.drift()) > 1)
    damaged.write_text('{"drift_score": 0.0', encoding="utf-8")
    wait_until(lambda: any(one["state"] == "unknown" for one in client.drift()))


def drift_report(part: float) -> dict[str, Any]:
    """Return a report of data that are so far on their way from winter to summer."""
    scores = {
        name: round(most * part**2 + 0.01 * (1 + math.sin(40 * part + most * 50)), 4)
        for name, most in MOVED.items()
    }
    return {"drift_score": max(scores.values()), "features": scores}


def answers(client: Client) -> bool:
    """Return whether the daemon is still there."""
    try:
        return bool(client.status())
    except Exception:  # noqa: BLE001 - whatever it is, there is no answer
        return False


@contextmanager
def held_training(client: Client) -> Iterator[str]:
    """Run the flights pipeline once, then anew up to its training, which is held still."""
    finish(client, ds=DAY)
    finish(client, ds=DAY)
    finish(client, ds=DAY, name="hello")
    body: Any = {"name": "flights-nightly", "ds": DAY, "force": ["train"]}
    run_id = client.submit(body | {"params": {"rounds": 400}})["run_id"]
    wait_until(lambda: rounds_done(client, run_id) >= ENOUGH)
    found = [process for process in psutil.process_iter() if trains(process, run_id)]
    for process in found:
        process.send_signal(signal.SIGSTOP)
    try:
        yield run_id
    finally:
        for process in found:
            process.send_signal(signal.SIGCONT)
        wait_until(lambda: client.run(run_id)["status"] not in ("queued", "running"))


def rounds_done(client: Client, run_id: str) -> float:
    """Return how far the training is."""
    step = next(step for step in client.run(run_id)["steps"] if step["id"] == "train")
    progress = step.get("progress")
    return progress["done"] if progress else 0


def trains(process: psutil.Process, run_id: str) -> bool:
    """Return whether ``process`` is the training of a run."""
    try:
        return "train.py" in " ".join(process.cmdline()) and run_id in process.cwd()
    except psutil.Error:  # it ended meanwhile
        return False


def finish(client: Client, **request: Any) -> str:
    """Run the flights pipeline to its end and return the run's id."""
    body: Any = {"name": "flights-nightly", **request}
    run_id = client.submit(body)["run_id"]
    wait_until(lambda: client.run(run_id)["status"] not in ("queued", "running"))
    return run_id


def picture(client: Client, scene: Scene, theme: str, file: Path) -> None:
    """Show a scene, and write what the screen shows."""
    app = TrainautoApp(client, Options(theme=theme))
    svg = asyncio.run(shown(app, scene))
    with tempfile.NamedTemporaryFile("w", suffix=".svg", encoding="utf-8") as drawn:
        drawn.write(in_words(svg))
        drawn.flush()
        command = ("rsvg-convert", "--width", str(WIDTH), drawn.name, "--output", str(file))
        subprocess.run(command, check=True)
    subprocess.run(("pngquant", "--force", "--output", str(file), "64", str(file)), check=True)
    print(f"wrote {file.relative_to(ROOT)}")


async def shown(app: TrainautoApp, scene: Scene) -> str:
    """Return the screen as SVG, once it has nothing left to fetch."""
    async with app.run_test(size=scene.size) as pilot:
        kind, *of = scene.address
        await settled(app, pilot.pause)
        if kind == "go":
            await app.action_go(of[0])
        else:
            app.open_address(scene.address)
        await settled(app, pilot.pause)
        for key in scene.keys:
            await pilot.press(key)
            await pilot.pause(0.4)
        await pilot.pause(1.2)
        return app.export_screenshot()


async def settled(app: TrainautoApp, pause: Callable[[float], Any]) -> None:
    """Wait until the link is live and the screen has its document."""
    end = time.monotonic() + PATIENCE_S
    while True:
        place = app.screen
        if app.session.live and isinstance(place, Place) and place.document and place.at_rest:
            return
        if time.monotonic() > end:
            raise TimeoutError("the screen never had all that it shows")
        await pause(0.05)


def in_words(svg: str) -> str:
    """Return Textual's SVG with an element for each word.

    rsvg drops leading blanks of a text, and does not stretch it to its length.
    """

    def split(match: re.Match[str]) -> str:
        attributes, body = match[1], html.unescape(match[2])
        found = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
        cells = cell_len(body)
        cell = float(found["textLength"]) / cells if cells else 0.0
        drawn, at = [], 0
        for piece in re.findall(r"[\xa0 ]+|[!-~]+|.", body):  # of other fonts, sign by sign
            size = cell_len(piece)
            if piece.strip("\xa0 "):
                x = float(found["x"]) + at * cell
                drawn.append(
                    f'<text class="{found["class"]}" x="{x:.1f}" y="{found["y"]}" '
                    f'textLength="{size * cell:.1f}">{html.escape(piece)}</text>'
                )
            at += size
        return "".join(drawn)

    return re.sub(r'<text (class="[^"]*-r\d+"[^>]*)>(.*?)</text>', split, svg, flags=re.DOTALL)


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for ``condition``.

    Raises:
        TimeoutError: it did not come true.
    """
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("what was waited for did not come")
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
