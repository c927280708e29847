"""The library's public functions and classes, in Markdown: `make docs` puts them into docs/api.md.

They are read from the sources, so that nothing is imported, torch least of all.
"""

import ast
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

from posequery.jobs.files import write_text

HEAD = "## Reference\n"
PUBLIC = {
    "strategies": (
        *("Window", "Selection", "Strategy", "select", "canonical", "parameters"),
        *("largest", "having", "TooFewFrames", "WrongSelection"),
    ),
    "metrics": ("joint_errors", "mpjpe", "frame_errors", "found_error"),
    "student.network": ("build",),
    "student.checkpoint": ("CheckpointInfo", "load", "save"),
    "student.inference": ("for_inference",),
    "student.prediction": ("Prediction", "predict", "predict_stream"),
    "student.training": ("fit",),
    "prediction.write": ("write_joints",),
    "record": ("Record", "read"),
    "clips": ("ClipInfo", "Stream", "read_labels"),
}
"""What the project keeps stable from one version to the next, by module."""

_SOURCES = Path(__file__).resolve().parents[1]
_LONGEST = 100
"""Characters of a line of code."""
_Function = ast.FunctionDef
_Documented = ast.Module | ast.ClassDef | _Function


def reference() -> str:
    """The documentation of everything in `PUBLIC`, in Markdown."""
    return "\n\n".join(part for module in PUBLIC for part in _module(module)) + "\n"


def renew(page: Path) -> None:
    """Replace the reference at the end of `page` by today's."""
    text = page.read_text(encoding="utf-8")
    write_text(page, f"{text[: text.index(HEAD)]}{HEAD}\n{reference()}")


def _module(name: str) -> Iterator[str]:
    path = _SOURCES.joinpath(*name.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = {one.name: one for one in tree.body if isinstance(one, ast.ClassDef | _Function)}
    yield f"### `posequery.{name}`"
    yield _text(tree).partition("\n\n")[0]
    for public in PUBLIC[name]:
        one = defined[public]
        if isinstance(one, _Function):
            yield _code(one.name, _arguments(one), _returned(one))
            yield _text(one)
        else:
            yield from _class(one)


def _class(one: ast.ClassDef) -> Iterator[str]:
    methods = [inner for inner in one.body if isinstance(inner, _Function)]
    made = next((inner for inner in methods if inner.name == "__init__"), None)
    fields = [inner for inner in one.body if isinstance(inner, ast.AnnAssign)]
    given = _arguments(made)[1:] if made else [ast.unparse(field) for field in fields]
    yield _code(f"class {one.name}", given or [ast.unparse(base) for base in one.bases])
    yield _text(one)
    rows = []
    for field, after in zip(one.body, one.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr):
            about = " ".join(cleandoc(str(ast.literal_eval(after.value))).split())
            rows.append(f"- `{ast.unparse(field.target)}`: {about}")
    for method in methods:
        if not method.name.startswith("_"):
            about = " ".join(_text(method).split())
            decorators = {ast.unparse(mark) for mark in method.decorator_list}
            held = bool(decorators & {"property", "cached_property"})
            call = f"{method.name}({', '.join(_arguments(method)[1:])}){_returned(method)}"
            shown = method.name if held else call
            rows.append(f"- `{shown}`: {about}")
    if rows:
        yield "\n".join(rows)


def _text(one: _Documented) -> str:
    return ast.get_docstring(one) or ""


def _code(name: str, arguments: list[str], returned: str = "") -> str:
    """A call, on a line for each argument where it is too long for one."""
    line = f"{name}({', '.join(arguments)}){returned}"
    if len(line) > _LONGEST:
        line = "\n".join([f"{name}(", *(f"    {one}," for one in arguments), f"){returned}"])
    return f"```python\n{line}\n```"


def _returned(one: _Function) -> str:
    return f" -> {ast.unparse(one.returns)}" if one.returns else ""


def _arguments(one: _Function) -> list[str]:
    """As they are written, with blanks around the sign of a default."""
    given = one.args
    defaults = [*[None] * (len(given.args) - len(given.defaults)), *given.defaults]
    words = [_argument(*pair) for pair in zip(given.args, defaults, strict=True)]
    if given.vararg or given.kwonlyargs:
        words.append(f"*{ast.unparse(given.vararg) if given.vararg else ''}")
    pairs = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    return words + [_argument(*pair) for pair in pairs]


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    return ast.unparse(argument) + (f" = {ast.unparse(default)}" if default else "")


if __name__ == "__main__":
    renew(Path(sys.argv[1]))
