"""Reports of drift: an overall score, a score per feature, and what else they tell. Strict.

A report that is damaged in any way is refused with a reason, and never read as a smaller score.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from trainautod.drift.errors import ReportRefused

OVERALL = "drift_score"
FEATURES = "features"
WARN = 0.1  # score from which on a feature counts as affected; customary for PSI

MOST_FEATURES = 10_000
MOST_VALUES = 1_000  # other scalars of a report
LONGEST_NAME = 500  # characters
LONGEST_TEXT = 2_000  # characters of a text that conditions can read
DEEPEST = 64  # objects and lists in one another
_LONGEST_INTEGER = 18  # digits that fit into 64 bits
_SHOWN = 40  # characters of a wrong value that a reason shows

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")

Scalar = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Report:
    """A valid report.

    Attributes:
        score: The overall score, finite, 0 or more.
        features: The score of each feature that has one, likewise.
        values: Its other scalars by name.
    """

    score: float
    features: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def affected(self) -> list[str]:
        """The features above ``WARN``, else those with the highest score; most affected first."""
        names = sorted(self.features, key=lambda name: (-self.features[name], name))
        least = max(self.features.values(), default=0.0)
        above = [name for name in names if self.features[name] > WARN]
        return above or [name for name in names if self.features[name] == least]


def parse_json(data: bytes) -> Report:
    """Read a report that is one JSON object.

    Raises:
        ReportRefused: It is no JSON object, or no valid report.
    """
    if not data.strip():
        raise ReportRefused("it is empty")
    read = _loaded(text_of(data))
    if not isinstance(read, dict):
        raise ReportRefused(f"it is {kind(read)}, not an object with {OVERALL}")
    return Report(
        score=overall(read),
        features=_features(read.get(FEATURES)),
        values=scalars({k: v for k, v in read.items() if k not in (OVERALL, FEATURES)}),
    )


def overall(found: Mapping[str, Any]) -> float:
    """Return the overall score.

    Raises:
        ReportRefused: There is none, or it is no score.
    """
    if OVERALL not in found:
        raise ReportRefused(f"{OVERALL} is missing")
    return score(found[OVERALL], OVERALL)


def score(value: object, what: str) -> float:
    """Return a score as a number.

    Raises:
        ReportRefused: It is no number, not finite, or negative.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ReportRefused(f"{what} is {kind(value)}, not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ReportRefused(f"{what} is {'NaN' if math.isnan(number) else 'infinite'}")
    if number < 0:
        raise ReportRefused(f"{what} is {number:g}; a score is 0 or more")
    return number + 0.0  # no negative zero


def named_scores(pairs: Iterable[tuple[object, object]]) -> dict[str, float]:
    """Return scores by feature; a feature without a score, which is null, is left out.

    Raises:
        ReportRefused: A name or a score is none, or a feature comes twice.
    """
    found: dict[str, float | None] = {}
    for number, (name, value) in enumerate(pairs, 1):
        if not isinstance(name, str) or not name.strip():
            raise ReportRefused(f"the name of feature {number} is {kind(name)}")
        check_name(name)
        if name in found:
            raise ReportRefused(f"feature '{shown(name)}' comes twice")
        if len(found) == MOST_FEATURES:
            raise ReportRefused(f"there are more than {MOST_FEATURES} features")
        found[name] = None if value is None else score(value, f"feature '{shown(name)}'")
    return {name: value for name, value in found.items() if value is not None}


def scalars(found: Mapping[str, object]) -> dict[str, Scalar]:
    """Return what conditions can read besides the scores: short texts, numbers, truths, nulls.

    Raises:
        ReportRefused: A number is not finite, or a text is damaged.
    """
    kept: dict[str, Scalar] = {}
    for name, value in found.items():
        check_name(name)
        if isinstance(value, float) and not math.isfinite(value):
            raise ReportRefused(f"{shown(name)} is {'NaN' if math.isnan(value) else 'infinite'}")
        if isinstance(value, str):
            _check_text(value)
            if len(value) > LONGEST_TEXT:
                continue
        if value is None or isinstance(value, bool | int | float | str):
            kept[name] = value
    if len(kept) > MOST_VALUES:
        raise ReportRefused(f"there are more than {MOST_VALUES} values besides the features")
    return kept


def check_name(name: str) -> None:
    """Refuse a name that is too long, or damaged.

    Raises:
        ReportRefused: It is.
    """
    _check_text(name)
    if len(name) > LONGEST_NAME:
        raise ReportRefused(f"the name '{shown(name)}' is longer than {LONGEST_NAME} characters")


def text_of(data: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark.

    Raises:
        ReportRefused: It is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = data[error.start]
        raise ReportRefused(
            f"it is not UTF-8 text: byte 0x{byte:02x} at position {error.start}"
        ) from None


def shown(text: str) -> str:
    """Return the beginning of a text of others, on one line, as a reason shows it."""
    line = " ".join(text.encode("utf-8", "backslashreplace").decode().split())
    return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"


def kind(value: object) -> str:
    """Return what a value is, in words."""
    if isinstance(value, str):
        return f"text ('{shown(value)}')" if value.strip() else "empty text"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return "a number"
    return "a list" if isinstance(value, list | tuple) else "an object"


def _features(found: object) -> dict[str, float]:
    """The scores in a mapping of names, or in a list of mappings with ``feature`` or ``name``."""
    if found is None:
        return {}
    if isinstance(found, Mapping):
        return named_scores((name, _inner(value, name)) for name, value in found.items())
    if isinstance(found, list):
        return named_scores(_entry(value, at) for at, value in enumerate(found, 1))
    raise ReportRefused(f"{FEATURES} is {kind(found)}, neither an object nor a list")


def _inner(value: object, name: str) -> object:
    if not isinstance(value, Mapping):
        return value
    if "score" not in value:
        raise ReportRefused(f"feature '{shown(name)}' has no score")
    return value["score"]


def _entry(value: object, at: int) -> tuple[object, object]:
    if not isinstance(value, Mapping):
        raise ReportRefused(f"entry {at} of {FEATURES} is {kind(value)}, not an object")
    if "score" not in value or not ("feature" in value or "name" in value):
        raise ReportRefused(f"entry {at} of {FEATURES} needs 'feature' and 'score'")
    return value.get("feature", value.get("name")), value["score"]


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ReportRefused(f"'{shown(text)}' has half of a character") from None


def _loaded(text: str) -> object:
    """Read JSON as its standard says: finite numbers, whole characters, no key twice."""
    _check_depth(text)
    try:
        read = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_float,
            parse_int=_integer,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip())
        told = "it ends too early" if cut else f"it is no JSON: {error.msg}"
        raise ReportRefused(f"{told}, at line {error.lineno}, column {error.colno}") from None
    if _HALF.search(text):  # half of a character may be escaped, and only together are two whole
        _check_text(json.dumps(read, ensure_ascii=False))
    return read


def _check_depth(text: str) -> None:
    """Refuse objects in objects without end, before anything goes down into them."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            raise ReportRefused(f"it is nested more than {DEEPEST} deep")


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise ReportRefused(f"'{shown(twice)}' comes twice in one object")
    return found


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ReportRefused(f"the number {shown(digits)} is too large")
    return number


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else _float(digits)


def _constant(word: str) -> NoReturn:
    raise ReportRefused(f"{word} is no number of JSON")
