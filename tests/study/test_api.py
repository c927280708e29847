"""The page of the library is that of the code, and its examples run."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from media import numbered, write_video

from posequery.jobs import sealed
from posequery.study import api

PAGE = Path(__file__).resolve().parents[2] / "docs/api.md"
EXAMPLES, REFERENCE = PAGE.read_text(encoding="utf-8").split(api.HEAD)


def test_the_page_is_current():
    assert api.reference() == REFERENCE.removeprefix("\n"), "make docs"


def test_renewing_keeps_what_stands_before_the_reference(tmp_path):
    page = tmp_path / "api.md"
    page.write_text(f"Mine.\n\n{api.HEAD}\nOld.\n", encoding="utf-8")
    api.renew(page)
    assert page.read_text(encoding="utf-8") == f"Mine.\n\n{api.HEAD}\n{api.reference()}"


@pytest.mark.parametrize("module", api.PUBLIC)
def test_what_is_public_says_what_it_does(module):
    """And is called as the page shows it, by Python's own reading of the signature."""
    for name in api.PUBLIC[module]:
        public = getattr(importlib.import_module(f"posequery.{module}"), name)
        assert public.__doc__ and inspect.cleandoc(public.__doc__) in REFERENCE
        if inspect.isfunction(public):
            shown = re.search(rf"^{name}\((.*?)\)( -> .*)?\n```", REFERENCE, re.M | re.S)
            (call,) = ast.parse(f"def f({shown[1]}): pass").body
            given = call.args
            named = [*given.args, *filter(None, [given.vararg]), *given.kwonlyargs]
            assert [one.arg for one in named] == list(inspect.signature(public).parameters)


def test_a_signature_keeps_defaults_and_stars():
    (one,) = ast.parse("def f(a: int, b: str='x', *words: str, c=None) -> int: pass").body
    assert api._arguments(one) == ["a: int", "b: str = 'x'", "*words: str", "c = None"]
    (one,) = ast.parse("def f(a, *, b: int): pass").body
    assert api._arguments(one) == ["a", "*", "b: int"]


def test_the_examples_run_as_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "walk.mp4", [numbered(n) for n in range(3)])
    folder = tmp_path / "results/garden/cells/online/stream/blazepose/uniform/5pct/seed0"
    folder.mkdir(parents=True)
    with sealed.created(folder / "record.h5") as file:
        for name, shape in (("joints", (4, 18, 2)), ("peaks", (4, 18)), ("parsed", (4, 18, 2))):
            file[name] = np.zeros(shape, np.float32)
        file["version"] = np.array([0, 0, 1, 1])
        file["updates/frame"], file["updates/count"] = np.array([2]), np.array([2])
        file["updates/picked"] = np.array([0, 1])
    blocks = re.findall(r"```python\n(.*?)```", EXAMPLES, re.DOTALL)
    assert len(blocks) == 5
    for block in blocks:
        exec(block, {})
    said = capsys.readouterr().out
    assert "walk_joints.csv" in said and "trained on [0, 1] live from frame 2" in said
