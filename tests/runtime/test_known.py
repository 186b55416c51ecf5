"""What is kept of results is never older than what the store holds, and never too much."""

from trainautod.lineage.projection import Artifact
from trainautod.lineage.results import AttemptRef, Result
from trainautod.runtime.known import MOST, MOST_ROWS, KnownResults


def result(run: str, files: int = 0) -> Result:
    artifacts = tuple(Artifact(f"f{n}", "d", 1) for n in range(files))
    return Result(AttemptRef(run, "a", 1), 0, artifacts, {}, [])


def test_what_was_read_late_does_not_replace_what_was_made_since() -> None:
    known = KnownResults()
    known.made("key", result("new"))
    known.found("key", result("old"))
    assert known.get("key") == result("new")


def test_a_forgotten_result_is_asked_for_again() -> None:
    known = KnownResults()
    known.found("key", result("old"))
    known.forget("key")
    assert known.get("key") is None
    known.forget("key")


def test_a_result_with_many_files_is_not_kept() -> None:
    known = KnownResults()
    known.made("key", result("small"))
    known.made("key", result("large", MOST_ROWS + 1))
    assert known.get("key") is None


def test_the_oldest_give_way() -> None:
    known = KnownResults()
    for number in range(MOST + 2):
        known.found(str(number), result("r"))
    assert [known.get(str(n)) is None for n in (0, 1, 2, MOST + 1)] == [True, True, False, False]
