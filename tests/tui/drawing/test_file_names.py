from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.drawing.file_names import short

PARTS = st.lists(st.sampled_from(["a", "b", "x.json"]), min_size=1, max_size=5)


def test_a_file_is_named_with_its_folder() -> None:
    assert short(["/a/monitoring/x.json", "/a/monitoring/y.json", "/z"]) == {
        "/a/monitoring/x.json": "monitoring/x.json",
        "/a/monitoring/y.json": "monitoring/y.json",
        "/z": "/z",
    }


def test_those_that_end_alike_are_named_with_as_many_folders_as_they_differ_in() -> None:
    alike = ["/srv/a/monitoring/x.json", "/srv/b/monitoring/x.json", "/srv/b/other/x.json"]
    names = short(alike)
    assert [names[path] for path in alike] == [
        "a/monitoring/x.json",
        "b/monitoring/x.json",
        "other/x.json",
    ]
    inner, outer = "/monitoring/x.json", "/b/monitoring/x.json"
    assert short([inner, outer]) == {inner: inner, outer: "b/monitoring/x.json"}


@given(st.lists(PARTS.map(lambda parts: "/" + "/".join(parts)), max_size=6))
def test_every_file_has_a_name_of_its_own_that_it_ends_in(paths: list[str]) -> None:
    names = short(paths)
    assert names.keys() == set(paths)
    assert len(set(names.values())) == len(names)
    assert all(path.endswith(name) for path, name in names.items())
