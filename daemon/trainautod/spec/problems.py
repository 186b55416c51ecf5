"""What pydantic found, told as problems of the file."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from trainautod.spec.document import Mapping, Node, Scalar, Sequence
from trainautod.spec.errors import Problem, ValueRefused
from trainautod.spec.suggestion import did_you_mean, nearest
from trainautod.spec.wording import said

Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a document: its key path, position, and the node there.

    Attributes:
        exact: The whole location was found; false when only its beginning was.
    """

    key: str
    line: int
    column: int
    node: Node
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Origin:
    """A document and the name of its file: where problems come from."""

    root: Mapping
    file: str

    def place(self, location: Iterable[str | int]) -> Place:
        """The place of a location; parts that shorthand left out of the file are passed over."""
        place = Place("", self.root.line, self.root.column, self.root)
        exact = True
        for part in location:
            if part == "[key]":
                continue
            step = _step(place, part)
            exact = exact and step is not None
            place = step or place
        return Place(place.key, place.line, place.column, place.node, exact)

    def key_place(self, location: Iterable[str | int]) -> Place:
        """The place of the key itself, rather than of its value."""
        *parents, key = location
        parent = self.place(parents)
        entry = parent.node.entry(str(key)) if isinstance(parent.node, Mapping) else None
        if entry is None:
            return parent
        return Place(parent.key, entry.line, entry.column, parent.node)

    def problem(self, location: Iterable[str | int], message: str, hint: str = "") -> Problem:
        """A problem with the value at `location`."""
        place = self.place(location)
        return Problem(self.file, place.line, place.column, place.key, message, hint)

    def refused(self, location: Iterable[str | int], error: ValueRefused) -> Problem:
        """A problem with a part of the text at `location`."""
        place = self.place(location)
        line, column = _inside(place, error.position)
        return Problem(self.file, line, column, place.key, error.message, error.hint)


def _step(place: Place, part: str | int) -> Place | None:
    node = place.node
    if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
        item = node.items[part]
        return Place(f"{place.key}[{part}]", item.line, item.column, item)
    entry = node.entry(str(part)) if isinstance(node, Mapping) else None
    if entry is None:
        return None
    key = ".".join(filter(None, (place.key, entry.written or entry.key)))
    value = entry.value
    if isinstance(value, Scalar) and value.value is None:
        return Place(key, entry.line, entry.column, value)  # an empty value stands nowhere
    return Place(key, value.line, value.column, value)


def _inside(place: Place, position: int | None) -> tuple[int, int]:
    """Line and column of an offset in a scalar, as far as its style lets one tell."""
    node = place.node
    if position is None or not place.exact or not isinstance(node, Scalar):
        return place.line, place.column
    if node.style == "|":
        return node.line + 1 + node.text.count("\n", 0, position), 1
    if node.style == ">" or "\n" in node.text:
        return place.line, place.column
    return place.line, place.column + position + (1 if node.style else 0)


def problems(error: ValidationError, origin: Origin, model: type[BaseModel]) -> tuple[Problem, ...]:
    """Each finding at its place, in words that say what to do."""
    details = error.errors(include_url=False)
    unknown = {
        (each["loc"][:-1], nearest(str(each["loc"][-1]), _known(model, each["loc"][:-1])))
        for each in details
        if each["type"] == "extra_forbidden"
    }
    return tuple(
        _problem(each, origin, model)
        for each in details
        # A key that was misspelt is not missing as well.
        if each["type"] != "missing" or (each["loc"][:-1], str(each["loc"][-1])) not in unknown
    )


def _problem(detail: Any, origin: Origin, model: type[BaseModel]) -> Problem:
    location: Location = detail["loc"]
    kind = detail["type"]
    cause = detail.get("ctx", {}).get("error")
    if kind == "extra_forbidden":
        return _unknown_key(location, origin, model)
    if kind == "missing":
        return origin.problem(location[:-1], f"missing key '{location[-1]}'")
    if "[key]" in location:
        place = origin.key_place(location[: location.index("[key]")])
        message, hint = (cause.message, cause.hint) if isinstance(cause, ValueRefused) else ("", "")
        return Problem(origin.file, place.line, place.column, place.key, message, hint)
    if isinstance(cause, ValueRefused):
        return origin.refused(location, cause)
    return origin.problem(location, said(detail))


def _unknown_key(location: Location, origin: Origin, model: type[BaseModel]) -> Problem:
    place = origin.key_place(location)
    known = _known(model, location[:-1])
    hint = did_you_mean(str(location[-1]), known) or f"known here: {', '.join(sorted(known))}"
    message = f"unknown key '{str(location[-1])[:60]}'"
    return Problem(origin.file, place.line, place.column, place.key, message, hint)


def _known(model: type[BaseModel], location: Location) -> set[str]:
    """The keys that the model at `location` takes, as a file writes them."""
    for part in location:
        model = _inner(model, part) or model
    return {field.alias or name for name, field in model.model_fields.items()}


def _inner(model: type[BaseModel], part: str | int) -> type[BaseModel] | None:
    for name, field in model.model_fields.items():
        if part == (field.alias or name):
            return _model_in(field.annotation)
    return None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(each) for each in getattr(annotation, "__args__", ()))
    return next((each for each in inner if each), None)
