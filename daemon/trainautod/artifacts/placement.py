"""Putting files of the store and links to inputs into a sandbox, and clearing it away."""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from trainautod.artifacts.digest import Digester, FileDigest
from trainautod.artifacts.errors import OutputEscapes, PlacementConflict
from trainautod.artifacts.identity import StatIdentity
from trainautod.artifacts.objects import ObjectStore
from trainautod.artifacts.outputs import normalised
from trainautod.artifacts.snapshot import Linked, Placed


@dataclass(frozen=True, slots=True)
class Placement:
    """A file of the store to be placed at a relative path; size in bytes.

    Code is always a file of its own: an interpreter looks for its modules beside the file that a
    link leads to.
    """

    path: str
    digest: str
    size: int
    executable: bool = False
    role: Literal["code", "upstream"] = "upstream"


def inside(path: str) -> str:
    """A path of a file in the sandbox in its plain form.

    Raises:
        PlacementConflict: It is empty, absolute, has a `..` part, or is the sandbox itself.
    """
    try:
        plain = normalised(path)
    except OutputEscapes as error:
        raise PlacementConflict(path, error.detail) from None
    if plain == ".":
        raise PlacementConflict(path, "that is the sandbox itself")
    return plain


def resolve_links(
    links: Mapping[str, str | os.PathLike[str]], digester: Digester
) -> tuple[dict[str, Linked], list[str]]:
    """Every linked file by its path in the sandbox, and the linked folders, empty ones too."""
    linked: dict[str, Linked] = {}
    folders: list[str] = []
    for path, given in links.items():
        place, source = inside(path), os.path.abspath(given)
        if os.path.isdir(source):
            folders.append(place)
            for below, file in digester.tree(source).items():
                linked[f"{place}/{below}"] = _linked(f"{source}/{below}", file)
        else:
            linked[place] = _linked(source, _file_digest(source, digester))
    return linked, folders


def make_empty(root: str, objects: ObjectStore) -> None:
    """Make the folder, only for its owner; one that exists is cleared away first."""
    try:
        os.mkdir(root, 0o700)
    except FileExistsError:
        remove_tree(root, objects)
        os.mkdir(root, 0o700)


def make_folders(root: str, files: Sequence[str], folders: Sequence[str]) -> None:
    """Make `folders` and those that `files` lie in, below `root`.

    Raises:
        PlacementConflict: A path would be a file and a folder at once.
    """
    needed = {folder for file in files if "/" in file for folder in _above(file)}
    needed.update(folder for path in folders for folder in (*_above(path), path))
    for conflict in sorted(needed.intersection(files)):
        raise PlacementConflict(conflict)
    for folder in sorted(needed):
        os.mkdir(f"{root}/{folder}")


def place(root: str, path: str, item: Placement, objects: ObjectStore) -> Placed:
    """Put one file of the store at `path` below `root`; its folder exists."""
    done = objects.materialise(
        item.digest, f"{root}/{path}", item.executable, link=item.role != "code"
    )
    target = str(objects.path(item.digest)) if done.linked else None
    return Placed(item.digest, item.size, item.executable, done.identity, target)


def remove_tree(root: str, objects: ObjectStore) -> None:
    """Delete a folder and all below it; steps may have taken away its permissions."""
    if not os.path.lexists(root):
        return
    pending, folders = [root], list[str]()
    while pending:
        folder = pending.pop()
        folders.append(folder)
        if os.lstat(folder).st_mode & 0o700 != 0o700:
            os.chmod(folder, 0o700)
        with os.scandir(folder) as entries:
            for entry in list(entries):
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    objects.release(entry.path)
    for folder in reversed(folders):
        os.rmdir(folder)


def _file_digest(source: str, digester: Digester) -> FileDigest:
    status = os.stat(source)
    executable = bool(status.st_mode & stat.S_IXUSR)
    digest = digester.file(source)
    return FileDigest(digest, status.st_size, executable, StatIdentity.of(status))


def _linked(source: str, file: FileDigest) -> Linked:
    return Linked(source, file.digest, file.size, file.executable, file.identity)


def _above(path: str) -> list[str]:
    """The folders that `path` lies in, from the top: `a/b/c` gives `a`, `a/b`."""
    return list(accumulate(path.split("/")[:-1], lambda outer, inner: f"{outer}/{inner}"))
