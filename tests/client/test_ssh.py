"""The link to another machine, with an ``ssh`` that runs its command on this one."""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.conftest import TRAINAUTO
from tests.support.far_machine import FarMachine
from tests.support.screens import on_terminal
from tests.support.scripted_daemon import ScriptedDaemon, serving
from tests.support.waiting import wait_until
from trainauto_tui.client import Client, ssh
from trainauto_tui.client.address import Address
from trainauto_tui.client.ssh import Link, command, dial_command, plain
from trainauto_tui.errors import LinkLost, NoDaemon, Refused, TrainautoError, Unavailable
from trainautod.home import socket_path

LENDING = """
import signal, sys, time
from trainauto_tui.client import Client
from trainauto_tui.client.address import Address
from trainauto_tui.client.ssh import Link

client = Client(Link(Address("box", home=sys.argv[1]), may_start=False).connect)
client.status()
pressed = []
signal.signal(signal.SIGINT, lambda *_: pressed.append("ctrl-c"))
print("the terminal is lent", flush=True)
while not pressed:
    time.sleep(0.01)
print("\\npid", client.status()["pid"])
"""


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FarMachine:
    far = FarMachine(tmp_path)
    monkeypatch.setenv("PATH", far.path)
    return far


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[ScriptedDaemon]:
    (tmp_path / "home").mkdir(mode=0o700)
    with serving(socket_path(tmp_path / "home")) as daemon:
        yield daemon


@pytest.fixture
def link(tmp_path: Path, far: FarMachine) -> Iterator[Link]:
    link = Link(Address("box", "me", 2222, str(tmp_path / "home")), may_start=False)
    yield link
    link.close()


def test_ssh_gets_the_address_and_nothing_that_could_be_an_option() -> None:
    words = command(Address("box", "me", 2222), ["trainauto", "dial-stdio", "--home", "/a b"], True)
    assert words[0] == "ssh"
    assert words[-7:] == ["-l", "me", "-p", "2222", "--", "box", words[-1]]
    assert words[-1] == "trainauto dial-stdio --home '/a b'"
    assert "-C" in words
    assert "BatchMode=yes" not in words
    assert "BatchMode=yes" in command(Address("box"), ["true"], ask=False)


def test_the_far_end_is_told_its_home_and_what_it_may_do() -> None:
    assert dial_command(Address("box"), False, True) == ["trainauto", "dial-stdio"]
    assert dial_command(Address("box", home="~/x"), True, False) == [
        "trainauto", "dial-stdio", "--home", "~/x", "--read-only", "--no-start",
    ]  # fmt: skip


def test_all_requests_share_one_ssh(daemon: ScriptedDaemon, link: Link, far: FarMachine) -> None:
    far.before(f"echo started >> {far.path.partition(os.pathsep)[0]}/count")
    client = Client(link.connect)
    assert [client.status()["pid"] for _ in range(5)] == [4242] * 5
    count = Path(far.path.partition(os.pathsep)[0], "count").read_text()
    assert count == "started\n"


def test_what_start_files_print_is_passed_over(
    daemon: ScriptedDaemon, link: Link, far: FarMachine
) -> None:
    far.before("echo 'Welcome to box!'; printf 'trainauto-'")
    assert Client(link.connect).status()["pid"] == 4242


def test_a_far_machine_without_a_daemon_says_so_and_the_link_stays(link: Link) -> None:
    client = Client(link.connect)
    for _ in range(2):
        with pytest.raises(Unavailable, match="no daemon answers at") as caught:
            client.status()
        assert caught.value.exit_code == 3
        assert caught.value.hint == "start one with: trainauto daemon start"


def test_a_far_machine_without_trainauto_says_what_to_do(link: Link, far: FarMachine) -> None:
    far.without_trainauto()
    with pytest.raises(NoDaemon, match="has no trainauto on the PATH") as caught:
        link.connect()
    assert "trainauto: not found" in caught.value.message
    assert "ssh -p 2222 me@box 'echo $PATH'" in caught.value.hint


def test_words_of_ssh_are_told_without_control_characters(link: Link, far: FarMachine) -> None:
    far.before(r"printf '\033]0;title\007me@box: \033[31mPermission denied\033[0m (publickey).\r\n'"
               " >&2; exit 255")  # fmt: skip
    with pytest.raises(Refused, match="me@box does not let you in") as caught:
        link.connect()
    assert caught.value.message.endswith(":\n  ]0;titleme@box: Permission denied (publickey).")


def test_a_machine_without_ssh_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoDaemon, match="no ssh on this machine"):
        Link(Address("box")).connect()


def test_one_that_does_not_answer_is_given_up(
    link: Link, far: FarMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "ANSWERS_WITHIN_S", 0.3)
    far.before("exec sleep 60")
    link.draw()
    with pytest.raises(NoDaemon, match="did not answer in time"):
        link.connect()


def test_one_that_talks_without_end_is_given_up(link: Link, far: FarMachine) -> None:
    far.before("exec yes")
    with pytest.raises(TrainautoError, match="says something else than a trainauto"):
        link.connect()


def test_what_ssh_says_while_it_waits_is_shown_at_once_and_not_in_a_drawing(
    daemon: ScriptedDaemon, tmp_path: Path, far: FarMachine
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    far.before(f"echo Touch your key. >&2; read answer < {gate}")
    told: list[str] = []

    def show(text: str) -> None:
        told.append(text)
        gate.write_text("touched\n")

    link = Link(Address("box", home=str(tmp_path / "home")), may_start=False, tell=show)
    assert Client(link.connect).status()["pid"] == 4242
    assert told == ["Touch your key."]
    link.close()


def test_ctrl_c_in_a_terminal_that_was_lent_leaves_the_link_alone(
    daemon: ScriptedDaemon, tmp_path: Path, far: FarMachine
) -> None:
    far.before(f"echo dialled >> {tmp_path}/dialled")
    lending = [sys.executable, "-c", LENDING, str(tmp_path / "home")]
    code, written = on_terminal(lending, interrupt_when="the terminal is lent\r\n")
    assert (code, written.splitlines()[-1]) == (0, "pid 4242")
    assert (tmp_path / "dialled").read_text() == "dialled\n"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([*TRAINAUTO, "--host", "ssh://box", "status"], id="trainauto"),
        pytest.param(
            [sys.executable, "-m", "trainauto_tui.app", "--host", "ssh://box"], id="trainauto-tui"
        ),
    ],
)
def test_ctrl_c_at_a_question_of_ssh_ends_both(
    tmp_path: Path, far: FarMachine, command: list[str]
) -> None:
    asks = f"echo $$ > {tmp_path}/pid; printf 'password: ' > /dev/tty; read answer < /dev/tty"
    far.before(asks)
    code, written = on_terminal(command, interrupt_when="password: ")
    assert code == 130
    assert "Traceback" not in written
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "ssh to end")


def test_a_failure_is_told_to_all_who_ask_and_tried_once(link: Link, far: FarMachine) -> None:
    counted = Path(far.path.partition(os.pathsep)[0], "count")
    far.before(f"echo tried >> {counted}; exit 255")
    failures: list[TrainautoError] = []

    def ask() -> None:
        try:
            link.connect()
        except TrainautoError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == 4
    assert counted.read_text() == "tried\n"


def test_a_broken_link_is_dialled_again(
    daemon: ScriptedDaemon, link: Link, far: FarMachine, tmp_path: Path
) -> None:
    far.before(f"echo $$ > {tmp_path}/pid")
    client = Client(link.connect)
    with link.connect() as open_one:
        open_one.settimeout(20)
        os.kill(int((tmp_path / "pid").read_text()), 9)
        assert open_one.recv(1) == b""
    assert client.status()["pid"] == 4242


def test_a_link_that_was_closed_stays_closed_and_leaves_no_process(
    daemon: ScriptedDaemon, link: Link, far: FarMachine, tmp_path: Path
) -> None:
    far.before(f"echo $$ > {tmp_path}/pid")
    link.connect().close()
    pid = int((tmp_path / "pid").read_text())
    link.close()
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "ssh to end")
    with pytest.raises(LinkLost):
        link.connect()


def test_a_link_that_is_closed_while_it_dials_leaves_no_process(
    daemon: ScriptedDaemon, link: Link, far: FarMachine, tmp_path: Path
) -> None:
    far.before(f"echo $$ > {tmp_path}/pid; read line < {tmp_path}/gate")
    os.mkfifo(tmp_path / "gate")
    ended = threading.Event()

    def dial() -> None:
        with suppress(TrainautoError):
            link.connect().close()
        ended.set()

    threading.Thread(target=dial, daemon=True).start()
    wait_until((tmp_path / "pid").exists, "ssh to start")
    link.close()
    (tmp_path / "gate").write_text("go\n")
    assert ended.wait(20)
    pid = int((tmp_path / "pid").read_text())
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "ssh to end")


def test_big_answers_come_whole_while_a_stream_is_open(daemon: ScriptedDaemon, link: Link) -> None:
    daemon.logs["r", "a", 1] = os.urandom(3_000_000)
    client = Client(link.connect)
    with link.connect() as stream:
        stream.sendall(b"GET /events HTTP/1.1\r\nAccept: text/event-stream\r\n")
        log = client.log("r", "a", limit=3_000_000)
        assert log.data == daemon.logs["r", "a", 1][: len(log.data)]
        assert len(log.data) == 3_000_000


def test_escapes_and_controls_of_others_are_taken_out() -> None:
    assert plain(b"\x1b[2Jone\r\ntwo\rthree\x07\xff\n") == "one\ntwo\nthree\ufffd"


def test_a_link_can_be_used_as_any_connected_socket(daemon: ScriptedDaemon, link: Link) -> None:
    began = time.monotonic()
    with link.connect() as connection:
        connection.sendall(b"GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert connection.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"
    assert time.monotonic() - began < 20
