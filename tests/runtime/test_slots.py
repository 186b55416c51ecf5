"""Sharing the machine: never too much, never twice, and everybody's turn comes."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from trainautod.engine import Needs
from trainautod.runtime.slots import PATIENCE, Capacity, Holder, Lease, SlotTable

GiB = 1 << 30


def holder(number: int) -> Holder:
    return ("run", f"s{number}")


def names(granted: list[tuple[Holder, Lease]]) -> list[str]:
    return [step for (_, step), _ in granted]


capacities = st.builds(
    Capacity,
    st.integers(1, 8).map(float),
    st.integers(1, 8).map(lambda n: n * GiB),
    st.lists(st.integers(0, 9), unique=True, max_size=4).map(lambda ids: tuple(sorted(ids))),
)
needs = st.builds(
    Needs,
    st.sampled_from([0.1, 0.5, 1.0, 2.0, 3.0, 8.0]),
    st.integers(0, 4),
    st.integers(0, 8).map(lambda n: n * GiB),
)


class Sharing(RuleBasedStateMachine):
    """Requests, grants and ends in any order."""

    @initialize(capacity=capacities)
    def build(self, capacity: Capacity) -> None:
        self.table = SlotTable(capacity)
        self.waiting: dict[Holder, Needs] = {}
        self.held: dict[Holder, Lease] = {}
        self.count = 0

    @rule(asked=needs)
    def request(self, asked: Needs) -> None:
        self.count += 1
        self.table.request(holder(self.count), asked)
        self.waiting[holder(self.count)] = asked

    @rule()
    def grant(self) -> None:
        for who, lease in self.table.grant():
            assert lease.needs == self.waiting.pop(who)
            assert who not in self.held
            self.held[who] = lease

    @precondition(lambda self: self.held or self.waiting)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted([*self.held, *self.waiting])))
        self.table.withdraw(who)
        self.held.pop(who, None)
        self.waiting.pop(who, None)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def ask_twice(self, data: st.DataObject) -> None:
        self.table.request(data.draw(st.sampled_from(sorted(self.held))), Needs(0.1))

    @invariant()
    def nothing_is_given_that_is_not_there(self) -> None:
        if not hasattr(self, "table"):
            return
        capacity, leases = self.table.capacity, self.held.values()
        assert sum(lease.needs.cpus for lease in leases) <= capacity.cpus + 1e-6
        assert sum(lease.needs.memory_bytes for lease in leases) <= capacity.memory_bytes
        leased = [gpu for lease in leases for gpu in lease.gpus]
        assert len(set(leased)) == len(leased)
        assert set(leased) <= set(capacity.gpus)
        assert all(len(lease.gpus) == lease.needs.gpus for lease in leases)
        assert self.table.usage()["gpus"]["used"] == sorted(leased)

    def teardown(self) -> None:
        """Let everything end: whoever can be served at all is served."""
        if not hasattr(self, "table"):
            return
        for _ in range(2 * self.count + 2):
            self.grant()
            for who in list(self.held):
                self.table.withdraw(who)
                del self.held[who]
        assert all(self.table.capacity.lacks(asked) for asked in self.waiting.values())


TestSharing = Sharing.TestCase
TestSharing.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(st.integers(1, 4), st.integers(1, 30))
def test_equals_are_served_in_the_order_in_which_they_came(cpus: int, count: int) -> None:
    table = SlotTable(Capacity(cpus, GiB))
    for number in range(count):
        table.request(holder(number), Needs(1))
    order: list[str] = []
    while len(order) < count:
        granted = table.grant()
        assert granted
        order += names(granted)
        for who, _ in granted:
            table.withdraw(who)
    assert order == [f"s{number}" for number in range(count)]


def test_a_large_request_is_passed_for_a_while_and_then_all_wait_for_it() -> None:
    table = SlotTable(Capacity(4, GiB))
    for number in range(4):
        table.request(holder(number), Needs(1))
    running = [who for who, _ in table.grant()]
    large = ("run", "large")
    table.request(large, Needs(4))
    passed = 0
    for number in range(4, 500):
        table.request(holder(number), Needs(1))
        table.withdraw(running.pop(0))
        granted = [who for who, _ in table.grant()]
        if large in granted:
            break
        passed += len(granted)
        running += granted
        if not running:
            break
    assert large in granted
    assert passed == PATIENCE


def test_a_small_request_may_pass_a_large_one_that_does_not_fit() -> None:
    table = SlotTable(Capacity(2, GiB))
    table.request(holder(1), Needs(1))
    table.request(holder(2), Needs(2))
    table.request(holder(3), Needs(1))
    assert names(table.grant()) == ["s1", "s3"]


def test_a_request_that_can_never_be_met_stops_nobody() -> None:
    table = SlotTable(Capacity(2, GiB))
    table.request(("run", "huge"), Needs(64))
    for number in range(PATIENCE * 3):
        table.request(holder(number), Needs(2))
        assert names(table.grant()) == [f"s{number}"]
        table.withdraw(holder(number))


def test_gpus_are_leased_by_index_and_given_back() -> None:
    table = SlotTable(Capacity(8, GiB, (0, 2, 5)))
    table.request(holder(1), Needs(1, 2))
    table.request(holder(2), Needs(1, 1))
    table.request(holder(3), Needs(1, 1))
    assert [lease.gpus for _, lease in table.grant()] == [(0, 2), (5,)]
    assert table.grant() == []
    table.withdraw(holder(1))
    ((who, lease),) = table.grant()
    assert (who, lease.gpus) == (holder(3), (0,))


def test_memory_is_shared_too() -> None:
    table = SlotTable(Capacity(8, 4 * GiB))
    table.request(holder(1), Needs(1, 0, 3 * GiB))
    table.request(holder(2), Needs(1, 0, 2 * GiB))
    assert names(table.grant()) == ["s1"]
    table.withdraw(holder(1))
    assert names(table.grant()) == ["s2"]


def test_tenths_of_a_cpu_add_up_to_one() -> None:
    table = SlotTable(Capacity(1, GiB))
    for number in range(10):
        table.request(holder(number), Needs(0.1))
    assert len(table.grant()) == 10


def test_what_was_alive_before_a_restart_keeps_what_it_holds() -> None:
    table = SlotTable(Capacity(2, GiB, (0, 1)))
    table.restore(holder(1), Needs(1, 1), (1,))
    table.request(holder(1), Needs(1, 1))
    table.request(holder(2), Needs(1, 1))
    ((who, lease),) = table.grant()
    assert (who, lease.gpus) == (holder(2), (0,))
    assert table.usage() == {
        "cpus": {"total": 2, "used": 2},
        "memory_bytes": {"total": GiB, "used": 0},
        "gpus": {"total": [0, 1], "used": [0, 1]},
    }


def test_asking_twice_is_asking_once() -> None:
    table = SlotTable(Capacity(4, GiB))
    table.request(holder(1), Needs(1))
    table.request(holder(1), Needs(1))
    assert len(table.grant()) == 1
    assert table.grant() == []


def test_leaving_the_queue_is_leaving_for_good() -> None:
    table = SlotTable(Capacity(1, GiB))
    table.request(holder(1), Needs(1))
    table.withdraw(holder(1))
    table.withdraw(holder(1))
    assert table.grant() == []


def test_what_the_machine_lacks_is_told_in_its_unit() -> None:
    machine = Capacity(4, 8 * GiB, (0,))
    assert machine.lacks(Needs(4, 1, 8 * GiB)) is None
    assert machine.lacks(Needs(4.5)) == "needs 4.5 cpus, this machine offers 4"
    assert machine.lacks(Needs(1, 2)) == "needs 2 gpus, this machine offers 1"
    told = "needs 9.0 GiB, this machine offers 8.0 GiB"
    assert machine.lacks(Needs(1, 0, 9 * GiB)) == told
