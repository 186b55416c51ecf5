"""The terminal UI over a real ``ssh``: live, through a cut, and from one host to another."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.remote.conftest import Gated
from tests.support.daemons import LiveDaemon
from tests.support.sshd import Sshd
from tests.tui.driving import Driver, drive, place, screen, settled, until
from tests.tui.test_app import Terminal
from trainauto_tui.client import Client
from trainauto_tui.client.address import parse
from trainauto_tui.client.ssh import Link
from trainauto_tui.errors import Refused
from trainauto_tui.shell import Options, TrainautoApp

pytestmark = pytest.mark.slow


@pytest.fixture
def link(there: str) -> Iterator[Link]:
    link = Link(parse(there), ask=False)
    yield link
    link.close()


def test_a_run_is_shown_live_and_a_cut_link_comes_back_without_losing_the_screen(
    daemon: LiveDaemon, link: Link, sshd: Sshd, gated: Gated
) -> None:
    run_id = daemon.submit(gated.file)
    daemon.wait_for_step(run_id, "wait", "running")
    tui = TrainautoApp(Client(link.connect), Options(run=run_id, host="box"))

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        await until(pilot, lambda: f"first {gated.mark}" in screen(pilot))
        assert "box  ● live" in screen(pilot)
        await asyncio.to_thread(sshd.stop)
        await until(pilot, lambda: "reconnecting" in screen(pilot))
        assert f"first {gated.mark}" in screen(pilot)
        assert "cancel" in place(pilot).pointless()
        gated.open()
        await asyncio.to_thread(daemon.finish, run_id)
        await asyncio.to_thread(sshd.start)
        await pilot.press("r")
        await until(pilot, lambda: tui.session.live)
        await until(pilot, lambda: f"second {gated.mark}" in screen(pilot))
        await until(pilot, lambda: "succeeded" in screen(pilot))
        assert place(pilot).address == ("run", run_id)

    drive(tui, script)


def test_it_opens_one_host_after_another(
    daemon: LiveDaemon, there: str, sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINAUTO_HOME", str(daemon.home))
    terminal = Terminal("--host", there, "--no-start")

    def shows(text: str) -> None:
        assert terminal.read_until(lambda: text.encode() in terminal.written), terminal.written
        terminal.written = b""

    shows("live")
    terminal.press(b"9")
    shows("not opened yet")
    terminal.press(b"g\r")
    shows("opening local")
    shows("live")
    terminal.press(b":")
    shows("command")
    terminal.press(b"host ssh://stranger")
    shows("Go to the daemon")
    terminal.press(b"\r")
    shows("does not let you in")
    terminal.press(b"q")
    assert terminal.exit_code() == 0


def test_ctrl_c_in_the_pager_leaves_the_link_alone(
    daemon: LiveDaemon, there: str, sshd: Sshd, gated: Gated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGER", """sh -c 'trap "echo stays" INT; cat; read line < /dev/tty'""")
    run_id = daemon.submit(gated.file)
    daemon.wait_for_step(run_id, "wait", "running")
    logins = sshd.log().count("Accepted publickey")
    terminal = Terminal("--host", there, "--run", run_id, controls=True)

    def shows(text: str) -> None:
        assert terminal.read_until(lambda: text.encode() in terminal.written), terminal.written
        terminal.written = b""

    shows(f"first {gated.mark}")
    terminal.press(b"\t")
    shows("pager")
    terminal.press(b"o")
    shows(f"first {gated.mark}\r\n")
    terminal.press(b"\x03")
    shows("stays")
    terminal.press(b"\r")
    gated.open()
    shows(f"second {gated.mark}")
    terminal.press(b"q")
    assert terminal.exit_code() == 0
    assert sshd.log().count("Accepted publickey") == logins + 1


def test_a_host_that_cannot_be_opened_is_told_before_anything_is_drawn(sshd: Sshd) -> None:
    terminal = Terminal("--host", "ssh://stranger")
    assert terminal.exit_code() == 5
    assert b"stranger does not let you in" in terminal.written
    assert b"this has to work first: ssh stranger" in terminal.written
    assert b"\x1b[?1049h" not in terminal.written


def test_a_key_that_may_only_look_finds_changes_refused(
    daemon: LiveDaemon, sshd: Sshd, gated: Gated
) -> None:
    link = Link(parse("ssh://watcher"), ask=False)
    client = Client(link.connect)
    assert client.status()["access"] == "read-only"
    with pytest.raises(Refused, match="read-only"):
        client.submit({"path": str(gated.file)})
    link.close()
