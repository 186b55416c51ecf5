"""When a file that arrives counts as complete, and when the complete ones go into a run.

A file counts once its size and time stood still for ``settle``; or at once when a marker says so,
or when it was renamed or stamped after its last write, as programs do that write elsewhere first.
With ``settle: 0`` it counts when nobody has it open for writing any more.

Nothing here knows a clock or a file: times are seconds of any clock that only goes forward.
"""

import heapq
import os
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from trainautod.artifacts.identity import StatIdentity

#: Most files of one run: as many as a page of runs can show.
MOST_FILES = 1000

#: Most bytes of their paths: a command is one argument, of 128 KiB at most on Linux, and this
#: leaves room for naming all files twice, in quotes.
MOST_PATH_BYTES = 56 << 10

#: How long a file has to stand still at ``settle: 0`` where nobody can tell who writes to it.
STILL_S = 0.02

_FIRST_LOOK_S = 0.01  # until somebody who has it open is asked for again
_LAST_LOOK_S = 2.0


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a file showed.

    Attributes:
        sight: How it is now.
        marked: Whether a marker, newer than the file, says that it is complete.
        written: Whether somebody has it open for writing; None where that is not known.
    """

    sight: StatIdentity
    marked: bool = False
    written: bool | None = None


@dataclass(slots=True)
class _Growing:
    """A file that may not be complete.

    Attributes:
        since: When it was first seen with these bytes.
        is_first: Whether nothing was known of its path before.
        look_at: When to look at it again.
    """

    sight: StatIdentity
    since: float
    is_first: bool
    look_at: float = 0.0


class Inbox:
    """The files of one trigger, from the first sight of them until a run has them.

    Args:
        settle_s: How long a file must stand still.
        batch_s: How long a run waits for more files after the first complete one.
    """

    def __init__(self, settle_s: float, batch_s: float) -> None:
        self.settle_s = settle_s
        self.batch_s = batch_s
        self._handled: dict[str, int] = {}  # the hash of how a file was: a third of the memory
        self._growing: dict[str, _Growing] = {}
        self._complete: dict[str, tuple[StatIdentity, float]] = {}  # oldest first, with since when
        self._doubtful: dict[str, StatIdentity] = {}
        self._checked: dict[str, StatIdentity] = {}
        self._agenda: list[tuple[float, str]] = []
        self._held_until = 0.0

    def is_handled(self, path: str, sight_hash: int) -> bool:
        """Whether a file, as it is, needs no more looks; any thread may ask."""
        return self._handled.get(path) == sight_hash

    def see(self, path: str, look: Look | None, now: float) -> None:
        """Take in how a file is now; None when there is none."""
        if look is None:
            self._forget(path)
            self._handled.pop(path, None)
        elif self.is_handled(path, hash(look.sight)):
            self._forget(path)
        elif self._awaits_run(path, look.sight):
            pass
        elif self._doubtful.get(path) == look.sight:
            self._checked[path] = self._doubtful.pop(path)
        else:
            self._grow(path, look, now)

    def _grow(self, path: str, look: Look, now: float) -> None:
        known = self._growing.get(path)
        if known is None or not known.sight.same_bytes_as(look.sight):
            is_first = known is None and not self._knows(path)
            self._forget(path)
            known = self._growing[path] = _Growing(look.sight, now, is_first)
        known.sight = look.sight
        if self._is_complete(known, look, now):
            del self._growing[path]
            self._complete[path] = (look.sight, now)
        else:
            known.look_at = self._next_look(known, look, now)
            heapq.heappush(self._agenda, (known.look_at, path))

    def _awaits_run(self, path: str, sight: StatIdentity) -> bool:
        complete = self._complete.get(path)
        return self._checked.get(path) == sight or (complete is not None and complete[0] == sight)

    def _knows(self, path: str) -> bool:
        places = (self._handled, self._growing, self._complete, self._doubtful, self._checked)
        return any(path in place for place in places)

    def _is_complete(self, file: _Growing, look: Look, now: float) -> bool:
        if look.marked:
            return True
        if self.settle_s == 0:
            return not look.written if look.written is not None else now >= file.since + STILL_S
        sight = look.sight
        if file.is_first and sight.size and sight.ctime_ns > sight.mtime_ns and not look.written:
            return True
        return now >= file.since + self.settle_s  # as the next look is planned

    def _next_look(self, file: _Growing, look: Look, now: float) -> float:
        if self.settle_s:
            return file.since + self.settle_s
        if look.written is None:
            return file.since + STILL_S
        return now + min(max(_FIRST_LOOK_S, (now - file.since) / 4), _LAST_LOOK_S)

    def to_look_at(self, now: float) -> list[str]:
        """Return the files that must be looked at now, and take them off the agenda."""
        found: dict[str, None] = {}
        while self._agenda and self._agenda[0][0] <= now:
            at, path = heapq.heappop(self._agenda)
            file = self._growing.get(path)
            if path in self._doubtful or (file is not None and file.look_at == at):
                found[path] = None
        return list(found)

    def in_folder(self, folder: str) -> list[str]:
        """Return the files directly in a folder that are not known to be complete."""
        prefix = folder.rstrip("/") + "/"
        return [p for p in self._growing if p.startswith(prefix) and "/" not in p[len(prefix) :]]

    def ready(self, now: float) -> list[tuple[str, StatIdentity]]:
        """Return the complete files that go into a run now, in the order of their paths.

        Of more than a run takes it is the first ones that were seen. They stay until they are
        ``handled``, ``doubted`` or put off.
        """
        if now < self._held_until:
            return []
        found = iter(self._checked.items())
        closes = self._batch_closes()
        if closes is not None and now >= closes:
            complete = ((path, sight) for path, (sight, _) in self._complete.items())
            found = chain(found, complete)
        return sorted(_for_one_run(found))

    def due(self) -> float | None:
        """Return when there is something to do next; None when only news can change anything."""
        times = [self._agenda[0][0]] if self._agenda else []
        if (closes := self._batch_closes()) is not None:
            times.append(max(closes, self._held_until))
        if self._checked:
            times.append(self._held_until)
        return min(times, default=None)

    def _batch_closes(self) -> float | None:
        first = next(iter(self._complete.values()), None)
        return None if first is None else first[1] + self.batch_s

    def handled(self, path: str, sight: StatIdentity) -> None:
        """Forget a file that has its run, or had it before, until it changes."""
        self._forget(path)
        self._handled[path] = hash(sight)

    def doubted(self, path: str, sight: StatIdentity, at: float) -> None:
        """Compare the bytes of a file once more: a write just now need not show in its times."""
        self._forget(path)
        self._doubtful[path] = sight
        heapq.heappush(self._agenda, (at, path))

    def put_off(self, path: str) -> None:
        """Take a file that cannot be read as one never seen: the next scan sees it anew."""
        self._forget(path)

    def hold(self, until: float) -> None:
        """Keep the complete files, whose run cannot be started now."""
        self._held_until = until

    def keep(self, paths: Container[str]) -> None:
        """Forget the handled files that are not among those that a scan has found."""
        for path in [path for path in self._handled if path not in paths]:
            del self._handled[path]

    def _forget(self, path: str) -> None:
        for place in (self._growing, self._complete, self._doubtful, self._checked):
            place.pop(path, None)


def _for_one_run(files: Iterable[tuple[str, StatIdentity]]) -> Iterator[tuple[str, StatIdentity]]:
    """Yield the first file, and as many more as fit into a run beside it."""
    room = MOST_PATH_BYTES
    for path, sight in islice(files, MOST_FILES):
        size = len(os.fsencode(path)) + 3  # two quotes and a blank
        if size > room < MOST_PATH_BYTES:
            return
        room -= size
        yield path, sight
