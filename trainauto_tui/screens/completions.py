"""What the palette offers for a command's argument."""

from collections.abc import Callable, Sequence
from typing import Any

from trainauto_tui.client import Client
from trainauto_tui.errors import TrainautoError
from trainauto_tui.screens.place import Place
from trainauto_tui.screens.run_place import RunPlace
from trainauto_tui.settings import THEMES

Got = Callable[[Sequence[str]], None]
RUNS = 100  # the newest; of an older one the reader has the id anyway


def complete(place: Place[Any], takes: str, got: Got) -> None:
    """Find what ``takes`` may be, and hand it to ``got``, now or later."""
    match takes:
        case "theme":
            known = (name for name in place.app.available_themes if name not in THEMES.values())
            got([*THEMES, *sorted(known)])
        case "step":
            run: Any = place.selected_run() if isinstance(place, RunPlace) else None
            got([step["id"] for step in run["steps"]] if run else [])
        case "pipeline":
            _ask(place, lambda client: [one["name"] for one in client.pipelines()], got)
        case "run":
            _ask(place, _runs, got)
        case "lineage":
            _ask(place, _lineages, got)
        case "host":
            from trainauto_tui.client import hosts

            try:
                got([hosts.LOCAL, *hosts.kept()])
            except TrainautoError:  # its own screen says what is wrong with the file
                got([hosts.LOCAL])


def _runs(client: Client) -> list[str]:
    return ["latest", *(run["run_id"] for run in client.runs(limit=RUNS)["runs"])]


def _lineages(client: Client) -> list[str]:
    versions = [
        f"{model['name']}@{version['version']}"
        for model in client.models()
        for version in reversed(model["versions"])
    ]
    return [*versions, *_runs(client)]


def _ask(place: Place[Any], call: Callable[[Client], list[str]], got: Got) -> None:
    place.session.ask(f"completions {id(call)}", call, got, lambda _error: None)
