"""What people read when a link does not come up."""

import pytest

from trainauto_tui.client.address import Address
from trainauto_tui.client.ssh_errors import explained
from trainauto_tui.errors import LinkLost, NoDaemon, Refused, TrainautoError, Unexpected

BOX = Address("box", "me")
CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Host key for box has changed and you have requested strict checking.
Host key verification failed.
"""


@pytest.mark.parametrize(
    ("said", "error", "message", "hint"),
    [
        (CHANGED, Refused, "is not the machine it was", "ssh-keygen -R box"),
        ("Host key verification failed.", Refused, "is not known here", "ssh me@box"),
        ("me@box: Permission denied (publickey).", Refused, "does not let you in", "ssh me@box"),
        ("Too many authentication failures", Refused, "does not let you in", "ssh me@box"),
        (
            "ssh: Could not resolve hostname box: Name or service not known",
            NoDaemon,
            "no machine is called box",
            "~/.ssh/config",
        ),
        (
            "ssh: connect to host box port 22: Connection refused",
            NoDaemon,
            "takes no ssh connections",
            "sshd",
        ),
        ("ssh: connect to host box port 22: No route to host", NoDaemon, "no way to box", "VPN"),
        ("ssh: connect to host box port 22: Connection timed out", NoDaemon, "not answer", "up?"),
        ("kex_exchange_identification: read: gone", LinkLost, "did not come up", "ssh me@box"),
        ("", LinkLost, "the link to me@box did not come up", "ssh me@box"),
    ],
)
def test_words_of_ssh_become_an_error_with_a_hint(
    said: str, error: type[TrainautoError], message: str, hint: str
) -> None:
    told = explained(BOX, 255, said)
    assert type(told) is error
    assert message in told.message
    assert hint in told.hint
    for line in said.strip().splitlines():
        assert not line.strip("@") or line.strip() in told.message


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (127, "bash: line 1: trainauto: command not found"),
        (127, "sh: 1: trainauto: not found"),
        (126, "sh: trainauto: Permission denied"),
        (1, "trainauto: Command not found."),
    ],
)
def test_a_missing_program_is_told_with_where_it_has_to_be(code: int, said: str) -> None:
    told = explained(BOX._replace(port=2222), code, said)
    assert type(told) is NoDaemon
    assert "no trainauto on the PATH of its non-interactive shell" in told.message
    assert said in told.message
    assert "ssh -p 2222 me@box 'echo $PATH'" in told.hint


@pytest.mark.parametrize(
    "said",
    [
        "trainauto: unknown verb 'dial-stdio'\nSee: trainauto --help",
        "trainauto: unrecognized arguments: --read-only\nSee: trainauto dial-stdio --help",
    ],
)
def test_another_version_over_there_is_told(said: str) -> None:
    told = explained(BOX, 2, said)
    assert "is of another version" in told.message


def test_what_the_far_trainauto_says_is_passed_on_with_its_meaning() -> None:
    said = "trainauto: the daemon did not come up: no space left\nits log: /x/daemon.log"
    told = explained(BOX, 3, said)
    assert type(told) is NoDaemon
    assert told.message == (
        "me@box: the daemon did not come up: no space left\nits log: /x/daemon.log"
    )
    assert type(explained(BOX, 5, "trainauto: it belongs to another user")) is Refused


def test_anything_else_is_told_with_its_code() -> None:
    told = explained(BOX, 9, "Traceback")
    assert type(told) is Unexpected
    assert "ended with 9:\n  Traceback" in told.message


def test_silence_is_told_as_such() -> None:
    told = explained(BOX, None, "")
    assert type(told) is NoDaemon
    assert told.message == "me@box did not answer in time"


def test_a_long_story_is_cut_to_its_end() -> None:
    told = explained(BOX, 255, "\n".join(f"line {number}" for number in range(50)))
    assert told.message.count("\n") == 6
    assert told.message.endswith("line 49")


def test_a_port_is_part_of_the_name_of_a_host_key() -> None:
    told = explained(BOX._replace(port=2222), 255, CHANGED)
    assert told.hint.endswith("ssh-keygen -R '[box]:2222'")
