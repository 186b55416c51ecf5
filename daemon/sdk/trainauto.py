"""What a training script tells trainauto: metrics, progress, params, artifacts and models.

    import trainauto

    trainauto.log_params({"learning_rate": 0.1})
    for epoch in range(10):
        ...
        trainauto.log_metric("loss", loss, step=epoch)
        trainauto.log_progress(epoch + 1, 10, "epochs")
        if trainauto.should_stop():
            break
    trainauto.register_model("models/model.pkl", "churn", stage="staging", metrics={"auc": 0.91})

One file, the standard library only, Python 3.8 or newer: it works in whatever interpreter and
environment a step runs, with nothing installed and no daemon alive. Each call appends one JSON
line to the file that ``TRAINAUTO_RECORDS`` names, so a shell script can do the same::

    echo '{"type": "metric", "name": "rows", "value": 12}' >> "$TRAINAUTO_RECORDS"

Threads and processes of one step may log at the same time: a line is a single ``write`` to a
descriptor opened for appending, which local file systems never interleave. Nothing is kept
between calls, so forked workers need no set-up. In a script run by hand, where
``TRAINAUTO_RECORDS`` is not set, every call checks its arguments and records nothing.
"""

from __future__ import annotations

import errno
import json
import math
import os
import re
import sys

TYPE_CHECKING = False  # as in ``typing``, whose import would cost every script 5 ms
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = [
    "log_artifact",
    "log_metric",
    "log_params",
    "log_progress",
    "register_model",
    "should_stop",
]

# What the registry takes from a step: later stages are reached by promotion.
STAGES = ("none", "staging")
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

_started_in = os.getcwd()
_notes_given: list[str] = []


def log_metric(name: str, value: Any, step: int | None = None) -> None:
    """Record one number that this step measured.

    A NaN or infinite value is recorded too, as ``"value": null`` with ``"non_finite"`` set to
    ``"nan"``, ``"inf"`` or ``"-inf"``: JSON has no such numbers, a diverged loss is worth seeing,
    and a training that lives through one should not die of logging it.

    Args:
        name: What was measured, such as ``roc_auc``. Read elsewhere as ``<step id>.<name>``.
        value: A number, or anything of one element with ``item()`` (a NumPy or PyTorch scalar).
        step: Which epoch, round or batch it belongs to, from 0; leave it out for a final result.

    Raises:
        TypeError: ``name``, ``value`` or ``step`` is of the wrong kind.
        ValueError: ``name`` is empty, or ``step`` is negative.
        OSError: The record could not be written.
    """
    record: dict[str, Any] = {"type": "metric", "name": _name("metric", name)}
    number = _number(f"metric {name!r}", value)
    if math.isfinite(number):
        record["value"] = number
    else:
        record["value"] = None
        record["non_finite"] = str(float(number))
    if step is not None:
        record["step"] = _step(name, step)
    _append(record)


def log_progress(done: float, total: float, unit: str = "") -> None:
    """Record how far this step is, for whoever watches it; each call replaces the one before.

    Args:
        done: How much is done, from 0.
        total: How much there is to do; 0 where there is nothing.
        unit: What is counted, in the plural, such as ``epochs`` or ``rows``.

    Raises:
        TypeError: ``done``, ``total`` or ``unit`` is of the wrong kind.
        ValueError: ``done`` or ``total`` is negative, NaN or infinite.
        OSError: The record could not be written.
    """
    record: dict[str, Any] = {"type": "progress"}
    record.update(done=_amount("done", done), total=_amount("total", total))
    if not isinstance(unit, str):
        raise TypeError(f"the unit of progress must be text, not {unit!r}")
    if unit:
        record["unit"] = unit
    _append(record)


def log_params(values: Mapping[str, Any]) -> None:
    """Record the parameters that this step used, such as a learning rate.

    Args:
        values: Names and values. What JSON cannot hold (a path, a date, NaN) is recorded as text.
            A later call adds to an earlier one; for a name given twice the later value counts.

    Raises:
        TypeError: ``values`` is not a mapping.
        OSError: The record could not be written.
    """
    if not hasattr(values, "items"):
        raise TypeError(f"log_params takes a mapping of names to values, not {values!r}")
    _append({"type": "params", "values": _plain(values)})


def log_artifact(path: str | os.PathLike[str]) -> None:
    """Record that a file or folder in the step's working directory is one of its results.

    Args:
        path: Relative to the current directory, or absolute.

    Raises:
        FileNotFoundError: There is nothing at ``path``.
        ValueError: ``path`` lies outside the step's working directory, so that it cannot be kept.
        OSError: The record could not be written.
    """
    _append({"type": "artifact", "path": _kept_path(path)})


def register_model(
    path: str | os.PathLike[str],
    name: str,
    stage: str | None = None,
    metrics: Mapping[str, Any] | None = None,
) -> None:
    """Ask for a new version of a model in the registry.

    It takes effect when the step succeeds, together with it: a step that fails registers nothing.

    Args:
        path: The model's file, in the step's working directory. A model of several files is packed
            into one first, by ``tarfile`` or ``shutil.make_archive``.
        name: The model's name in the registry; its versions are numbered 1, 2, 3, … At most 128
            letters, digits, ``.``, ``_`` and ``-``, with a letter or digit first.
        stage: Where the version starts: ``none`` (the default) or ``staging``. It reaches later
            stages by promotion, never from a step.
        metrics: What the version is judged by. Finite numbers only, because rules are decided
            on them.

    Raises:
        FileNotFoundError: There is nothing at ``path``.
        TypeError: ``name`` or a metric is of the wrong kind.
        ValueError: ``path`` lies outside the working directory or is a folder, ``name`` or
            ``stage`` is not possible, or a metric is NaN or infinite.
        OSError: The record could not be written.
    """
    record: dict[str, Any] = {"type": "register_model"}
    record.update(path=_model_file(path), name=_model_name(name))
    if stage is not None:
        if stage not in STAGES:
            raise ValueError(
                f"unknown stage {stage!r}: use one of {', '.join(STAGES)} in a step; "
                "later ones are reached by promotion"
            )
        record["stage"] = stage
    if metrics is not None:
        record["metrics"] = {
            _name("metric", key): _finite(f"metric {key!r} of model {name!r}", value)
            for key, value in metrics.items()
        }
    _append(record)


def should_stop() -> bool:
    """Say whether this step was asked to end early, for example because its trial is pruned.

    Cheap enough (one ``stat``) to ask after every epoch; always false in a script run by hand.
    """
    path = os.environ.get("TRAINAUTO_STOP")
    return path is not None and os.path.exists(path)


def _name(kind: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the name of a {kind} must be text, not {value!r}")
    if not value:
        raise ValueError(f"the name of a {kind} must not be empty")
    return value


def _model_name(value: Any) -> str:
    name = _name("model", value)
    if not MODEL_NAME.fullmatch(name):
        raise ValueError(
            "the name of a model must be at most 128 letters, digits, '.', '_' and '-', "
            f"with a letter or digit first, not {name!r}"
        )
    return name


def _step(name: str, value: Any) -> int:
    number = _number(f"step of metric {name!r}", value)
    if not math.isfinite(number) or number != math.floor(number):
        raise TypeError(f"step of metric {name!r} must be a whole number, not {value!r}")
    if number < 0:
        raise ValueError(f"step of metric {name!r} must not be negative, but is {value!r}")
    return int(number)


def _number(what: str, value: Any) -> int | float:
    """Return ``value`` as a Python number; NumPy, PyTorch and Decimal scalars included."""
    original = value
    try:
        if hasattr(value, "item"):
            value = value.item()
        if not isinstance(value, (str, bytes)):
            number = float(value)
            return int(value) if isinstance(value, int) else number  # True counts as 1
    except (TypeError, ValueError, OverflowError, RuntimeError):
        pass
    raise TypeError(f"{what} must be a single number, not {original!r}") from None


def _amount(what: str, value: Any) -> int | float:
    number = _number(f"{what} of progress", value)
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"{what} of progress must be 0 or more and finite, but is {value!r}")
    return number


def _finite(what: str, value: Any) -> int | float:
    number = _number(what, value)
    if not math.isfinite(number):
        raise ValueError(f"{what} is {number}: a model is judged by finite numbers only")
    return number


def _plain(value: Any) -> Any:
    """Return ``value`` as strict JSON can hold it, with text for what it cannot."""
    if hasattr(value, "items"):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()  # a NumPy or PyTorch scalar or array
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return str(value)


def _model_file(path: str | os.PathLike[str]) -> str:
    kept = _kept_path(path)
    if os.path.isdir(path):
        raise ValueError(
            f"{os.fspath(path)} is a folder, and a version of a model is one file: "
            "pack it first, as with shutil.make_archive, and register the archive"
        )
    return kept


def _kept_path(path: str | os.PathLike[str]) -> str:
    """Return ``path`` relative to the step's working directory, with ``/`` between its parts."""
    text = os.fspath(path)
    if not os.path.exists(text):
        raise FileNotFoundError(
            errno.ENOENT, "nothing to keep there; write it before recording it", text
        )
    folder, base = os.path.split(os.path.abspath(text))
    absolute = os.path.join(os.path.realpath(folder), base)
    root = _working_directory()
    relative = os.path.relpath(absolute, root)
    if relative.split(os.sep)[0] != os.pardir:
        return relative.replace(os.sep, "/")
    if "TRAINAUTO_RECORDS" not in os.environ:
        return absolute
    raise ValueError(f"{text} lies outside the step's working directory {root}: write it inside")


def _working_directory() -> str:
    """Return the directory that the step was started in, wherever the script has gone since."""
    records = os.environ.get("TRAINAUTO_RECORDS", "")
    beside = os.path.join(os.path.dirname(records), "sandbox")
    return os.path.realpath(beside if records and os.path.isdir(beside) else _started_in)


def _append(record: dict[str, Any]) -> None:
    path = os.environ.get("TRAINAUTO_RECORDS")
    if not path:
        _note_once()
        return
    line = (json.dumps(record, allow_nan=False) + "\n").encode("ascii")
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        written = os.write(descriptor, line)
    finally:
        os.close(descriptor)
    if written != len(line):
        raise OSError(errno.ENOSPC, f"only {written} of {len(line)} bytes were recorded", path)


def _note_once() -> None:
    note = "trainauto: not run by trainauto (TRAINAUTO_RECORDS is not set), nothing is recorded"
    if note not in _notes_given:
        _notes_given.append(note)
        print(note, file=sys.stderr)
