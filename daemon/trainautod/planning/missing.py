"""Files that a pipeline names and that are not there: told before a run finds out."""

import posixpath
import re
from collections.abc import Callable, Iterator

from trainautod.planning.graph import Graph
from trainautod.planning.shell import commands
from trainautod.spec.model import Pipeline, Step

_INTERPRETER = re.compile(
    r"(?:.*/)?(?:python[\d.]*w?|sh|bash|dash|ksh|zsh|Rscript|julia|perl|node)"
)
_SCRIPT = re.compile(r"[\w./+-]+\.(?:py|pyw|sh|bash|R|r|jl|pl|js)")


def missing_files(pipeline: Pipeline, exists: Callable[[str], bool]) -> Iterator[str]:
    """Yield a sentence for the lock file, and each script a command begins with, that is missing.

    They are warnings: the file itself may be right, and made or copied there before a run.

    Args:
        pipeline: as it was read.
        exists: tells whether a path, absolute or relative to the pipeline's folder, is a file.
    """
    lock = pipeline.env.lock
    if lock is not None and not exists(lock):
        yield f"env.lock: there is no file {lock}, so that no step can run"
    graph = Graph({step.id: step.needs for step in pipeline.steps})
    steps = {step.id: step for step in pipeline.steps}
    for step in pipeline.steps:
        script = _script(step)
        if script is None or exists(script):
            continue
        makers = [steps[each] for each in graph.ancestors(step.id)]
        if any(_may_make(maker, script) for maker in makers):
            continue
        told = f"step {step.id}: there is no file {script}"
        yield f"{told}, unless a step that it needs writes it" if makers else told


def _script(step: Step) -> str | None:
    """The file that the first command is, or is run from; None when that cannot be told."""
    first = next(iter(commands(step.run)), None)
    words = [word for word in first.words if "=" not in word] if first is not None else []
    if words and _INTERPRETER.fullmatch(words[0]):
        words = words[1:]
    elif not words or "/" not in words[0]:
        return None  # a program that is looked up in the PATH
    if not words or not _SCRIPT.fullmatch(words[0]):
        return None  # an option, a template, or no script
    return posixpath.normpath(words[0])


def _may_make(step: Step, path: str) -> bool:
    """Tell whether a step declares a file, or a folder around it, as its output."""
    declared = [posixpath.normpath(output) for output in step.outputs]
    return any(path == output or path.startswith(f"{output}/") for output in declared)
