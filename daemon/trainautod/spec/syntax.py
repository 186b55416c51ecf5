"""What is wrong with text that is not YAML, in words that say what to do."""

import re
from dataclasses import replace

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

from trainautod.spec.errors import Problem, SpecInvalid

#: A value that begins as cron text may, with the asterisk by which YAML tells an alias.
_CRON = re.compile(r"(?:^|[\s\[{:-])(\*[0-9*/,-]*(?:[ \t]+[A-Za-z0-9*/,-]+){4})(?=[\s\]},]|$)")


def complaint(error: Exception, text: str, source: str) -> Problem:
    """The parser's complaint, at the line it is about, in words that say what to do."""
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = str(error.problem or error.context or "it cannot be read")
        if error.context_mark and "quoted scalar" in str(error.context):
            line, column = error.context_mark.line + 1, error.context_mark.column + 1
            said = f"this quoted text is not closed, {said}"
        return Problem(source, line, column, "", f"not valid YAML: {said}", _advice(said))
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        message = f"the character U+{ord(text[error.position]):04X} is not allowed in YAML"
        return Problem(source, line, 1, "", message, "remove it")
    return Problem(source, 1, 1, "", f"not valid YAML: {type(error).__name__}")


def _advice(said: str) -> str:
    for sign, hint in (
        (r"\t", "indent with spaces, not with tabs"),
        ("mapping values", "quote a value that has ': ' in it, and check the indentation"),
        ("end of stream", "close the quotes or brackets"),
        ("expected ','", "quote a value that has brackets, braces or commas in it"),
        ("expected <block end>", "check the indentation of this line"),
        ("could not find expected ':'", "a key is followed by ': '"),
        ("found character '@'", "quote a value that begins with @"),
        ("found character '`'", "quote a value that begins with a backtick"),
    ):
        if sign in said:
            return hint
    return ""


def unquoted(error: SpecInvalid, line: str) -> SpecInvalid:
    """The same error; of cron text that YAML takes for an alias, in words that say what to do."""
    match = _CRON.search(line)
    first = error.problems[0]
    if match is None or not first.message.startswith(("not valid YAML", "the alias")):
        return error
    told = "YAML does not read a value that begins with * as text"
    hint = f"quote it: '{match[1].rstrip(',')}'"
    return SpecInvalid((replace(first, column=match.start(1) + 1, message=told, hint=hint),))
