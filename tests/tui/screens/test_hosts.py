"""The screen of hosts: what is kept, what is open, and the way from one to another."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.driving import Driver, app, drive, lines, place, screen, settled, until
from tests.tui.stage import Hands, Stage
from trainauto_tui.client import hosts
from trainauto_tui.live.link import Live, Reconnecting
from trainauto_tui.live.visits import Visit
from trainauto_tui.screens.confirm import ConfirmScreen
from trainauto_tui.screens.hosts import HostRows, HostsScreen
from trainauto_tui.shell import TrainautoApp

MakeApp = Callable[..., TrainautoApp]


@pytest.fixture(autouse=True)
def _kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    hosts.keep("gpu-box", "ssh://me@gpu-box")
    hosts.keep("lab", "ssh://me@lab.example.org:2222/srv/trainauto")


async def opened(pilot: Driver) -> None:
    """Go to the screen of hosts."""
    await pilot.press("9")
    await until(pilot, lambda: isinstance(pilot.app.screen, HostsScreen))
    await until(pilot, lambda: pilot.app.screen.query_one(HostRows).rows)


def rows(pilot: Driver) -> list[str]:
    return [line for line in lines(place(pilot).query_one(HostRows)) if line.strip()]


def told(pilot: Driver) -> str:
    return "\n".join(one.message for one in pilot.app._notifications)


def selected(pilot: Driver) -> str | None:
    return place(pilot).query_one(HostRows).selected


def test_it_shows_this_machine_and_the_kept_ones(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await opened(pilot)
        assert [row.split()[0] for row in rows(pilot)[1:]] == ["local", "gpu-box", "lab"]
        assert "live" in rows(pilot)[1]
        assert "not opened yet" in rows(pilot)[2]
        assert "ssh://me@lab.example.org:2222/srv/trainauto" in rows(pilot)[3]

    drive(make_app(), script, size=(100, 30))


def test_a_host_that_was_left_is_shown_as_it_was(make_app: MakeApp, hands: Hands) -> None:
    visits = {
        "gpu-box": Visit(hands.at - 300, Live(38)),
        "": Visit(hands.at - 7200, Reconnecting(hands.at - 7198, "gone")),
    }

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await opened(pilot)
        local, gpu, lab = rows(pilot)[1:]
        assert "reconnecting 2s" in local
        assert "2h" in local
        assert "live 38ms" in gpu
        assert "5m" in gpu
        assert "live <1ms" in lab

    drive(make_app(host="lab", visits=visits), script)


def test_a_host_that_is_open_and_not_kept_is_shown_too(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await opened(pilot)
        assert "you@elsewhere" in screen(pilot)
        assert "ssh://you@elsewhere" in screen(pilot)

    drive(make_app(host="you@elsewhere", home="ssh://you@elsewhere"), script)


def test_enter_ends_this_application_for_the_one_on_that_host(make_app: MakeApp) -> None:
    tui = make_app()

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await opened(pilot)
        await pilot.press("j", "enter")
        await until(pilot, lambda: tui.wanted_host)

    drive(tui, script)
    assert tui.wanted_host == "ssh://me@gpu-box"


def test_enter_on_what_is_open_stays(make_app: MakeApp) -> None:
    tui = make_app()

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await opened(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "local is what is open" in screen(pilot))

    drive(tui, script)
    assert tui.wanted_host == ""


def test_the_palette_opens_a_host_or_says_what_is_wrong_with_it(make_app: MakeApp) -> None:
    tui = make_app()

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        app(pilot).action_open_host("nowhere")
        await until(pilot, lambda: "no host is kept as 'nowhere'" in told(pilot))
        app(pilot).action_open_host("ssh://-oProxyCommand=x")
        await until(pilot, lambda: "is not the name of a host" in told(pilot))
        app(pilot).action_open_host("lab")
        await until(pilot, lambda: tui.wanted_host)

    drive(tui, script)
    assert tui.wanted_host == "lab"


def test_a_host_is_added_by_name_and_address(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await opened(pilot)
        await pilot.press("A", *"new nonsense", "enter")
        await until(pilot, lambda: "is not the address of a host" in told(pilot))
        await pilot.press("A", *"new ssh://me@new", "enter")
        await until(pilot, lambda: "ssh://me@new" in "".join(rows(pilot)))

    drive(make_app(), script)
    assert str(hosts.kept()["new"]) == "ssh://me@new"


def test_a_host_is_removed_after_a_confirmation(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await opened(pilot)
        assert "remove_host" in place(pilot).pointless()
        await pilot.press("D")
        assert not isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("j")
        await until(pilot, lambda: selected(pilot) == "gpu-box")
        await pilot.press("D")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "trainauto hosts remove gpu-box" in screen(pilot)
        await pilot.press("enter", "n")
        await until(pilot, lambda: isinstance(pilot.app.screen, HostsScreen))
        assert "gpu-box" in hosts.kept()
        await pilot.press("D", "y")
        await until(pilot, lambda: "gpu-box" not in "".join(rows(pilot)))

    drive(make_app(), script)
    assert list(hosts.kept()) == ["lab"]


def test_hosts_can_be_opened_while_the_link_is_down(make_app: MakeApp, stage: Stage) -> None:
    async def script(pilot: Driver) -> None:
        await opened(pilot)
        assert len(rows(pilot)) == 4
        assert not place(pilot).query_one(HostRows).has_class("-stale")

    stage.close()
    drive(make_app(), script)


def test_a_broken_file_of_hosts_is_told(make_app: MakeApp) -> None:
    hosts.file().write_text(json.dumps({"hosts": ["gpu-box"]}))

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await pilot.press("9")
        await until(pilot, lambda: "is not a list of" in screen(pilot))
        assert "remove it and add them" in screen(pilot)

    drive(make_app(), script)


def test_why_another_host_was_not_opened_is_told(make_app: MakeApp) -> None:
    async def script(pilot: Driver) -> None:
        await until(pilot, lambda: "lab does not let you in" in screen(pilot))

    drive(make_app(notice="lab does not let you in"), script)
