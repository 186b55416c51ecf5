"""The kinds of value that a key can have, as pydantic types.

Each takes what a file may say (a `Plain` scalar that remembers its text, a list, a mapping) as well
as the Python value itself, and each carries the JSON Schema of what a file may say.
"""

import math
import posixpath
import re
import shlex
import signal
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainValidator, WithJsonSchema

from trainautod.spec import duration, size
from trainautod.spec.conditions import check_condition
from trainautod.spec.document import Plain
from trainautod.spec.errors import ExpressionError, ValueRefused
from trainautod.spec.expressions import Expression
from trainautod.spec.templates import Template, holes

#: Roots of dotted names that the product itself gives meaning to.
BUILT_IN_NAMES = ("ds", "ts", "run_id", "seed", "params", "trigger")

#: Names that a param or a foreach item cannot have.
RESERVED_NAMES = frozenset(
    {*BUILT_IN_NAMES, "item", "true", "false", "null", "and", "or", "not", "in"}
)

#: A command is one argument of `sh -c`, and Linux takes 131,072 bytes for one argument.
MAX_COMMAND = 100_000

#: Longest name: a step's name is part of a path, and a file name has 255 bytes.
MAX_NAME = 100

#: Signals that ask a process to end; the others stop it, or mean something else.
SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGKILL")

ID_PATTERN = r"^[A-Za-z_][A-Za-z0-9_-]*$"
NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*$"
PIPELINE_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"

Param = bool | int | float | str


def found(value: object) -> str:
    """What a person calls a value that stands where another kind was wanted."""
    if isinstance(value, Plain):
        return f"'{value.text}'"
    if isinstance(value, str):
        return f"the text '{value[:40]}'"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else f"{value!r}"


def unwrapped(value: object) -> Any:
    """The Python value of a `Plain` scalar; anything else as it is."""
    return value.value if isinstance(value, Plain) else value


def text(value: object) -> str:
    """Text as it was written, whatever YAML would make of it: ``3.10`` stays ``3.10``."""
    if isinstance(value, Plain):
        return value.text
    if isinstance(value, str):
        return value
    hint = "quote a value that begins with { or [" if isinstance(value, dict | list) else ""
    raise ValueRefused(f"expected text, found {found(value)}", hint)


def filled(value: object) -> str:
    """Text that is more than white space."""
    read = text(value)
    if not read.strip():
        raise ValueRefused("expected text, found nothing")
    return read


def _whole(value: object) -> int:
    read = unwrapped(value)
    if isinstance(read, bool) or not isinstance(read, int):
        raise ValueRefused(f"expected a whole number, found {found(value)}")
    return read


def _number(value: object) -> float:
    read = unwrapped(value)
    if isinstance(read, bool) or not isinstance(read, int | float):
        raise ValueRefused(f"expected a number, found {found(value)}")
    if not math.isfinite(read):
        raise ValueRefused("NaN and infinity are not numbers here")
    return float(read)


def _flag(value: object) -> bool:
    read = unwrapped(value)
    if not isinstance(read, bool):
        raise ValueRefused(f"expected true or false, found {found(value)}")
    return read


def _seconds(value: object) -> float:
    read = unwrapped(value)
    if isinstance(read, str):
        return duration.parse(read)
    seconds = _number(value)
    if seconds < 0:
        raise ValueRefused("a duration cannot be negative")
    if seconds > duration.MAX_SECONDS:
        raise ValueRefused("the duration is longer than ten years")
    return seconds


def _bytes(value: object) -> int:
    read = unwrapped(value)
    parsed = size.parse(read if isinstance(read, str) else str(_whole(value)))
    if parsed == 0:
        raise ValueRefused("no memory at all", "leave it out for no limit")
    return parsed


def _param(value: object) -> Param:
    read = unwrapped(value)
    if isinstance(read, str):
        return read
    if isinstance(read, bool | int):
        return read
    if read is None:
        raise ValueRefused("a value is missing", "its type is that of its default")
    return _number(value)


def at_least(limit: float, inclusive: bool = True) -> AfterValidator:
    """A lower bound, told in plain words."""
    words = "at least" if inclusive else "more than"

    def check(value: Any) -> Any:
        if value < limit or (value == limit and not inclusive):
            raise ValueRefused(f"must be {words} {limit:,.10g}, found {value:,.10g}")
        return value

    return AfterValidator(check)


def at_most(limit: float) -> AfterValidator:
    """An upper bound, told in plain words."""

    def check(value: Any) -> Any:
        if value > limit:
            raise ValueRefused(f"must be at most {limit:,.10g}, found {value:,.10g}")
        return value

    return AfterValidator(check)


def one_of(*allowed: str) -> AfterValidator:
    """A closed set of words."""

    def check(value: str) -> str:
        if value not in allowed:
            raise ValueRefused(f"'{value[:40]}' is not known", f"one of {', '.join(allowed)}")
        return value

    return AfterValidator(check)


def _matching(pattern: str, what: str, rule: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if not compiled.fullmatch(value) or value.endswith("\n"):
            raise ValueRefused(f"'{value[:60]}' is not {what}", rule)
        if len(value) > MAX_NAME:
            raise ValueRefused(f"{what} has at most {MAX_NAME} characters")
        return value

    return check


def _unreserved(value: str) -> str:
    if value in RESERVED_NAMES:
        raise ValueRefused(f"'{value}' has a meaning of its own in expressions", "rename it")
    return value


def _item_name(value: str) -> str:
    return value if value == "item" else _unreserved(value)


def _variable(value: str) -> str:
    if value.startswith("TRAINAUTO_"):
        raise ValueRefused(f"'{value}' is set for each step", "TRAINAUTO_… names are taken")
    return value


def _template(value: str) -> str:
    Template.parse(value)
    return value


def _command(value: str) -> str:
    if len(value.encode()) > MAX_COMMAND:
        raise ValueRefused(f"the command is longer than {MAX_COMMAND:,} bytes", "put it in a file")
    return _template(value)


def _expression(value: str) -> str:
    if value.lstrip().startswith("{{"):
        raise ExpressionError("a condition is an expression already", "write it without {{ }}")
    Expression.parse(value)
    return value


def _condition(value: str) -> str:
    check_condition(value, Expression.parse(_expression(value)).tree)
    return value


def _signal(value: str) -> str:
    name = value.upper() if value.upper().startswith("SIG") else f"SIG{value.upper()}"
    if name not in SIGNALS or not hasattr(signal, name):
        raise ValueRefused(
            f"'{value[:40]}' is not a signal that ends a step", f"one of {', '.join(SIGNALS)}"
        )
    return name


def _output(value: str) -> str:
    """A relative path inside the sandbox, in its plainest form."""
    if value.startswith(("/", "~")):
        raise ValueRefused(
            f"the output '{value[:60]}' is not relative to the sandbox",
            "a step writes below its own working directory",
        )
    if ".." in value.split("/"):
        raise ValueRefused(f"the output '{value[:60]}' leads out of the sandbox", "remove '..'")
    return posixpath.normpath(value)


def _path(value: object) -> object:
    if isinstance(value, Plain):
        hint = f"quote it if a file is called so: '{value.text}'"
        raise ValueRefused(f"expected a path, found {found(value)}", hint)
    return value


def _different(values: tuple[str, ...]) -> tuple[str, ...]:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise ValueRefused(f"'{value[:60]}' is listed twice", "keep one of the two")
    return values


def words(value: object) -> object:
    """A list as it is; text split at spaces as a shell does, templates kept whole."""
    if value is None:
        return []
    if isinstance(value, str | Plain):
        return split(text(value))
    return value


def split(value: str) -> list[str]:
    """Words of `value`; quotes keep spaces, and so do the braces of a template.

    Raises:
        ValueRefused: A quote or a template is not closed.
    """
    kept: list[str] = []
    masked, position = "", 0
    for start, end in holes(value):
        masked += value[position:start] + f"\0{len(kept)}\0"
        kept.append(value[start:end])
        position = end
    try:
        parts = shlex.split(masked + value[position:])
    except ValueError:
        raise ValueRefused(f"a quote in '{value[:60]}' is not closed") from None
    return [re.sub("\0(\\d+)\0", lambda match: kept[int(match[1])], part) for part in parts]


def many(value: object) -> object:
    """A list as it is; one word as a list of one."""
    if value is None:
        return []
    return [value] if isinstance(value, str | Plain) else value


def mapping(value: object) -> object:
    """A mapping; a key without a value is an empty one."""
    return {} if value is None else value


def _values(value: object) -> tuple[Param, ...] | str:
    """The values of one foreach name: a list, or an expression that gives one."""
    if isinstance(value, str):
        return _expression(filled(value))
    if not isinstance(value, list | tuple):
        raise ValueRefused(f"expected a list or an expression, found {found(value)}")
    values = tuple(_param(item) for item in value)
    if not values:
        raise ValueRefused("the list is empty, so the step would never run")
    shown = [str(each) for each in values]
    for index, each in enumerate(shown):
        if each in shown[:index]:
            raise ValueRefused(f"'{each[:60]}' is in the list twice", "keep one of the two")
    return values


def _refresh(value: object) -> str | dict[str, str]:
    """An expression that gives a list, or one for each of some names."""
    if isinstance(value, dict):
        if not value:
            raise ValueRefused("refresh names nothing")
        return {text(key): _expression(filled(each)) for key, each in value.items()}
    return _expression(filled(value))


_SCALAR_SCHEMA = {"type": ["string", "number", "boolean"]}
_DURATION_SCHEMA = {
    "anyOf": [
        {"type": "string", "pattern": duration.PATTERN},
        {"type": "number", "minimum": 0},
    ],
    "examples": ["30m", "10s", "1h30m", "500ms"],
}
_SIGNAL_NAMES = "|".join(name.removeprefix("SIG") for name in SIGNALS)
_SIGNAL_SCHEMA = {
    "anyOf": [
        {"enum": list(SIGNALS)},
        {"type": "string", "pattern": f"^(SIG|sig)?({_SIGNAL_NAMES}|{_SIGNAL_NAMES.lower()})$"},
    ]
}
_SIZE_SCHEMA = {
    "anyOf": [{"type": "string", "pattern": size.PATTERN}, {"type": "integer", "minimum": 1}],
    "examples": ["4GiB", "512MB"],
}


def _schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "maxLength": MAX_NAME})


Text = Annotated[str, BeforeValidator(text), WithJsonSchema(_SCALAR_SCHEMA)]
Filled = Annotated[str, BeforeValidator(filled), WithJsonSchema(_SCALAR_SCHEMA)]
Whole = Annotated[int, BeforeValidator(_whole)]
Number = Annotated[float, BeforeValidator(_number)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Seconds = Annotated[float, BeforeValidator(_seconds), WithJsonSchema(_DURATION_SCHEMA)]
Timeout = Annotated[Seconds, at_least(0, inclusive=False)]
Bytes = Annotated[int, BeforeValidator(_bytes), WithJsonSchema(_SIZE_SCHEMA)]

ParamValue = Annotated[Param, PlainValidator(_param), WithJsonSchema(_SCALAR_SCHEMA)]
ForeachValues = Annotated[
    tuple[Param, ...] | str,
    PlainValidator(_values),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "items": _SCALAR_SCHEMA, "minItems": 1},
                {"type": "string", "description": "an expression that gives a list"},
            ]
        }
    ),
]
Refresh = Annotated[
    str | dict[str, str],
    PlainValidator(_refresh),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "description": "an expression that gives a list"},
                {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
            ]
        }
    ),
]

_ID_RULE = "letters, digits, _ and -, beginning with a letter or _"
_NAME_RULE = "letters, digits and _, beginning with a letter or _"

StepId = Annotated[
    Filled, AfterValidator(_matching(ID_PATTERN, "a step id", _ID_RULE)), _schema(ID_PATTERN)
]
PipelineName = Annotated[
    Filled,
    AfterValidator(
        _matching(PIPELINE_PATTERN, "a pipeline name", "letters, digits, _, - and dots")
    ),
    _schema(PIPELINE_PATTERN),
]
EventName = Annotated[
    Filled, AfterValidator(_matching(ID_PATTERN, "an event", _ID_RULE)), _schema(ID_PATTERN)
]
Name = Annotated[
    Filled,
    AfterValidator(_matching(NAME_PATTERN, "a name", _NAME_RULE)),
    AfterValidator(_unreserved),
    _schema(NAME_PATTERN),
]
ForeachName = Annotated[
    Filled,
    AfterValidator(_matching(NAME_PATTERN, "a name", _NAME_RULE)),
    AfterValidator(_item_name),
    _schema(NAME_PATTERN),
]
VariableName = Annotated[
    Filled,
    AfterValidator(_matching(NAME_PATTERN, "a variable name", _NAME_RULE)),
    AfterValidator(_variable),
    _schema(NAME_PATTERN),
]
VariableValue = Annotated[
    str, BeforeValidator(text), AfterValidator(_template), WithJsonSchema(_SCALAR_SCHEMA)
]
Command = Annotated[
    str, BeforeValidator(filled), AfterValidator(_command), WithJsonSchema(_SCALAR_SCHEMA)
]
Condition = Annotated[
    str, BeforeValidator(filled), AfterValidator(_condition), WithJsonSchema(_SCALAR_SCHEMA)
]
Signal = Annotated[
    str, BeforeValidator(filled), AfterValidator(_signal), WithJsonSchema(_SIGNAL_SCHEMA)
]

Input = Annotated[Filled, AfterValidator(_template)]
Output = Annotated[Input, AfterValidator(_output)]
_WORDS_INPUT = str | list[str]
Inputs = Annotated[tuple[Input, ...], BeforeValidator(words, json_schema_input_type=_WORDS_INPUT)]
Outputs = Annotated[
    tuple[Output, ...],
    AfterValidator(_different),
    BeforeValidator(words, json_schema_input_type=_WORDS_INPUT),
]
Needs = Annotated[
    tuple[StepId, ...],
    AfterValidator(_different),
    BeforeValidator(many, json_schema_input_type=_WORDS_INPUT),
]
Path = Annotated[Filled, BeforeValidator(_path), WithJsonSchema({"type": "string"})]
Patterns = Annotated[tuple[Path, ...], BeforeValidator(many, json_schema_input_type=_WORDS_INPUT)]
Variables = Annotated[dict[VariableName, VariableValue], BeforeValidator(mapping)]
Params = Annotated[dict[Name, ParamValue], BeforeValidator(mapping)]
