"""What lies in a sandbox after its step: a listing by kind, and the match with declared paths.

Left out, unless their very name is declared: `__pycache__`, `.ipynb_checkpoints` and `*.pyc`.
Empty folders are no output. Hidden files count. FIFOs, sockets and devices have no content to
store: one that merely lies there (many libraries leave sockets) is passed over, one that is
declared is refused.
"""

import fnmatch
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from trainautod.artifacts.digest import text_name
from trainautod.artifacts.errors import OutputEscapes, OutputMissing, OutputUnreadable

_IGNORED_FOLDERS = frozenset({"__pycache__", ".ipynb_checkpoints"})
_MAGIC = re.compile(r"[*?\[]")


class Kind(Enum):
    """What a path in a sandbox is."""

    FILE = "file"
    LINK = "link"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True)
class Entry:
    """One path below a folder; `stat` is that of the path itself, links not followed."""

    path: str
    full: str
    kind: Kind
    stat: os.stat_result


def listing(root: str, keep: Collection[str] = (), prefix: str = "") -> Iterator[Entry]:
    """Every file, link and special file below `root`; links to folders are not entered.

    Args:
        root: The folder.
        keep: Names that are listed although they would be left out.
        prefix: Put before each path; empty, or ending in `/`.

    Raises:
        NameNotText: A name is not UTF-8.
        OutputUnreadable: A folder cannot be listed.
    """
    pending = [(root, prefix)]
    while pending:
        folder, before = pending.pop()
        for entry in _scan(folder, before):
            if _ignored(entry.name) and entry.name not in keep:
                continue
            path = text_name(before + entry.name)
            if entry.is_dir(follow_symlinks=False):
                pending.append((entry.path, f"{path}/"))
                continue
            with suppress(FileNotFoundError):  # a leftover process may still be deleting
                status = entry.stat(follow_symlinks=False)
                yield Entry(path, entry.path, _kind(status.st_mode), status)


def normalised(declared: str) -> str:
    """A declared output as a plain relative path: `./a//b/` is `a/b`, the sandbox itself is `.`.

    Raises:
        OutputEscapes: It is empty, absolute, or has a `..` part.
    """
    parts = declared.split("/")
    if not declared or declared.startswith("/"):
        raise OutputEscapes(declared or "''", "the path is not relative")
    if ".." in parts:
        raise OutputEscapes(declared, "the path has a '..' part")
    return "/".join(part for part in parts if part not in ("", ".")) or "."


def matching(declared: str, paths: Mapping[str, object]) -> list[str]:
    """The paths that a declared output (see `normalised`) stands for, in their given order.

    A file is itself, a folder its files. Where there is neither, it is a pattern: `*` and `?`
    within one part, `[…]`, and `**` across parts; a folder that matches is its files.

    Raises:
        OutputMissing: Nothing matches.
    """
    if declared in paths:
        return [declared]
    below = "" if declared == "." else f"{declared}/"
    found = [path for path in paths if path.startswith(below)]
    if not found and _MAGIC.search(declared):
        pattern = _pattern(declared)
        found = [path for path in paths if pattern.fullmatch(path)]
    if not found:
        raise OutputMissing(declared)
    return found


def wanted_names(declared: Sequence[str]) -> frozenset[str]:
    """Every part of the declared paths: names that are listed even if usually left out."""
    return frozenset(part for path in declared for part in path.split("/"))


def _scan(folder: str, prefix: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except PermissionError:
        raise OutputUnreadable(prefix.rstrip("/")) from None


def _ignored(name: str) -> bool:
    return name in _IGNORED_FOLDERS or name.endswith(".pyc")


def _kind(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return Kind.FILE
    return Kind.LINK if stat.S_ISLNK(mode) else Kind.SPECIAL


_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?+[^/][^\]/]*\]|.", re.DOTALL)


def _pattern(glob: str) -> re.Pattern[str]:
    translated = "".join(_translate(token) for token in _TOKEN.findall(glob))
    return re.compile(f"{translated}(?:/.*)?", re.DOTALL)


def _translate(token: str) -> str:
    fixed = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(token)
    if fixed is not None:
        return fixed
    # The standard library knows the shell's sets; what it adds at the end is "end of text".
    return re.escape(token) if len(token) == 1 else "(?!/)" + fnmatch.translate(token)[:-2]
