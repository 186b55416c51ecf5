"""The hosts that a person keeps: names for addresses, in one small file of their own.

``$XDG_CONFIG_HOME/trainauto/hosts.json``, written as a whole and renamed into place, so that a
reader never sees half of it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainauto_tui.client import address
from trainauto_tui.client.address import Address
from trainauto_tui.configuration import config_directory
from trainauto_tui.errors import Invalid, NotFound, Usage

LOCAL = "local"  # the name of this machine; nothing else can be kept under it
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def file() -> Path:
    """Return where the hosts are kept."""
    return config_directory() / "hosts.json"


def kept() -> dict[str, Address]:
    """Return the kept hosts by name, in the order of their names.

    Raises:
        Invalid: the file cannot be read, or is not what this program writes.
    """
    path = file()
    try:
        urls = json.loads(path.read_text("utf-8"))["hosts"]
        return {name: address.parse(url) for name, url in sorted(urls.items())}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, Usage) as error:
        raise Invalid(
            f"{path} is not a list of hosts: {error}", hint="mend it, or remove it and add them"
        ) from error


def keep(name: str, url: str) -> Address:
    """Keep the address ``url`` as ``name``, in the place of what was kept so; return it.

    Raises:
        Usage: the name or the URL will not do.
        Invalid: the file of hosts is broken.
    """
    if not _NAME.fullmatch(name) or name == LOCAL:
        raise Usage(
            f"{name!r} cannot be the name of a kept host",
            hint=f"letters, digits and . _ - will do, and anything but {LOCAL!r}",
        )
    where = address.parse(url)
    with _changing():
        _write(kept() | {name: where})
    return where


def forget(name: str) -> Address:
    """Keep ``name`` no longer and return what it stood for; raises NotFound."""
    with _changing():
        hosts = kept()
        if name not in hosts:
            raise _unknown(name, hosts)
        where = hosts.pop(name)
        _write(hosts)
    return where


def resolve(text: str) -> Address | None:
    """Return the address that ``text``, a URL or the name of a kept host, means.

    None stands for this machine, which is called ``local``.

    Raises:
        Usage: it is a URL, and not a valid one.
        NotFound: it is a name, and nothing is kept under it.
    """
    if text in {"", LOCAL}:
        return None
    if "://" in text:
        return address.parse(text)
    hosts = kept()
    if text not in hosts:
        raise _unknown(text, hosts)
    return hosts[text]


def name_of(where: Address) -> str:
    """Return what to call ``where``: the name it is kept under, else ``user@box``."""
    return next((name for name, one in kept().items() if one == where), where.account)


def chosen(host: str | None, home: str | None) -> Address | None:
    """Return which machine the options ``--host`` and ``--home`` mean; None for this one.

    Without ``--host`` it is ``TRAINAUTO_HOST``, unless ``--home`` names a folder of this machine.

    Raises:
        Usage: both options were given, or the URL is not valid.
        NotFound: nothing is kept under that name.
    """
    if host is None:
        return None if home else resolve(os.environ.get("TRAINAUTO_HOST", ""))
    where = resolve(host)
    if where is not None and home is not None:
        raise Usage(
            "--home is a folder of this machine; it does not go with --host",
            hint="the far one stands in the address: ssh://user@box/its/home",
        )
    return where


def _unknown(name: str, hosts: dict[str, Address]) -> NotFound:
    known = ", ".join(hosts) or "none"
    return NotFound(
        f"no host is kept as {name!r}; kept: {known}",
        hint=f"keep one: trainauto hosts add NAME URL; or {address.FORM}",
    )


@contextmanager
def _changing() -> Iterator[None]:
    """Hold the folder, so that two changes at once do not lose one of them."""
    import fcntl

    folder = file().parent
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _write(hosts: dict[str, Address]) -> None:
    document = {"hosts": {name: str(hosts[name]) for name in sorted(hosts)}}
    path = file()
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as out:
        out.write(json.dumps(document, indent=2) + "\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
