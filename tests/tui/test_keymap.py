from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.commands import COMMANDS
from trainauto_tui.keymap import NAMES, Keymap

KEYS = st.sampled_from(["f2", "ctrl+x", "x", "Z", "T", "j", "space"])


def test_the_table_itself_has_no_problem() -> None:
    assert list(Keymap().problems()) == []


def test_a_command_gets_the_keys_that_the_reader_wants() -> None:
    keymap = Keymap({"zoom": ("x", "f2")})
    assert keymap.of(NAMES["zoom"]).keys == ("x", "f2")
    assert keymap.of(NAMES["quit"]) is NAMES["quit"]
    assert keymap.bindings() == {"zoom": "x,f2"}


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    assert list(Keymap({"zom": ("x",)}).problems()) == [
        "[keys] zom: no command is called so; did you mean zoom?"
    ]


def test_a_key_with_two_meanings_in_one_place_is_told_once() -> None:
    assert list(Keymap({"cancel": ("T",)}).problems()) == [
        "[keys] 'T' would mean both trigger and cancel (runs)"
    ]


def test_keys_may_change_places() -> None:
    assert list(Keymap({"cancel": ("K",), "retry": ("X",)}).problems()) == []


@given(st.dictionaries(st.sampled_from(sorted(NAMES)), st.tuples(KEYS), max_size=4))
def test_a_keymap_without_problems_gives_every_key_one_meaning(
    keys: dict[str, tuple[str, ...]],
) -> None:
    keymap = Keymap(keys)
    meanings: dict[str, set[str]] = {}
    for one in COMMANDS:
        if not one.screens:
            for key in keymap.of(one).keys:
                meanings.setdefault(key, set()).add(one.name)
    ambiguous = any(len(names) > 1 for names in meanings.values())
    assert bool(list(keymap.problems())) or not ambiguous
