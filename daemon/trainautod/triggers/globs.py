"""Which files a pattern means: `*`, `**` and `?`, or a folder and every file below it.

A wildcard passes over what people and programs set aside: hidden names, temporary ones, and the
markers that say that other files are complete. Who writes such a name into the pattern gets it.
"""

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property

#: A file beside ``x`` of the name ``x.done`` says that ``x`` is complete.
DONE = ".done"

#: A file of this name says that every file of its folder is complete.
SUCCESS = "_SUCCESS"

_VISIBLE = r"(?!\.)[^/]+"
_SET_ASIDE = re.compile(r".*(\.(tmp|temp|part|partial|crdownload|swp|done)|~)|#.*#|_SUCCESS")
_WILD = re.compile(r"\*+|\?")


@dataclass(frozen=True)
class Pattern:
    """A pattern, made absolute.

    Attributes:
        base: The longest folder without a wildcard; for a plain path, that path.
        parts: The names below it, with wildcards; a plain path has ``**`` and ``*``.
        plain: Whether it has no wildcard: a file, or every file below a folder.
    """

    base: str
    parts: tuple[str, ...]
    plain: bool

    @classmethod
    def of(cls, text: str, folder: str, home: str) -> "Pattern":
        """Read a pattern.

        Args:
            text: As written: relative, absolute, or beginning with ``~``.
            folder: What it is relative to, absolute.
            home: What ``~`` stands for.
        """
        if text == "~" or text.startswith("~/"):
            text = home + text[1:]
        names = posixpath.normpath(posixpath.join(folder, text)).lstrip("/").split("/")
        count = next((i for i, name in enumerate(names) if _WILD.search(name)), len(names))
        base, parts = "/" + "/".join(names[:count]), tuple(names[count:])
        if not parts:
            return cls(base, ("**", "*"), plain=True)
        return cls(base, (*parts, "*") if parts[-1] == "**" else parts, plain=False)

    @property
    def is_deep(self) -> bool:
        """Whether files below the folders of ``base`` are meant too."""
        return len(self.parts) > 1

    def matches(self, path: str) -> bool:
        """Whether a file with this absolute path is meant."""
        if self.plain and path == self.base:
            return True
        below = self._below(path)
        if below is None or not self._file.fullmatch(below):
            return False
        return self._wants_set_aside or not _SET_ASIDE.fullmatch(posixpath.basename(path))

    def enters(self, folder: str) -> bool:
        """Whether a folder with this absolute path may hold files that are meant."""
        if folder == self.base:
            return True
        below = self._below(folder)
        return below is not None and self._folder.fullmatch(below + "/") is not None

    def _below(self, path: str) -> str | None:
        prefix = self.base.rstrip("/") + "/"
        return path[len(prefix) :] if path.startswith(prefix) else None

    @cached_property
    def _wants_set_aside(self) -> bool:
        return not self.plain and _SET_ASIDE.fullmatch(self.parts[-1]) is not None

    @cached_property
    def _file(self) -> re.Pattern[str]:
        folders = "".join(map(_step, self.parts[:-1]))
        return re.compile(folders + _name(self.parts[-1]), re.DOTALL)

    @cached_property
    def _folder(self) -> re.Pattern[str]:
        """What a folder on the way to a file looks like, with a slash after every name."""
        text = ""
        for part in reversed(self.parts[:-1]):
            text = _step(part) + text if part == "**" else f"(?:{_step(part)}{text})?"
        return re.compile(text, re.DOTALL)


def _step(part: str) -> str:
    return f"(?:{_VISIBLE}/)*" if part == "**" else _name(part) + "/"


def _name(part: str) -> str:
    """One name as a regular expression; a wildcard at its beginning passes over hidden names."""
    text, position = "", 0
    for wild in _WILD.finditer(part):
        text += re.escape(part[position : wild.start()])
        text += "[^/]" if wild[0] == "?" else "[^/]*"
        position = wild.end()
    text += re.escape(part[position:])
    return rf"(?!\.){text}" if part[:1] in ("*", "?") else text


def markers_of(path: str) -> tuple[str, str]:
    """The markers that say that a file is complete: one beside it, one for its whole folder."""
    return path + DONE, posixpath.join(posixpath.dirname(path), SUCCESS)
