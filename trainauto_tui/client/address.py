"""The address of another machine's daemon: ``ssh://user@box[:port][/home]``.

What stands in it ends up on the command line of ``ssh``, and from there perhaps in a
``ProxyCommand`` that a shell reads. So it is taken apart strictly: nothing that looks like an
option, and nothing that means something to a shell.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from trainauto_tui.errors import Usage

SCHEME = "ssh://"
FORM = "write it as ssh://user@box, ssh://user@box:port or ssh://user@box/its/home"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?")
_USER = re.compile(r"[^\W-][\w.@+\\-]*")
_PORT = re.compile(r"[0-9]{1,5}")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Address(NamedTuple):
    """A machine, and which daemon on it.

    Attributes:
        host: its name, or an alias that ``~/.ssh/config`` knows, or an IP address.
        user: who to be there; None for what ``ssh`` would choose.
        port: where its ``sshd`` listens; None for what ``ssh`` would choose.
        home: home directory of the daemon there, absolute or starting with ``~``; None for that
            machine's own default.
    """

    host: str
    user: str | None = None
    port: int | None = None
    home: str | None = None

    @property
    def account(self) -> str:
        """The machine as one gives it to ``ssh``: ``user@box``."""
        return f"{self.user}@{self.host}" if self.user else self.host

    def __str__(self) -> str:
        """Return the URL that ``parse`` turns into this address."""
        host = f"[{quote(self.host, safe=':')}]" if ":" in self.host else self.host
        user = f"{quote(self.user, safe='+')}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        home = quote(self.home) if self.home else ""
        return f"{SCHEME}{user}{host}{port}{'/' if home.startswith('~') else ''}{home}"


def login(where: Address) -> str:
    """Return the command that logs in there by hand."""
    return f"ssh -p {where.port} {where.account}" if where.port else f"ssh {where.account}"


def parse(url: str) -> Address:
    """Return what ``url`` says.

    ``%41`` stands for a character, IPv6 addresses stand in brackets, and ``/~/data`` is below the
    far user's own home.

    Raises:
        Usage: it is not such a URL, or has something in it that has no business there.
    """
    if not url.startswith(SCHEME):
        raise Usage(f"{_shown(url)} is not the address of a host", hint=FORM)
    if mark := re.search(r"[?#]", url):
        raise Usage(f"{_shown(url)}: nothing may follow a {mark[0]!r}", hint=FORM)
    if _ESCAPE.search(url):
        raise Usage(f"{_shown(url)}: a % is written as %25", hint=FORM)
    authority, slash, path = url[len(SCHEME) :].partition("/")
    user, at, place = authority.rpartition("@")
    host, port = _place(place, url)
    return Address(
        host=host,
        user=_user(user, url) if at else None,
        port=_port(port, url) if port is not None else None,
        home=_home(slash + unquote(path), url),
    )


def _place(place: str, url: str) -> tuple[str, str | None]:
    """Return host and port, the port still as text."""
    if place.startswith("["):
        inner, bracket, rest = place[1:].partition("]")
        host = unquote(inner)
        fits = bracket and (not rest or rest.startswith(":")) and _IPV6.fullmatch(host)
        port = rest[1:] if rest else None
    else:
        name, colon, text = place.partition(":")
        host = unquote(name)
        fits = _NAME.fullmatch(host)
        port = text if colon else None
    if not fits:
        raise Usage(f"{_shown(url)}: {_shown(host)} is not the name of a host", hint=FORM)
    return host, port


def _user(text: str, url: str) -> str:
    if ":" in text:
        raise Usage(
            "a password has no place in an address", hint="ssh asks for it, or better: use a key"
        )
    user = unquote(text)
    if not _USER.fullmatch(user):
        raise Usage(f"{_shown(url)}: {_shown(user)} is not the name of a user", hint=FORM)
    return user


def _port(text: str, url: str) -> int:
    if not _PORT.fullmatch(text) or not 1 <= int(text) <= 65535:
        raise Usage(f"{_shown(url)}: {_shown(text)} is not a port (1 to 65535)", hint=FORM)
    return int(text)


def _home(path: str, url: str) -> str | None:
    if any(ord(mark) < 32 or ord(mark) == 127 for mark in path) or "\ufffd" in path:
        raise Usage(f"{_shown(url)}: the home has a character in it that no path should have")
    if path.startswith("/~"):
        return path[1:]
    return path if path.strip("/") else None


def _shown(text: str) -> str:
    """Return text of unknown origin, quoted and without what could steer a terminal."""
    return repr(text)
