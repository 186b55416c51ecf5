"""One readable line for one difference, short enough for a terminal of 80 columns."""

import re

WIDTH = 80
_NAME = 36
_ARROW = " → "
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHORT_DIGEST = 8
_SIGNS = {"\n": "⏎", "\t": "⇥", "\r": "␍"}


def added(label: str, name: str) -> str:
    """The line for what only the new side has."""
    return f"{_subject(label, name, WIDTH - 6)} added"


def removed(label: str, name: str) -> str:
    """The line for what only the old side has."""
    return f"{_subject(label, name, WIDTH - 8)} removed"


def changed(label: str, name: str, old: str, new: str) -> str:
    """The line for a value on both sides: both whole if they fit, else around where they part."""
    subject = _subject(label, name, _NAME + len(label))
    room = (WIDTH - len(subject) - len(" changed: ") - len(_ARROW)) // 2
    left, right = _pair(old, new, room)
    if left == right:  # one ends in what the other is cut to, or signs look alike
        left, right = _told_apart(old, new, room)
    return f"{subject} changed: {left}{_ARROW}{right}"


def _told_apart(old: str, new: str, room: int) -> tuple[str, str]:
    if len(old) != len(new):
        return f"{len(old)}", f"{len(new)} characters"
    return _pair(ascii(old), ascii(new), room)


def _subject(label: str, name: str, room: int) -> str:
    return label + _middle_out(visible(name), room - len(label))


def _pair(old: str, new: str, room: int) -> tuple[str, str]:
    if _DIGEST.fullmatch(old) and _DIGEST.fullmatch(new) and old[:8] != new[:8]:
        return old[:_SHORT_DIGEST], new[:_SHORT_DIGEST]
    old, new = visible(old), visible(new)
    same = _common(old, new)
    return _window(old, same, room), _window(new, same, room)


def _window(text: str, place: int, room: int) -> str:
    """At most `room` characters of `text` that show the one at `place`, `…` for what is cut."""
    if len(text) <= room:
        return text
    start = max(0, min(place - room // 3, len(text) - room + 1))
    cut = text[start:] if start == 0 else "…" + text[start:]
    return cut if len(cut) <= room else cut[: room - 1] + "…"


def _middle_out(text: str, room: int) -> str:
    """The text with its middle cut; its end, a file's name, keeps the larger part."""
    if len(text) <= room:
        return text
    head = (room - 1) // 3
    return f"{text[:head]}…{text[len(text) - (room - 1 - head) :]}"


def _common(old: str, new: str) -> int:
    pairs = zip(old, new, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))


def visible(text: str) -> str:
    """Return a text in one line, with a sign for each character that a terminal would act on."""
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() else _SIGNS.get(sign, ascii(sign)[1:-1]) for sign in text
    )
