"""From the words of a command line to parsed arguments.

Only the parser of the verb that was typed is built, and only that verb's module imported.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from types import ModuleType
from typing import NoReturn

from trainauto_tui.cli.catalogue import GROUPS, VERBS, Verb

DESCRIPTION = "Retraining pipelines that run by themselves: a local daemon and its command line."
EPILOG = """\
trainauto VERB --help explains one verb. Verbs start the daemon when they need it.
Exit codes: 0 done, 1 the run or check failed, 2 usage or invalid file, 3 no daemon,
4 no such thing, 5 refused."""


class Parser(argparse.ArgumentParser):
    """A parser that suggests the verb that was probably meant."""

    def error(self, message: str) -> NoReturn:
        """Print the message and where to read more, and exit with 2."""
        self.exit(2, f"trainauto: {message}\nSee: {self.prog} --help\n")


class RootParser(Parser):
    """The parser of ``trainauto`` itself, whose help groups the verbs."""

    def format_help(self) -> str:
        """Return the help of all verbs."""
        width = max(len(name) for name in VERBS)
        lines = [
            "usage: trainauto [--host HOST] [--home DIR] [--json] [--no-start] VERB …",
            "",
            DESCRIPTION,
        ]
        for title, verbs in GROUPS.items():
            lines += ["", f"{title}:"]
            lines += [f"  {verb.name:<{width}}  {verb.summary}" for verb in verbs]
        lines += ["", "Everywhere:"]
        lines += [f"  {flags:<{width}}  {text}" for flags, text in EVERYWHERE]
        return "\n".join([*lines, "", EPILOG, ""])


EVERYWHERE = (
    ("--home DIR", "the daemon's home (else TRAINAUTO_HOME, else the platform's data folder)"),
    ("--host HOST", "another machine: ssh://user@box[:port][/home], or a name of trainauto hosts"),
    ("--json", "one JSON document on standard output; messages go to standard error"),
    ("--no-start", "do not start the daemon when it is not running"),
    ("--version", "print the version"),
)


def module_of(verb: Verb) -> ModuleType:
    """Import and return the module that carries out ``verb``."""
    return import_module(f"trainauto_tui.cli.verbs.{verb.module}")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments of a command line; exits with 2 when it is not valid.

    The namespace always has ``verb``, ``home``, ``host``, ``json`` and ``no_start``.
    """
    typed = first_word(argv)
    if typed is not None and typed not in VERBS:
        _unknown(typed)
    parser = build([VERBS[typed]] if typed else [])
    defaults = argparse.Namespace(verb=typed, home=None, host=None, json=False, no_start=False)
    arguments = parser.parse_args(argv, defaults)
    if typed is None:
        parser.print_help(sys.stderr)
        raise SystemExit(2)
    return arguments


def build(verbs: Iterable[Verb]) -> RootParser:
    """Return the parser of ``trainauto`` with these verbs."""
    root = RootParser(prog="trainauto", parents=[common()], allow_abbrev=False)
    root.add_argument("--version", action="version", version=f"trainauto {_version()}")
    chosen = list(verbs)
    if chosen:
        subparsers = root.add_subparsers(metavar="VERB", dest="verb", parser_class=Parser)
    for verb in chosen:
        parser = subparsers.add_parser(
            verb.name,
            parents=[common()],
            help=verb.summary,
            description=verb.summary[0].upper() + verb.summary[1:] + ".",
            epilog="example:\n" + "\n".join(f"  {line}" for line in verb.example.splitlines()),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        getattr(module_of(verb), f"configure_{verb.suffix}")(parser)
    return root


def common() -> Parser:
    """Return the options that every verb takes, before its name and after it.

    They have no defaults here: one given before the verb is not undone by its absence after it.
    """
    parser = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = parser.add_argument_group("everywhere")
    group.add_argument("--home", metavar="DIR", help="the daemon's home directory")
    group.add_argument("--host", metavar="HOST", help="the machine: ssh://user@box, or a kept name")
    group.add_argument("--json", action="store_true", help="one JSON document on standard output")
    group.add_argument("--no-start", action="store_true", help="do not start the daemon")
    return parser


def first_word(argv: Sequence[str]) -> str | None:
    """Return the first word that is neither an option nor the value of one."""
    words = iter(argv)
    for word in words:
        if word in ("--home", "--host"):
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


def _unknown(typed: str) -> NoReturn:
    from difflib import get_close_matches

    close = get_close_matches(typed, VERBS, 1)
    hint = f": did you mean {close[0]!r}?" if close else ""
    sys.stderr.write(f"trainauto: unknown verb {typed!r}{hint}\nSee: trainauto --help\n")
    raise SystemExit(2)


def _version() -> str:
    from trainautod import __version__

    return __version__
