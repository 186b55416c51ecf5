"""When files count as complete, and that each content of each is given to one run."""

import shlex
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from trainautod.artifacts.identity import StatIdentity
from trainautod.triggers.data import MOST_FILES, MOST_PATH_BYTES, STILL_S, Inbox, Look

SECOND = 1_000_000_000


def sight(size: int = 1, mtime: float = 1, ctime: float = 1, ino: int = 1) -> StatIdentity:
    return StatIdentity(1, ino, size, int(mtime * SECOND), int(ctime * SECOND))


def ready(inbox: Inbox, now: float) -> list[str]:
    return [path for path, _ in inbox.ready(now)]


class TestSettling:
    def test_a_file_counts_once_it_stood_still(self) -> None:
        inbox = Inbox(settle_s=2, batch_s=0)
        inbox.see("/a", Look(sight(size=1)), 10)
        inbox.see("/a", Look(sight(size=2, mtime=2)), 11)
        assert (inbox.due(), ready(inbox, 12.9)) == (12, [])
        assert inbox.to_look_at(12) == []  # it has changed since that look was planned
        assert inbox.to_look_at(13) == ["/a"]
        inbox.see("/a", Look(sight(size=2, mtime=2)), 13)
        assert ready(inbox, 13) == ["/a"]

    def test_who_changes_its_mode_does_not_write(self) -> None:
        inbox = Inbox(settle_s=2, batch_s=0)
        inbox.see("/a", Look(sight()), 10)
        inbox.see("/a", Look(sight(ctime=11), written=True), 11)
        inbox.see("/a", Look(sight(ctime=11), written=True), 12)
        assert ready(inbox, 12) == ["/a"]

    def test_a_file_that_was_renamed_after_its_last_write_is_complete_at_once(self) -> None:
        inbox = Inbox(settle_s=2, batch_s=0)
        inbox.see("/a", Look(sight(ctime=1.5), written=False), 10)
        inbox.see("/empty", Look(sight(size=0, ctime=1.5), written=False), 10)
        inbox.see("/written", Look(sight(ctime=1.5), written=True), 10)
        assert ready(inbox, 10) == ["/a"]

    def test_a_file_that_was_seen_growing_is_not_complete_by_a_later_stamp(self) -> None:
        inbox = Inbox(settle_s=2, batch_s=0)
        inbox.see("/a", Look(sight(size=1)), 10)
        inbox.see("/a", Look(sight(size=2, ctime=1.5), written=False), 11)
        assert ready(inbox, 11) == []

    def test_a_marker_completes_a_file(self) -> None:
        inbox = Inbox(settle_s=2, batch_s=0)
        inbox.see("/a", Look(sight()), 10)
        inbox.see("/a", Look(sight(), marked=True), 10.1)
        assert ready(inbox, 10.1) == ["/a"]

    def test_at_settle_0_a_file_counts_when_nobody_writes_to_it(self) -> None:
        inbox = Inbox(settle_s=0, batch_s=0)
        inbox.see("/a", Look(sight(), written=True), 10)
        inbox.see("/b", Look(sight(), written=False), 10)
        assert ready(inbox, 100) == ["/b"]
        due = inbox.due()
        assert due is not None
        assert due <= 10.1

    def test_who_writes_for_long_is_asked_for_seldom(self) -> None:
        inbox, now, looks = Inbox(settle_s=0, batch_s=0), 0.0, 0
        inbox.see("/a", Look(sight(), written=True), now)
        while now < 600:
            due = inbox.due()
            assert due is not None
            now = due
            assert inbox.to_look_at(now) == ["/a"]
            inbox.see("/a", Look(sight(), written=True), now)
            looks += 1
        assert looks < 400

    def test_where_nobody_can_tell_who_writes_a_moment_of_stillness_counts(self) -> None:
        inbox = Inbox(settle_s=0, batch_s=0)
        inbox.see("/a", Look(sight()), 10)
        assert ready(inbox, 10) == []
        assert inbox.to_look_at(10 + STILL_S) == ["/a"]
        inbox.see("/a", Look(sight()), 10 + STILL_S)
        assert ready(inbox, 11) == ["/a"]


class TestBatches:
    def test_the_first_complete_file_opens_a_batch(self) -> None:
        inbox = Inbox(settle_s=0, batch_s=30)
        inbox.see("/b", Look(sight(), written=False), 10)
        inbox.see("/a", Look(sight(), written=False), 39)
        assert ready(inbox, 39.9) == []
        assert inbox.due() == 40
        assert ready(inbox, 40) == ["/a", "/b"]

    def test_what_comes_while_a_batch_goes_opens_the_next(self) -> None:
        inbox = Inbox(settle_s=0, batch_s=30)
        inbox.see("/a", Look(sight(), written=False), 10)
        taken = inbox.ready(40)
        inbox.see("/b", Look(sight(), written=False), 41)
        for path, identity in taken:
            inbox.handled(path, identity)
        assert ready(inbox, 70.9) == []
        assert ready(inbox, 71) == ["/b"]

    def test_a_run_has_so_many_files_at_most(self) -> None:
        inbox = Inbox(settle_s=0, batch_s=0)
        for number in range(MOST_FILES + 1):
            inbox.see(f"/{number:05}", Look(sight(), written=False), 10)
        taken = inbox.ready(10)
        for path, identity in taken:
            inbox.handled(path, identity)
        assert (len(taken), len(inbox.ready(10))) == (MOST_FILES, 1)

    def test_a_run_has_no_more_files_than_a_command_can_name_twice(self) -> None:
        inbox = Inbox(settle_s=0, batch_s=0)
        names = [f"/{number:03}{'é' * 500}" for number in range(100)]
        for path in [*reversed(names), "/" + "x" * MOST_PATH_BYTES]:
            inbox.see(path, Look(sight(), written=False), 10)
        taken = ready(inbox, 10)
        assert taken == names[-len(taken) :]
        assert len(" ".join(map(shlex.quote, taken)).encode()) in range(
            MOST_PATH_BYTES - 1100, MOST_PATH_BYTES
        )
        for path in names:
            inbox.put_off(path)
        assert len(ready(inbox, 10)) == 1  # whatever its length

    def test_what_cannot_go_now_is_held(self) -> None:
        inbox = Inbox(settle_s=0, batch_s=0)
        inbox.see("/a", Look(sight(), written=False), 10)
        inbox.hold(15)
        assert (ready(inbox, 14), inbox.due(), ready(inbox, 15)) == ([], 15, ["/a"])

    def test_a_complete_file_that_is_written_to_waits_again(self) -> None:
        inbox = Inbox(settle_s=2, batch_s=30)
        inbox.see("/a", Look(sight(), marked=True), 10)
        inbox.see("/a", Look(sight(size=9, mtime=12, ctime=12)), 12)
        assert ready(inbox, 100) == []

    def test_a_file_that_is_gone_is_forgotten(self) -> None:
        inbox = Inbox(settle_s=0, batch_s=0)
        inbox.see("/a", Look(sight(), written=False), 10)
        inbox.see("/a", None, 11)
        assert (ready(inbox, 12), inbox.due()) == ([], None)


class TestMemory:
    def test_a_handled_file_needs_no_look_until_it_changes(self) -> None:
        inbox = Inbox(settle_s=0, batch_s=0)
        inbox.handled("/a", sight())
        inbox.see("/a", Look(sight(), written=False), 10)
        assert ready(inbox, 10) == []
        inbox.see("/a", Look(sight(ctime=2), written=False), 11)
        assert ready(inbox, 11) == ["/a"]

    def test_a_file_written_just_now_is_read_once_more(self) -> None:
        inbox = Inbox(settle_s=0, batch_s=30)
        inbox.doubted("/a", sight(), 10)
        assert inbox.to_look_at(9.9) == []
        assert inbox.to_look_at(10) == ["/a"]
        inbox.see("/a", Look(sight(), written=False), 10)
        assert ready(inbox, 10) == ["/a"]  # and opens no batch

    def test_files_that_a_scan_does_not_find_are_forgotten(self) -> None:
        inbox = Inbox(settle_s=0, batch_s=0)
        inbox.handled("/a", sight())
        inbox.handled("/b", sight())
        inbox.keep({"/b"})
        assert not inbox.is_handled("/a", hash(sight()))
        assert inbox.is_handled("/b", hash(sight()))

    @pytest.mark.parametrize("marked", [True, False])
    def test_files_of_a_folder_that_wait_for_its_marker(self, marked: bool) -> None:
        inbox = Inbox(settle_s=2, batch_s=0)
        inbox.see("/in/a", Look(sight(), marked=marked), 10)
        inbox.see("/in/x/a", Look(sight()), 10)
        assert inbox.in_folder("/in") == ([] if marked else ["/in/a"])


TICK_S = 0.01  # of the file system's clock: two writes within it may look alike
PATHS = ("/in/a", "/in/b", "/in/c")
CONTENTS = (b"", b"1", b"2", b"long")


@dataclass
class File:
    """A file of the model's world."""

    ino: int
    content: bytes
    mtime: float
    ctime: float
    is_open: bool = False


class Arriving(RuleBasedStateMachine):
    """Files are written, renamed and touched; news of them is doubled, late or lost."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.003
        self.files: dict[str, File] = {}
        self.inodes = 0
        self.runs: list[tuple[str, bytes]] = []
        self.seen: set[tuple[str, bytes]] = set()  # the store's table
        self.settle_s = self.batch_s = 0.0
        self.inbox: Inbox

    @initialize(settle_s=st.sampled_from([0.0, 0.5]), batch_s=st.sampled_from([0.0, 1.0]))
    def open(self, settle_s: float, batch_s: float) -> None:
        self.settle_s, self.batch_s = settle_s, batch_s
        self.crash()

    @property
    def stamp(self) -> float:
        return self.now // TICK_S * TICK_S

    @rule(path=st.sampled_from(PATHS), content=st.sampled_from(CONTENTS), closes=st.booleans())
    def write(self, path: str, content: bytes, closes: bool) -> None:
        file = self.files.get(path)
        if file is None:
            self.inodes += 1
            file = self.files[path] = File(self.inodes, b"", 0, 0)
        file.content, file.mtime, file.ctime = content, self.stamp, self.stamp
        file.is_open = not closes

    @rule(path=st.sampled_from(PATHS), content=st.sampled_from(CONTENTS))
    def rename_into_place(self, path: str, content: bytes) -> None:
        self.inodes += 1
        self.files[path] = File(self.inodes, content, self.stamp - 1, self.stamp)

    @rule(path=st.sampled_from(PATHS))
    def touch(self, path: str) -> None:
        if (file := self.files.get(path)) is not None:
            file.mtime = file.ctime = self.stamp

    @rule(path=st.sampled_from(PATHS))
    def close(self, path: str) -> None:
        if (file := self.files.get(path)) is not None:
            file.is_open = False

    @rule(path=st.sampled_from(PATHS))
    def delete(self, path: str) -> None:
        self.files.pop(path, None)

    @rule(paths=st.lists(st.sampled_from(PATHS), max_size=4))
    def news(self, paths: list[str]) -> None:
        for path in paths:
            self.inbox.see(path, self.look(path), self.now)
        self.deliver()

    @rule()
    def scan(self) -> None:
        self.inbox.keep(set(self.files))
        self.news(list(self.files))

    @rule(seconds=st.sampled_from([0.001, 0.004, 0.02, 0.06, 0.3, 1.1]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.news(self.inbox.to_look_at(self.now))

    @rule()
    def crash(self) -> None:
        self.inbox = Inbox(self.settle_s, self.batch_s)

    @rule(path=st.sampled_from(PATHS))
    def cannot_read(self, path: str) -> None:
        self.inbox.put_off(path)

    def look(self, path: str) -> Look | None:
        file = self.files.get(path)
        return None if file is None else Look(self.identity(file), written=file.is_open)

    @staticmethod
    def identity(file: File) -> StatIdentity:
        return sight(len(file.content), file.mtime, file.ctime, file.ino)

    def deliver(self) -> None:
        """What the shell does: read, ask the store, start a run, remember."""
        for path, identity in self.inbox.ready(self.now):
            file = self.files.get(path)
            if file is None or self.identity(file) != identity:
                self.inbox.put_off(path)
                self.inbox.see(path, self.look(path), self.now)
                continue
            if (path, file.content) not in self.seen:
                self.runs.append((path, file.content))
                self.seen.add((path, file.content))
            if identity.reliable(int(self.now * SECOND)):
                self.inbox.handled(path, identity)
            else:
                self.inbox.doubted(path, identity, self.now + 0.06)

    @invariant()
    def no_content_has_two_runs(self) -> None:
        assert len(self.runs) == len(set(self.runs))

    @invariant()
    def what_is_to_come_is_planned(self) -> None:
        if hasattr(self, "inbox") and self.inbox.ready(self.now):
            due = self.inbox.due()
            assert due is not None
            assert due <= self.now

    def teardown(self) -> None:
        if not hasattr(self, "inbox"):
            return
        for path in self.files:
            self.close(path)
        self.scan()
        for _ in range(20):  # no news comes any more; only what is planned is done
            self.wait(0.3)
        assert {(p, f.content) for p, f in self.files.items()} <= set(self.runs)
        assert self.inbox.due() is None  # and then there is rest


TestArriving = Arriving.TestCase
TestArriving.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
