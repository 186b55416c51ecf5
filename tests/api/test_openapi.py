"""The API describes itself from its code, completely."""

import re
from typing import Any

from tests.support.daemons import LiveDaemon
from tests.support.plain_http import ask
from trainautod.home import socket_path

ROUTES = {
    ("get", "/status"),
    ("post", "/daemon/stop"),
    ("get", "/pipelines"),
    ("post", "/pipelines"),
    ("get", "/pipelines/{name}"),
    ("delete", "/pipelines/{name}"),
    ("get", "/policies"),
    ("post", "/signals"),
    ("post", "/plan"),
    ("post", "/runs"),
    ("get", "/runs"),
    ("post", "/backfills"),
    ("get", "/backfills"),
    ("get", "/backfills/{backfill}"),
    ("post", "/backfills/{backfill}/stop"),
    ("post", "/backfills/{backfill}/resume"),
    ("get", "/runs/{run}"),
    ("post", "/runs/{run}/cancel"),
    ("post", "/runs/{run}/retry"),
    ("get", "/runs/{run}/steps/{step}"),
    ("get", "/runs/{run}/steps/{step}/metrics"),
    ("get", "/runs/{run}/steps/{step}/log"),
    ("get", "/runs/{run}/steps/{step}/log/times"),
    ("get", "/runs/{run}/steps/{step}/log/line"),
    ("get", "/runs/{run}/steps/{step}/log/matches"),
    ("get", "/runs/{run}/steps/{step}/explain"),
    ("get", "/lineage"),
    ("get", "/models"),
    ("get", "/models/{name}/transitions"),
    ("get", "/drift"),
    ("get", "/drift/reports"),
    ("get", "/notifications"),
    ("get", "/notifications/targets"),
    ("post", "/notifications/test"),
    ("get", "/events"),
}


def test_every_route_is_described_with_a_summary(daemon: LiveDaemon) -> None:
    operations = _operations(daemon)

    assert set(operations) == ROUTES
    for route, told in operations.items():
        assert told["summary"], route
        assert {"default"} < set(told["responses"]), route


def test_every_operation_has_a_name_of_its_own(daemon: LiveDaemon) -> None:
    names = [told["operationId"] for told in _operations(daemon).values()]

    assert len(set(names)) == len(names)


def test_every_variable_of_a_path_is_described_as_required(daemon: LiveDaemon) -> None:
    for (_, path), told in _operations(daemon).items():
        described = {p["name"]: p["required"] for p in told["parameters"] if p["in"] == "path"}
        assert described == dict.fromkeys(re.findall(r"{(\w+)}", path), True), path


def test_queries_are_described_with_their_bounds(daemon: LiveDaemon) -> None:
    parameters = _operations(daemon)["get", "/events"]["parameters"]

    limit = next(p["schema"] for p in parameters if p["name"] == "limit")
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 5000, 1000)


def test_bodies_name_their_fields_and_refuse_others(daemon: LiveDaemon) -> None:
    operations = _operations(daemon)
    bodies = {
        path: told["requestBody"]["content"]["application/json"]["schema"]
        for (_, path), told in operations.items()
        if "requestBody" in told
    }

    assert set(bodies) == {
        "/runs",
        "/plan",
        "/pipelines",
        "/backfills",
        "/signals",
        "/notifications/test",
    }
    assert set(bodies["/pipelines"]["properties"]) == {"path"}
    assert set(bodies["/runs"]["properties"]) == {
        "path",
        "name",
        "params",
        "ds",
        "from_step",
        "force",
        "force_all",
        "trigger",
    }
    assert all(schema["additionalProperties"] is False for schema in bodies.values())


def test_the_description_names_product_and_version(daemon: LiveDaemon) -> None:
    described = daemon.client.openapi()

    assert described["info"]["title"] == "trainauto"
    assert described["info"]["version"] == daemon.client.status()["version"]


def test_no_page_that_would_load_scripts_from_elsewhere_is_served(daemon: LiveDaemon) -> None:
    at = socket_path(daemon.home)

    assert {ask(at, "GET", page).status for page in ("/docs", "/redoc", "/")} == {404}


def _operations(daemon: LiveDaemon) -> dict[tuple[str, str], dict[str, Any]]:
    paths = daemon.client.openapi()["paths"]
    return {(verb, path): told for path, verbs in paths.items() for verb, told in verbs.items()}
