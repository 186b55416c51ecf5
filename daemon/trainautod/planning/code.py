"""The files of a pipeline's folder that a command uses, found without running it.

Rather a file too many than one too few: one too many re-runs a step that it did not concern, one
too few serves a result of other code.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from trainautod.planning.imports import Import, Source, parse
from trainautod.planning.shell import Command, commands

Read = Callable[[str], bytes | None]

_PYTHON = re.compile(r"(?:.*/)?python[\d.]*w?")
_SHELL_SUFFIXES = (".sh", ".bash", ".ksh", ".zsh")
_PYTHON_SUFFIXES = (".py", ".pyw")
_MODULE_OPTION = re.compile(r"-[A-Za-z]*m(?P<name>[A-Za-z_][\w.]*)?")
_CODE_OPTION = re.compile(r"-[A-Za-z]*c")
_FOLDER_OPTION = re.compile(r"-C|--directory|--chdir|--cwd|--working-directory")
_ATTRIBUTE = re.compile(r"([A-Za-z_][\w.]*):[A-Za-z_][\w.]*")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
# Commands nest in quotes (`sh -c "…"`) and in scripts; deeper ones are not written by hand.
MAX_DEPTH = 8
MAX_FOLDERS = 16


def is_script(path: str) -> bool:
    """Tell whether a file is looked into for what it uses, and so is code whatever else it is."""
    return path.endswith((*_PYTHON_SUFFIXES, *_SHELL_SUFFIXES))


def code_files(
    command: str,
    read: Read,
    *,
    exists: Callable[[str], bool] | None = None,
    roots: Sequence[str] = (),
) -> tuple[str, ...]:
    """Every file of the pipeline folder that `command` uses, as sorted relative paths.

    These are the files named in its words, and in the shell scripts among them; the modules it
    starts (`python -m`, `package.module:name`); and the local imports of every Python file, text
    (`-c`) and here-document, in turn. A word is looked for in the pipeline folder and in each
    folder that the command changes to; a module in its script's folder, then in those, in
    `PYTHONPATH=…` and in `roots`.

    Args:
        command: As rendered.
        read: The bytes of the file at a relative path, None when there is no such file. Never
            asked for a path that is absolute or leads above the folder.
        exists: Whether `read` would give bytes; spares reading a large file whose content does
            not matter here.
        roots: More folders that Python searches, relative to the pipeline folder.
    """
    search = _Search(read, exists)
    for root in roots:
        search.add_folder(root)
    search.script(command)
    search.close()
    return tuple(sorted(search.found))


@dataclass(slots=True)
class _Search:
    read: Read
    exists: Callable[[str], bool] | None
    found: set[str] = field(default_factory=set)
    folders: list[str] = field(default_factory=lambda: [""])
    # Python files still to be looked through, each with the folders that its imports search.
    pending: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    inline: list[Source] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    _texts: dict[str, bytes | None] = field(default_factory=dict)
    _present: dict[str, bool] = field(default_factory=dict)
    _sources: dict[str, Source] = field(default_factory=dict)
    _visited: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    _entries: list[str] = field(default_factory=list)

    def script(self, text: str, depth: int = 0) -> None:
        """Look through a shell text."""
        if depth > MAX_DEPTH:
            return
        for item in commands(text):
            self._change_folder(item.words)
            self._command(item, depth)

    def close(self) -> None:
        """Follow what was named, once all folders are known."""
        for path in self._entries:
            own = posixpath.dirname(path)
            self.pending.append((path, tuple(dict.fromkeys((own, *self.folders)))))
        everywhere = tuple(self.folders)
        for module in self.modules:
            self._import(Import(module), "", everywhere)
            self._import(Import(f"{module}.__main__"), "", everywhere)
        for source in self.inline:
            self._imports(source, "", everywhere)
        while self.pending:
            path, searched = self.pending.pop()
            if (path, searched) not in self._visited:
                self._visited.add((path, searched))
                self._imports(self._source(path), posixpath.dirname(path), searched)

    def add_folder(self, folder: str) -> None:
        """Search this folder too, below each that is searched already."""
        for base in list(self.folders):
            path = _inside(base, folder)
            if path is not None and path not in self.folders and len(self.folders) < MAX_FOLDERS:
                self.folders.append(path)

    def _change_folder(self, words: Sequence[str]) -> None:
        for word, following in pairwise((*words, "")):
            if word.startswith("PYTHONPATH="):
                for part in word.partition("=")[2].split(":"):
                    self.add_folder(part)
            elif word in {"cd", "pushd"} or _FOLDER_OPTION.fullmatch(word):
                self.add_folder(following)
            elif _FOLDER_OPTION.fullmatch(word.partition("=")[0]):
                self.add_folder(word.partition("=")[2])

    def _command(self, item: Command, depth: int) -> None:
        python = False
        before = ""
        for word in item.words:
            self._word(word, before, python, depth)
            python = python or _PYTHON.fullmatch(word) is not None
            before = word
        for document in item.documents:
            self.inline.append(parse(document))
            self.script(document, depth + 1)

    def _word(self, word: str, before: str, python: bool, depth: int) -> None:
        for candidate in _candidates(word):
            self._file(candidate, python, depth)
        named = _MODULE_OPTION.fullmatch(before)
        if named is not None and named["name"] is None and _MODULE.fullmatch(word):
            self.modules.append(word)
        attached = _MODULE_OPTION.fullmatch(word)
        if python and attached is not None and attached["name"] is not None:
            self.modules.append(attached["name"])
        attribute = _ATTRIBUTE.fullmatch(word)
        if attribute is not None:
            self.modules.append(attribute[1])
        if _CODE_OPTION.fullmatch(before):
            self.inline.append(parse(word))
        if any(sign.isspace() or sign in ";&|" for sign in word):
            self.script(word, depth + 1)

    def _file(self, word: str, python: bool, depth: int) -> None:
        for folder in self.folders:
            path = _inside(folder, word)
            if not path or path in self.found or not self._is_file(path):
                continue
            self.found.add(path)
            if self._is_python(path, python):
                self._entries.append(path)
            elif self._is_shell(path):
                self.script((self._text(path) or b"").decode(errors="replace"), depth + 1)

    def _is_python(self, path: str, python: bool) -> bool:
        if path.endswith(_PYTHON_SUFFIXES):
            return True
        extensionless = not posixpath.splitext(path)[1]
        return extensionless and (python or b"python" in self._first_line(path))

    def _is_shell(self, path: str) -> bool:
        if path.endswith(_SHELL_SUFFIXES):
            return True
        line = self._first_line(path) if not posixpath.splitext(path)[1] else b""
        return line.startswith(b"#!") and b"sh" in line

    def _first_line(self, path: str) -> bytes:
        text = self._text(path) or b""
        return text[:200].partition(b"\n")[0] if text.startswith(b"#!") else b""

    def _imports(self, source: Source, folder: str, searched: tuple[str, ...]) -> None:
        for item in source.imports:
            self._import(item, folder, searched)

    def _import(self, item: Import, folder: str, searched: tuple[str, ...]) -> None:
        """Follow one import of a file in `folder`; unknown modules are simply not found."""
        if item.level:
            base = _above(folder, item.level - 1)
            bases: tuple[str, ...] = () if base is None else (base,)
        else:
            bases = searched
        parts = [part for part in item.module.split(".") if part]
        for base in bases:
            if self._module(base, parts, item.names, searched):
                return

    def _module(
        self, base: str, parts: Sequence[str], names: Sequence[str], searched: tuple[str, ...]
    ) -> bool:
        """Whether any file below `base` is part of the import; all that are, are followed."""
        place, hit = base, False
        package = self._follow(posixpath.join(place, "__init__.py"), searched) if not parts else ""
        for part in parts:
            place = posixpath.join(place, part)
            package = self._follow(posixpath.join(place, "__init__.py"), searched)
            module = "" if package else self._follow(f"{place}.py", searched)
            hit = hit or bool(package or module)
            if module:
                return True
        if "*" in names and package:
            names = (*names, *self._source(package).exported)
        # Without parts or names there is nothing below; a folder alone is a namespace package.
        inner = [self._module(place, [name], (), searched) for name in names if name != "*"]
        return hit or any(inner) or (not parts and bool(package))

    def _follow(self, path: str, searched: tuple[str, ...]) -> str:
        """The path, noted as used and to be looked through, when there is such a file."""
        path = posixpath.normpath(path)
        if not self._is_file(path):
            return ""
        self.found.add(path)
        self.pending.append((path, searched))
        return path

    def _is_file(self, path: str) -> bool:
        if path not in self._present:
            looked = self.exists(path) if self.exists is not None else self._text(path) is not None
            self._present[path] = looked
        return self._present[path]

    def _text(self, path: str) -> bytes | None:
        if path not in self._texts:
            self._texts[path] = self.read(path)
        return self._texts[path]

    def _source(self, path: str) -> Source:
        if path not in self._sources:
            self._sources[path] = parse(self._text(path) or b"")
        return self._sources[path]


def _candidates(word: str) -> Iterator[str]:
    """What in a word may be a path: all of it, what follows an option's sign, parts of a list."""
    yield word
    pieces = [piece for piece in re.split(r"[=,:@]", word) if piece]
    if len(pieces) > 1 or pieces != [word]:
        yield from pieces
    value = word.partition("=")[2]
    if value:
        yield value
    if re.match(r"-[A-Za-z]\w", word):  # an option with its value attached: -cconf.yaml
        yield word[2:]


def _inside(folder: str, word: str) -> str | None:
    """`word` as a path below the pipeline folder, seen from `folder`; None when it leaves it."""
    if not word or word.startswith(("/", "~")) or "\0" in word or len(word) > 4096:
        return None
    path = posixpath.normpath(posixpath.join(folder, word))
    if path == ".." or path.startswith("../"):
        return None
    return "" if path == "." else path


def _above(folder: str, levels: int) -> str | None:
    parts = folder.split("/") if folder else []
    if levels > len(parts):
        return None
    return "/".join(parts[: len(parts) - levels])
