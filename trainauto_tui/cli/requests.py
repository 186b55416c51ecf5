"""From what was typed to what the daemon is asked to run or plan."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from trainauto_tui.errors import NotFound, Usage

if TYPE_CHECKING:
    from trainauto_tui.documents import RunRequest

SUFFIXES = (".yaml", ".yml")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what to run and how it differs from the file."""
    parser.add_argument("target", metavar="FILE|NAME", help="a pipeline file, or a registered name")
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="K=V",
        help="set a parameter for this run; may be repeated",
    )
    parser.add_argument("--ds", metavar="DATE", help="the date the run is for, as 2013-07-10")
    parser.add_argument(
        "--from", dest="from_step", metavar="STEP", help="run STEP and all that follows it again"
    )
    parser.add_argument(
        "--force",
        action="append",
        default=[],
        metavar="STEP",
        help="run STEP even when its result could be reused; may be repeated",
    )
    parser.add_argument("--force-all", action="store_true", help="reuse nothing")


def request_of(arguments: argparse.Namespace) -> RunRequest:
    """Return the request for these arguments.

    Values of ``--param`` are sent as text: the pipeline's defaults say what they mean.

    Raises:
        NotFound: the file does not exist.
        Usage: a ``--param`` is not ``name=value``.
    """
    request: RunRequest = {
        "params": dict(_pair(text) for text in arguments.param),
        "ds": arguments.ds,
        "from_step": arguments.from_step,
        "force": arguments.force,
        "force_all": arguments.force_all,
    }
    if is_file(arguments.target):
        request["path"] = existing_file(arguments.target)
    else:
        request["name"] = arguments.target
    return request


def is_file(target: str) -> bool:
    """Tell whether a word means a file rather than the name of a registered pipeline."""
    return os.sep in target or target.endswith(SUFFIXES) or os.path.isfile(target)


def existing_file(target: str) -> str:
    """Return the absolute path of a file; raises NotFound."""
    if not os.path.isfile(target):
        raise NotFound(f"there is no file {target}")
    return os.path.abspath(target)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Usage(f"--param {text!r} is not name=value, such as days=7")
    return name, value
