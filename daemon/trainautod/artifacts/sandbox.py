"""The directory an attempt runs in: what it may read is placed in it, what it wrote is collected.

Files from the store are copies of their own (or links to the read-only object when large), and
inputs from outside are links, file by file in real folders: so a step cannot disturb another, a
file that arrives in an input folder meanwhile is not seen, and whatever is new or changed after
the step is its output.
"""

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainautod.artifacts.digest import Digester
from trainautod.artifacts.errors import (
    ArtifactError,
    InputModified,
    OutputEscapes,
    OutputUnreadable,
)
from trainautod.artifacts.identity import StatIdentity
from trainautod.artifacts.objects import ObjectStore
from trainautod.artifacts.outputs import (
    Entry,
    Kind,
    listing,
    matching,
    normalised,
    wanted_names,
)
from trainautod.artifacts.placement import (
    Placement,
    inside,
    make_empty,
    make_folders,
    place,
    remove_tree,
    resolve_links,
)
from trainautod.artifacts.snapshot import Linked, Snapshot
from trainautod.failpoints import declare, failpoint

declare("artifacts.collect.before", "artifacts.collect.after")


@dataclass(frozen=True, slots=True)
class Collected:
    """An output that is in the store now: path in the sandbox, digest, size in bytes."""

    path: str
    digest: str
    size: int
    executable: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A path that may be an output: `full` holds its content, unless `digest` is known already.

    A `foreign` file lies outside the sandbox, and holds what the step read only if its digest is
    still the `expected` one. One with a `refusal` must not be declared.
    """

    full: str
    executable: bool
    size: int
    digest: str | None = None
    changed: bool = True
    foreign: bool = False
    expected: str | None = None
    refusal: str | None = None


class Sandbox:
    """One attempt's directory and the snapshot of what was placed in it."""

    def __init__(self, directory: str, snapshot: Snapshot, objects: ObjectStore) -> None:
        self.directory = Path(directory)
        self._snapshot = snapshot
        self._objects = objects

    @classmethod
    def create(
        cls,
        directory: str | os.PathLike[str],
        files: Iterable[Placement] = (),
        links: Mapping[str, str | os.PathLike[str]] | None = None,
        *,
        objects: ObjectStore,
    ) -> "Sandbox":
        """Make the directory and place files and links in it.

        A directory that is there already was left by a crash before the step began; it is made
        anew. Where a file and a link claim one path, the file stands.

        Args:
            directory: Where; its parent must exist.
            files: Files of the store; a later one replaces an earlier one of the same path.
            links: Relative path in the sandbox to the absolute file or folder it stands for.
            objects: The store that the files come from and the outputs go to.

        Raises:
            ObjectMissing: A file is not in the store; run its producer again.
            PlacementConflict: A path is absolute, has `..`, or is a file and a folder at once.
            FileKeepsChanging: An input was being written to.
            OSError: An input does not exist, or the disk refused.
        """
        root = os.path.abspath(directory)
        wanted = {inside(placement.path): placement for placement in files}
        linked, folders = resolve_links(links or {}, objects.digester)
        linked = {path: item for path, item in linked.items() if path not in wanted}
        make_empty(root, objects)
        make_folders(root, [*wanted, *linked], folders)
        placed = {path: place(root, path, item, objects) for path, item in wanted.items()}
        for path, item in linked.items():
            os.symlink(item.source, f"{root}/{path}")
        return cls(root, Snapshot(placed, linked), objects)

    @property
    def linked(self) -> Mapping[str, str]:
        """The digest of every linked input file when it was linked, by its path here.

        Compare them with those in the cache key: an input may have changed in between.
        """
        return {path: item.digest for path, item in self._snapshot.linked.items()}

    def snapshot_to_json(self) -> str:
        """All that a restarted daemon needs to collect, as one JSON document."""
        return self._snapshot.to_json(str(self.directory))

    @classmethod
    def from_json(cls, text: str, *, objects: ObjectStore) -> "Sandbox":
        """The sandbox whose `snapshot_to_json` this is.

        Raises:
            SnapshotUnreadable: The text is damaged or was written by another version.
        """
        directory, snapshot = Snapshot.from_json(text)
        return cls(directory, snapshot, objects)

    def collect(
        self, declared: Sequence[str] = (), *, inputs_kept: bool = False
    ) -> tuple[Collected, ...]:
        """Store everything that is new or changed, and all that is declared; sorted by path.

        A placed file that was deleted, or written again with the same bytes, is no output unless
        it is declared. Collecting again gives the same answer.

        Args:
            declared: Relative files, folders or patterns; see `outputs.matching`.
            inputs_kept: The links are known to have led to the same bytes until the step ended;
                what has become of them since does not matter.

        Raises:
            OutputMissing: A declared output was not written, or is a folder without files.
            OutputEscapes: A declared path or a link leads out of the sandbox, or a declared
                output is a FIFO, socket or device.
            OutputUnreadable: A file or folder cannot be read.
            InputModified: The step, or someone meanwhile, changed a file that it only links to.
            NameNotText: An output's name is not UTF-8.
        """
        failpoint("artifacts.collect.before")
        names = [normalised(path) for path in declared]
        self._verify_objects()
        if not inputs_kept:
            self._verify_links()
        candidates = self._candidates(names)
        required = self._required(names, candidates)
        chosen = {
            path: item
            for path, item in candidates.items()
            if path in required or (item.changed and item.refusal is None)
        }
        collected = self._store(chosen, required)
        failpoint("artifacts.collect.after")
        return collected

    def remove(self) -> None:
        """Delete the directory and all in it; links are deleted, not followed."""
        remove_tree(str(self.directory), self._objects)

    def _verify_objects(self) -> None:
        for path, placed in self._snapshot.placed.items():
            if placed.target is not None and not self._objects.check(placed.digest):
                raise InputModified(path)

    def _verify_links(self) -> None:
        for path, linked in self._snapshot.linked.items():
            if not _unchanged(linked, self._objects.digester):
                raise InputModified(path, linked.source)

    def _candidates(self, declared: Sequence[str]) -> dict[str, _Candidate]:
        found: dict[str, _Candidate] = {}
        outside: dict[str, _Candidate] | None = None
        keep = wanted_names(declared)
        for entry in listing(str(self.directory), keep):
            if entry.kind is Kind.FILE:
                found[entry.path] = self._file(entry)
            elif entry.kind is Kind.SPECIAL:
                found[entry.path] = _refused(entry, "it is a FIFO, socket or device")
            elif (own := self._own_link(entry)) is not None:
                found[entry.path] = own
            else:
                outside = self._outside() if outside is None else outside
                found.update(self._followed(entry, keep, outside))
        return dict(sorted(found.items()))

    def _file(self, entry: Entry) -> _Candidate:
        placed = self._snapshot.placed.get(entry.path)
        changed = placed is None or StatIdentity.of(entry.stat) != placed.identity
        return _candidate(entry.full, entry.stat, changed=changed)

    def _own_link(self, entry: Entry) -> _Candidate | None:
        """The candidate for a link that we placed and the step left alone."""
        placed = self._snapshot.placed.get(entry.path)
        linked = self._snapshot.linked.get(entry.path)
        target = os.readlink(entry.full)
        if placed is not None and placed.target == target:
            return _Candidate(target, placed.executable, placed.size, placed.digest, changed=False)
        if linked is not None and linked.source == target:
            return _refused(entry, f"it is the input {target} itself")
        return None

    def _outside(self) -> dict[str, _Candidate]:
        """The files outside that the step may link to, because we linked to them: by real path."""
        sources = {
            os.path.realpath(item.source): _Candidate(
                item.source, item.executable, item.size, foreign=True, expected=item.digest
            )
            for item in self._snapshot.linked.values()
        }
        for item in self._snapshot.placed.values():
            if item.target is not None:
                candidate = _Candidate(item.target, item.executable, item.size, item.digest)
                sources[os.path.realpath(item.target)] = candidate
        return sources

    def _followed(
        self, entry: Entry, keep: Iterable[str], outside: Mapping[str, _Candidate]
    ) -> dict[str, _Candidate]:
        """What a link that the step made stands for; nothing when it dangles within."""
        real = os.path.realpath(entry.full)
        root = os.path.realpath(self.directory)
        if real in outside:
            return {entry.path: outside[real]}
        if real != root and not real.startswith(f"{root}/"):
            raise OutputEscapes(entry.path, f"it links to {os.readlink(entry.full)}")
        try:
            status = os.stat(real)
        except OSError:  # it leads nowhere, or in a circle
            return {}
        if stat.S_ISDIR(status.st_mode):
            return self._followed_folder(entry, real, frozenset(keep))
        if not stat.S_ISREG(status.st_mode):
            return {entry.path: _refused(entry, "it links to a FIFO, socket or device")}
        return {entry.path: _candidate(real, status)}

    def _followed_folder(
        self, entry: Entry, real: str, keep: frozenset[str]
    ) -> dict[str, _Candidate]:
        """The plain files of a linked folder; links below it count where they themselves lie."""
        if f"{os.path.realpath(os.path.dirname(entry.full))}/".startswith(f"{real}/"):
            return {}  # a link to a folder that it lies in has no end
        return {
            item.path: _candidate(item.full, item.stat)
            for item in listing(real, keep, f"{entry.path}/")
            if item.kind is Kind.FILE
        }

    def _required(
        self, declared: Sequence[str], candidates: Mapping[str, _Candidate]
    ) -> frozenset[str]:
        inputs = {path for path in self._snapshot.linked if path in candidates}
        own = {path for path in inputs if candidates[path].refusal is not None}
        visible = {path: item for path, item in candidates.items() if path not in own}
        required: set[str] = set()
        for name in declared:
            for path in [name] if name in own else matching(name, visible):
                refusal = candidates[path].refusal
                if refusal is not None:
                    raise OutputEscapes(path, refusal)
                required.add(path)
        return frozenset(required)

    def _store(
        self, chosen: Mapping[str, _Candidate], required: frozenset[str]
    ) -> tuple[Collected, ...]:
        try:
            repeated = self._repeated(chosen, required)
            unknown = {
                path: item
                for path, item in chosen.items()
                if item.digest is None and path not in repeated
            }
            digests = self._put(unknown)
        except PermissionError as error:
            raise OutputUnreadable(self._relative(error.filename)) from error
        return tuple(
            Collected(path, item.digest or digests[path], item.size, item.executable)
            for path, item in chosen.items()
            if path not in repeated
        )

    def _repeated(
        self, chosen: Mapping[str, _Candidate], required: frozenset[str]
    ) -> frozenset[str]:
        """The placed files that the step wrote again with the very same bytes."""
        rewritten = [path for path in chosen if path in self._snapshot.placed]
        rewritten = [path for path in rewritten if path not in required]
        digests = self._objects.digester.files([chosen[path].full for path in rewritten])
        return frozenset(
            path
            for path, digest in zip(rewritten, digests, strict=True)
            if self._snapshot.placed[path].digest == digest
        )

    def _put(self, unknown: Mapping[str, _Candidate]) -> dict[str, str]:
        digests: dict[str, str] = {}
        for foreign in (False, True):  # a file outside is another's: copied, never linked
            paths = [path for path, item in unknown.items() if item.foreign is foreign]
            stored = self._objects.put_files(
                [
                    os.path.realpath(unknown[path].full) if foreign else unknown[path].full
                    for path in paths
                ],
                link=not foreign,
            )
            digests.update(zip(paths, (item.digest for item in stored), strict=True))
        for path, item in unknown.items():
            if item.expected is not None and digests[path] != item.expected:
                raise InputModified(path, item.full)
        return digests

    def _relative(self, full: str | None) -> str:
        return os.path.relpath(full, self.directory) if full else str(self.directory)


def _candidate(full: str, status: os.stat_result, *, changed: bool = True) -> _Candidate:
    executable = bool(status.st_mode & stat.S_IXUSR)
    return _Candidate(full, executable, status.st_size, changed=changed)


def _refused(entry: Entry, reason: str) -> _Candidate:
    return _Candidate(entry.full, False, 0, refusal=reason)


def _unchanged(linked: Linked, digester: Digester) -> bool:
    try:
        if StatIdentity.of(os.stat(linked.source)) == linked.identity:
            return True
        return digester.file(linked.source) == linked.digest
    except (OSError, ArtifactError):
        return False
