"""What went wrong between this machine and another one, told so that one knows what to do.

``ssh`` says little in its exit code: 255 is any failure of its own, and everything else is that of
the command it ran. Its words say more; they are quoted, and the hint is ours.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from trainauto_tui.client.address import Address, login
from trainauto_tui.errors import LinkLost, NoDaemon, Refused, TrainautoError, Unexpected

SSH_FAILED = 255
NOT_FOUND = 127
NOT_EXECUTABLE = 126
OF_TRAINAUTO = {3: NoDaemon, 5: Refused}  # exit codes that ``trainauto dial-stdio`` means
SHOWN = 6  # lines of what was said


class _Case(NamedTuple):
    """One thing that ``ssh`` may say, and what it means for a person."""

    words: str
    error: type[TrainautoError]
    message: str
    hint: str


_CASES = (
    _Case(
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        Refused,
        "{account} is not the machine it was: its host key has changed",
        "if you know why, forget the old key: ssh-keygen -R {keyed}",
    ),
    _Case(
        "Host key verification failed",
        Refused,
        "the host key of {account} is not known here",
        "compare and accept it once: {login}",
    ),
    _Case(
        "Permission denied|Too many authentication failures|No supported authentication",
        Refused,
        "{account} does not let you in",
        "this has to work first: {login}",
    ),
    _Case(
        "Could not resolve hostname",
        NoDaemon,
        "no machine is called {host}",
        "check the name, or add it to ~/.ssh/config",
    ),
    _Case(
        "Connection refused",
        NoDaemon,
        "{host} takes no ssh connections on that port",
        "is sshd running there, and on that port?",
    ),
    _Case(
        "No route to host|Network is unreachable",
        NoDaemon,
        "there is no way to {host} from here",
        "is the network up, and a VPN that it may need?",
    ),
    _Case(
        "timed out|Timeout",
        NoDaemon,
        "{host} does not answer",
        "is it up? try: {login}",
    ),
)


def explained(where: Address, code: int | None, said: str) -> TrainautoError:
    """Return the error for a link that did not come up.

    Args:
        where: the machine.
        code: exit code of ``ssh``; None when it was still waiting when time was up.
        said: what was written to standard error, harmless.
    """
    if code is None:
        return NoDaemon(
            f"{where.account} did not answer in time{_quoted(said)}",
            hint=f"try: {login(where)}",
        )
    if code == SSH_FAILED or code < 0:
        return _of_ssh(where, said)
    return _of_the_far_end(where, code, said)


def _of_ssh(where: Address, said: str) -> TrainautoError:
    for case in _CASES:
        if re.search(case.words, said):
            names = {
                "account": where.account,
                "host": where.host,
                "keyed": f"'[{where.host}]:{where.port}'" if where.port else where.host,
                "login": login(where),
            }
            message = case.message.format(**names) + _quoted(said)
            return case.error(message, hint=case.hint.format(**names))
    message = f"the link to {where.account} did not come up{_quoted(said)}"
    return LinkLost(message, hint=f"try: {login(where)}")


def _of_the_far_end(where: Address, code: int, said: str) -> TrainautoError:
    if code in (NOT_FOUND, NOT_EXECUTABLE) or "ommand not found" in said:
        return NoDaemon(
            f"{where.account} has no trainauto on the PATH of its non-interactive shell"
            + _quoted(said),
            hint=f"install it there, or link it into a folder that this shows: "
            f"{login(where)} 'echo $PATH'",
        )
    if "unknown verb" in said or "unrecognized arguments" in said:
        return Unexpected(
            f"the trainauto on {where.account} is of another version{_quoted(said)}",
            hint="install the same version on both machines",
        )
    if kind := OF_TRAINAUTO.get(code):
        return kind(f"{where.account}: {_first(said)}", hint="")
    return Unexpected(
        f"trainauto dial-stdio on {where.account} ended with {code}{_quoted(said)}",
        hint=f"try: {login(where)} trainauto status",
    )


def _quoted(said: str) -> str:
    lines = _lines(said)
    return ":\n" + "\n".join(f"  {line}" for line in lines) if lines else ""


def _first(said: str) -> str:
    """Return what the far ``trainauto`` said, without its name in front."""
    text = "\n".join(_lines(said)).removeprefix("trainauto: ")
    return text or "its daemon cannot be reached"


def _lines(said: str) -> list[str]:
    """Return the last lines that say something; rules of ``@`` around a warning do not."""
    lines = [line.strip() for line in said.splitlines()]
    return [line for line in lines if line.strip("@ ")][-SHOWN:]
