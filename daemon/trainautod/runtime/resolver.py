"""Deciding what a step would do: skip, expand, reuse an earlier result, or execute. Reads only."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from trainautod.artifacts.digest import Digester
from trainautod.artifacts.errors import ArtifactError
from trainautod.artifacts.objects import ObjectStore
from trainautod.engine import Execute, Expand, Needs, Refuse, Skip, Verdict
from trainautod.lineage import Store
from trainautod.lineage.environments import add_manifest
from trainautod.lineage.projection import Artifact
from trainautod.planning.code import is_script
from trainautod.planning.errors import PlanningError
from trainautod.planning.expand import instances
from trainautod.planning.key import KeyInputs, cache_key
from trainautod.planning.refresh import Refresh
from trainautod.runtime.clock import Clock
from trainautod.runtime.context import RunContext
from trainautod.runtime.earlier import EarlierResults
from trainautod.runtime.errors import StepRefused, legible
from trainautod.runtime.interpreters import Interpreter, Interpreters, platform_tag
from trainautod.runtime.namespace import step_namespace
from trainautod.runtime.reasons import PACKAGES
from trainautod.runtime.slots import Capacity
from trainautod.runtime.snapshot import CodeFile
from trainautod.spec import Expression, ExpressionError, Step, Template

T = TypeVar("T")

_PARSED = 8192  # texts; more than a few large pipelines have
parse_expression = lru_cache(_PARSED)(Expression.parse)
parse_template = lru_cache(_PARSED)(Template.parse)


@dataclass(frozen=True, slots=True)
class Input:
    """A declared input; ``linked`` when the sandbox shows it under its own path.

    Attributes:
        path: as declared.
        source: where it is, absolute.
        digests: digest of each file, by declared path (and the path below it, for a folder).
    """

    path: str
    source: str
    linked: bool
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A step with its templates filled in."""

    command: str
    env: Mapping[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Resolver:
    """Answers the engine's ``Resolve``; safe to call from worker threads."""

    def __init__(
        self,
        store: Store,
        objects: ObjectStore,
        digester: Digester,
        interpreters: Interpreters,
        capacity: Capacity,
        clock: Clock,
    ) -> None:
        self._store = store
        self._objects = objects
        self._digester = digester
        self._interpreters = interpreters
        self._capacity = capacity
        self.earlier = EarlierResults(store, objects, clock)
        self._manifests: dict[str, tuple[Interpreter, str]] = {}  # by folder, the last one seen

    def resolve(self, context: RunContext, step_id: str) -> Verdict:
        """Return the verdict on a step whose needs have all succeeded.

        A result that is reused is put into the context: it is what later steps will see.
        """
        try:
            return self._resolve(context, step_id)
        except (StepRefused, ExpressionError) as error:
            return Refuse(legible(str(error)))

    def _resolve(self, context: RunContext, step_id: str) -> Verdict:
        step = context.step(step_id)
        visible = context.visible(step_id)
        names = step_namespace(context, step_id, visible, _roots(step), self._objects)
        if context.state.nodes[step_id].foreach:
            return self._expand(step, names)
        if step.when is not None and not parse_expression(step.when).holds(names):
            return Skip(f"when: {step.when} is false")
        if (unmet := self._capacity.refuses(needs_of(step))) is not None:
            raise StepRefused(unmet)
        rendered = _render(step, context, names)
        interpreter = self._interpreters.find(context.pipeline.env.python, context.folder)
        inputs = self._inputs(context, rendered.inputs, visible)
        read = {path: digest for entry in inputs for path, digest in entry.digests.items()}
        code = tuple(
            file
            for file in context.code.used_by(rendered.command)
            if file.path not in read or is_script(file.path)  # data that a command names are data
        )
        reads_params = "TRAINAUTO_PARAMS" in rendered.command or context.code.mentions_params(code)
        params = dict(context.submission.params) if reads_params else None
        key_inputs = KeyInputs(
            command=rendered.command,
            shell=step.shell,
            code={file.path: file.digest for file in code},
            inputs=read,
            upstream={path: artifact.digest for path, artifact in visible.items()},
            outputs=rendered.outputs,
            env=rendered.env,
            params=params or {},
            seed=context.pipeline.seed,
            environment=self._environment(context, interpreter),
        )
        key = cache_key(key_inputs)
        reuse, reason = self.earlier.look_up(context, step, step_id, key, key_inputs, names)
        if reuse is not None:
            return reuse
        plan = _plan(step, rendered, interpreter, code, visible, inputs)
        plan |= {
            "seed": context.pipeline.seed,
            "params": params,
            "key_inputs": key_inputs.to_json(),
        }
        plan["secrets"] = list(context.pipeline.env.secrets)
        plan["environment"] = self._record(interpreter)
        return Execute(key if step.cache.enabled else None, reason, plan)

    def _expand(self, step: Step, names: Mapping[str, Any]) -> Expand:
        try:
            found = instances(step.id, _foreach_lists(step, names))
        except PlanningError as error:
            raise StepRefused(f"foreach: {error}") from error
        return Expand(tuple((instance.id, dict(instance.item)) for instance in found))

    def _inputs(
        self, context: RunContext, declared: Sequence[str], visible: Mapping[str, Artifact]
    ) -> list[Input]:
        found = []
        for path in declared:
            made = any(p == path or p.startswith(path.rstrip("/") + "/") for p in visible)
            if not made:
                found.append(self._input(context.folder, path))
        return found

    def _input(self, folder: Path, path: str) -> Input:
        source = Path(os.path.normpath(folder / os.path.expanduser(path)))
        if not source.exists():
            raise StepRefused(
                f"input {path} is neither in {folder} nor an output of a step this one needs"
            )
        try:
            digests = self.digest_input(path, str(source))
        except (OSError, ArtifactError) as error:
            raise StepRefused(f"input {path} cannot be read: {error}") from error
        return Input(path, str(source), _is_inside(path), digests)

    def digest_input(self, path: str, source: str) -> dict[str, str]:
        """Return the digest of a file, or of every file in a folder, by declared path."""
        if not os.path.isdir(source):
            return {path: self._digester.file(source)}
        base = path.rstrip("/")
        return {f"{base}/{name}": f.digest for name, f in self._digester.tree(source).items()}

    def changed_input(self, plan: Mapping[str, Any]) -> str | None:
        """Return an input of a plan that the step reads where it is and that changed since.

        Linked ones are the sandbox's to look at.
        """
        for path, source, linked, digests in plan["inputs"]:
            try:
                same = linked or self.digest_input(path, source) == digests
            except (OSError, ArtifactError):
                same = False
            if not same:
                return str(path)
        return None

    def _environment(self, context: RunContext, interpreter: Interpreter) -> dict[str, str]:
        found = {"python": interpreter.python, "platform": platform_tag()}
        lock = context.pipeline.env.lock
        if lock is None:
            return found | {PACKAGES: self._record(interpreter)}
        return found | {"lock": self._input(context.folder, lock).digests[lock]}

    def _record(self, interpreter: Interpreter) -> str:
        """Store the interpreter's manifest once, and return its digest."""
        folder = interpreter.bin_directory
        known, digest = self._manifests.get(folder, (None, ""))
        if known != interpreter:
            manifest = interpreter.manifest()
            digest = self._store.submit(lambda c: add_manifest(c, manifest), writes=True).result()
            self._manifests[folder] = (interpreter, digest)
        return digest


def needs_of(step: Step) -> Needs:
    """Return the slots that a step's attempts hold."""
    resources = step.resources
    return Needs(float(resources.cpus), resources.gpus, resources.memory_bytes or 0)


def _roots(step: Step) -> set[str]:
    texts = [step.run, *step.env.values(), *step.inputs, *step.outputs]
    names = {name for text in texts for name in parse_template(text).names}
    if step.when is not None:
        names |= parse_expression(step.when).names
    if (refresh := Refresh.of(step)) is not None:
        names |= {name for each in refresh.lists.values() for name in each.names}
    if step.foreach is not None:
        names |= {n for text in _foreach_texts(step) for n in parse_expression(text).names}
    return {name.partition(".")[0] for name in names}


def _foreach_texts(step: Step) -> list[str]:
    assert step.foreach is not None
    return [value for value in step.foreach.over.values() if isinstance(value, str)]


def _foreach_lists(step: Step, names: Mapping[str, Any]) -> dict[str, list[Any]]:
    assert step.foreach is not None
    lists: dict[str, list[Any]] = {}
    for name, value in step.foreach.over.items():
        found = parse_expression(value).items(names) if isinstance(value, str) else value
        lists[name] = list(found)
    return lists


def _render(step: Step, context: RunContext, names: Mapping[str, Any]) -> Rendered:
    def plain(text: str) -> str:
        return parse_template(text).render(names, quote=False)

    return Rendered(
        command=parse_template(step.run).render(names, quote=True),
        env={name: plain(value) for name, value in step.env.items()},
        inputs=tuple(path for text in step.inputs for path in parse_template(text).each(names)),
        outputs=tuple(plain(path) for path in step.outputs),
    )


def _is_inside(path: str) -> bool:
    """Tell whether an input is put in the sandbox under its own relative path."""
    return not os.path.isabs(os.path.expanduser(path)) and ".." not in Path(path).parts


def _plan(
    step: Step,
    rendered: Rendered,
    interpreter: Interpreter,
    code: Sequence[CodeFile],
    visible: Mapping[str, Artifact],
    inputs: Sequence[Input],
) -> dict[str, Any]:
    placed = [[f.path, f.digest, f.size, f.executable, "code"] for f in code]
    placed += [[p, a.digest, a.size, a.executable, "upstream"] for p, a in visible.items()]
    return {
        "command": rendered.command,
        "shell": step.shell,
        "env": dict(rendered.env),
        "outputs": list(rendered.outputs),
        "bin": interpreter.bin_directory,
        "placements": placed,
        "inputs": [[i.path, i.source, i.linked, dict(i.digests)] for i in inputs],
        "timeout_s": step.timeout_s,
        "stop": [step.stop.signal, step.stop.grace_s],
        "memory_bytes": step.resources.memory_bytes,
    }
