"""The files that a command uses."""

import ast
import posixpath
import time
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainautod.planning.code import code_files


def used(command: str, files: Mapping[str, str], *roots: str) -> tuple[str, ...]:
    """What `command` uses of a folder with these texts, checking every path that is asked for."""

    def read(path: str) -> bytes | None:
        assert not path.startswith("/")
        assert ".." not in path.split("/")
        assert path == posixpath.normpath(path)
        text = files.get(path)
        return None if text is None else text.encode()

    found = code_files(command, read, roots=roots)
    assert found == tuple(sorted(set(found)))
    return found


@pytest.mark.parametrize(
    "command",
    [
        "python train.py",
        "python ./train.py",
        "python3.11 -u 'train.py' --x",
        'sh -c "python train.py"',
        "env A=1 python train.py",
        "nice python train.py | tee out.log",
        "true && python train.py; false",
        "exec python train.py 2>&1",
        "python sub/../train.py",
        "(python train.py)",
        "python $(echo train.py)",
        'python "train.py',
        "streamlit run train.py",
        "python -m train",
        "python -um train",
        "python -mtrain",
        "python -c 'import train'",
        'python -c "from train import main; main()"',
        "gunicorn train:app",
        "python - <<EOF\nimport train\nEOF",
    ],
)
def test_a_command_uses_the_script_it_names(command: str) -> None:
    assert used(command, {"train.py": "", "other.py": ""}) == ("train.py",)


@pytest.mark.parametrize(
    "command",
    [
        "cat schema.json",
        "python - --schema=schema.json",
        "python - --set a=1,schema=schema.json",
        "curl -d @schema.json",
        "tool -fschema.json",
        "jq . < schema.json",
        "tool a.txt,schema.json",
        "tool schema.json:ro",
    ],
)
def test_a_file_of_any_kind_that_a_word_names_counts(command: str) -> None:
    assert used(command, {"schema.json": "{}"}) == ("schema.json",)


@pytest.mark.parametrize(
    "command",
    [
        "python /train.py",
        "python ../train.py",
        "cat a/../../train.py",
        "python ~/train.py",
        "python $HOME/train.py",
        "echo > train.py",
        "python train",
        "# python train.py",
        "cat conf",
        "echo nul\0train.py",
    ],
)
def test_what_is_outside_written_to_or_no_file_does_not_count(command: str) -> None:
    assert used(command, {"train.py": "", "conf/a.yaml": ""}) == ()


def test_a_folder_that_the_command_changes_to_is_searched_too() -> None:
    files = {"sub/x.py": "import y", "sub/y.py": "", "top.yaml": "", "sub/a/z.txt": ""}
    assert used("cd sub && python x.py ../top.yaml && cat a/z.txt", files) == tuple(sorted(files))
    assert used("env -C sub python x.py", files) == ("sub/x.py", "sub/y.py")
    assert used("make --directory=sub/a z.txt", files) == ("sub/a/z.txt",)
    assert used("cd sub; cd a; cat z.txt", files) == ("sub/a/z.txt",)


def test_a_shell_script_is_followed_like_a_command() -> None:
    files = {
        "x.sh": "#!/bin/sh\npython a.py --config conf.yaml\nsh y.sh\n",
        "y.sh": "sh x.sh; python -m pkg",
        "run": "#!/usr/bin/env bash\npython a.py",
        "a.py": "",
        "conf.yaml": "",
        "pkg/__init__.py": "",
        "pkg/__main__.py": "from . import part",
        "pkg/part.py": "",
    }
    assert used("sh x.sh", files) == tuple(sorted(set(files) - {"run"}))
    assert used("./run", files) == ("a.py", "run")


def test_a_python_file_without_suffix_is_followed() -> None:
    files = {"tool": "import a", "made": "#!/usr/bin/python3\nimport a", "a.py": ""}
    assert used("python tool", files) == ("a.py", "tool")
    assert used("./made", files) == ("a.py", "made")
    assert used("cat tool", files) == ("tool",)


def test_the_import_closure_is_followed() -> None:
    files = {
        "train.py": "import os, numpy\nimport a.b.c as x\nfrom lib import load, Thing\n",
        "a/__init__.py": "from . import early",
        "a/early.py": "",
        "a/b/__init__.py": "",
        "a/b/c.py": "from ..late import z\nfrom .. import *",
        "a/late.py": "import train",
        "lib/__init__.py": "",
        "lib/load.py": "from .deep import (one,\n two)",
        "lib/deep/two.py": "",
        "lib/unused.py": "",
        "a/unused.py": "",
    }
    assert used("python train.py", files) == tuple(
        sorted(set(files) - {"lib/unused.py", "a/unused.py"})
    )


@pytest.mark.parametrize(
    "source",
    [
        "if True:\n    import m",
        "try:\n    import fast\nexcept ImportError:\n    import m",
        "try:\n    pass\nfinally:\n    import m",
        "def f():\n    async def g():\n        from m import x",
        "class A:\n    for i in ():\n        pass\n    else:\n        import m",
        "with x:\n    import m",
        "match x:\n    case 1:\n        import m",
        "while 0: import m",
        "import importlib\nx = importlib.import_module('m')",
        "from importlib import import_module as f, import_module\nf(import_module('m').x)",
        "__import__('m')",
        "importlib.import_module('.m', __package__)",
        "import json, m",
        "from . import m",
        "from .m import *",
        "'\\d'; import m",
        "x is 1; import m",
        "# -*- coding: latin-1 -*-\nimport m",
    ],
)
def test_imports_are_found_wherever_they_stand(source: str) -> None:
    assert used("python s.py", {"s.py": source, "m.py": "", "n.py": ""}) == ("m.py", "s.py")


def test_a_module_is_looked_for_beside_the_script_before_the_folder() -> None:
    files = {"jobs/s.py": "import m, n", "jobs/m.py": "", "m.py": "", "n.py": ""}
    assert used("python jobs/s.py", files) == ("jobs/m.py", "jobs/s.py", "n.py")


def test_a_package_comes_before_a_module_of_its_name_and_both_before_a_plain_folder() -> None:
    files = {"s.py": "import m.x", "m/__init__.py": "", "m/x.py": "", "m.py": ""}
    assert used("python s.py", files) == ("m/__init__.py", "m/x.py", "s.py")
    files = {"s.py": "import m.x", "m/x.py": "", "m.py": ""}
    assert used("python s.py", files) == ("m.py", "s.py")


def test_a_namespace_package_may_lie_in_several_search_folders() -> None:
    files = {"jobs/s.py": "import ns.a\nfrom ns import b", "jobs/ns/a.py": "", "ns/b.py": ""}
    assert used("python jobs/s.py", files) == ("jobs/ns/a.py", "jobs/s.py", "ns/b.py")


def test_a_star_import_takes_the_modules_that_all_lists() -> None:
    files = {
        "s.py": "from pkg import *",
        "pkg/__init__.py": "__all__ = ['a', 'name']",
        "pkg/a.py": "",
        "pkg/b.py": "",
    }
    assert used("python s.py", files) == ("pkg/__init__.py", "pkg/a.py", "s.py")


def test_more_search_folders_come_from_the_command_and_the_caller() -> None:
    files = {"s.py": "import m", "src/m.py": "", "lib/m.py": ""}
    assert used("PYTHONPATH=src:$X python s.py", files) == ("s.py", "src/m.py")
    assert used("python s.py", files, "lib") == ("lib/m.py", "s.py")
    assert used("PYTHONPATH=src python -m m", files) == ("src/m.py",)


@pytest.mark.parametrize(
    "text", ["import (", "\0", "x = " + "(" * 5000, "print 'two'", "import m\n  bad indent"]
)
def test_a_file_that_python_cannot_parse_counts_as_itself(text: str) -> None:
    assert used("python s.py", {"s.py": text, "m.py": ""}) == ("s.py",)


def test_a_relative_import_above_the_folder_is_not_found() -> None:
    assert used("python s.py", {"s.py": "from ... import m\nfrom ..m import x", "m.py": ""}) == (
        "s.py",
    )


def test_circular_imports_end() -> None:
    files = {"a.py": "import b", "b.py": "import a"}
    assert used("python a.py b.py", files) == ("a.py", "b.py")


def test_a_large_file_is_asked_for_not_read() -> None:
    asked: list[str] = []

    def read(path: str) -> bytes | None:
        asked.append(path)
        return b"import m" if path == "s.py" else None

    known = {"s.py", "data.parquet"}
    assert code_files("python s.py data.parquet", read, exists=known.__contains__) == (
        "data.parquet",
        "s.py",
    )
    assert asked == ["s.py"]


def test_each_file_is_read_once() -> None:
    asked: list[str] = []
    files = {f"m{n}.py": "import m0, m1, m2, absent" for n in range(3)}

    def read(path: str) -> bytes | None:
        asked.append(path)
        text = files.get(path)
        return None if text is None else text.encode()

    assert len(code_files("python m0.py; cd sub; python m1.py", read)) == 3
    assert len(asked) == len(set(asked))


def test_a_long_file_is_read_through_once() -> None:
    text = "import m\n" + "def f(x):\n    return {'a': [x + 1, x * 2], 'b': x}\n" * 1_000
    began = time.process_time()
    ast.parse(text)
    once = time.process_time() - began
    began = time.process_time()
    assert used("python s.py s.py ./s.py", {"s.py": text, "m.py": ""}) == ("m.py", "s.py")
    assert time.process_time() - began < 20 * once  # of processor time: others do not count


@settings(deadline=None)
@given(st.text(max_size=80))
def test_no_command_fails_or_escapes(command: str) -> None:
    used(command, {"a": "", "b.py": "import a"})


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["cd sub", "python", "x.py", "-m", "-c", "import x", "'", '"', "&&", "<<E\n", "..", "/"]
        ),
        max_size=12,
    )
)
def test_no_mixture_of_shell_parts_fails_or_escapes(parts: list[str]) -> None:
    files = {"x.py": "from . import y", "sub/x.py": "import y", "sub/y.py": ""}
    assert set(used(" ".join(parts), files)) <= set(files)
