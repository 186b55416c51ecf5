"""From what was typed to what the daemon is asked to run or plan."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from trainauto_tui.errors import NotFound, Usage

if TYPE_CHECKING:
    from trainauto_tui.documents import RunRequest, Scalar

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


def request_of(arguments: argparse.Namespace, far: bool) -> RunRequest:
    """Return the request for these arguments.

    Values of ``--param`` are sent as text: the pipeline's defaults say what they mean.

    Args:
        arguments: what ``configure`` added.
        far: the daemon is on another machine, and so is the file.

    Raises:
        NotFound: the file does not exist.
        Usage: a ``--param`` is not ``name=value``, or a far path is not a whole one.
    """
    request: RunRequest = {
        "params": params_of(arguments),
        "ds": arguments.ds,
        "from_step": arguments.from_step,
        "force": arguments.force,
        "force_all": arguments.force_all,
    }
    if is_file(arguments.target, far):
        request["path"] = whole_path(arguments.target, far)
    else:
        request["name"] = arguments.target
    return request


def params_of(arguments: argparse.Namespace) -> dict[str, Scalar]:
    """Return what ``--param`` set, as text.

    Raises:
        Usage: one is not ``name=value``.
    """
    return dict(_pair(text) for text in arguments.param)


def is_file(target: str, far: bool) -> bool:
    """Tell whether a word means a file rather than the name of a registered pipeline."""
    if os.sep in target or target.endswith(SUFFIXES):
        return True
    return not far and os.path.isfile(target)


def whole_path(target: str, far: bool) -> str:
    """Return the absolute path of a file, as the daemon wants it.

    Raises:
        NotFound: there is no such file on this machine, where the daemon is.
        Usage: the daemon is on another machine, and only this one knows what the path is from.
    """
    if far:
        if not os.path.isabs(target):
            raise Usage(
                f"with --host, {target} is a file of that machine: write its whole path",
                hint=f"such as /srv/{os.path.basename(target)}",
            )
        return target
    if not os.path.isfile(target):
        raise NotFound(f"there is no file {target}")
    return os.path.abspath(target)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Usage(f"--param {text!r} is not name=value, such as days=7")
    return name, value
