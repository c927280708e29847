"""Studies from their files: YAML over YAML over the schema, every fault told at once."""

import os
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from posequery.jobs.files import BadInput, suggestion
from posequery.study.schema import NAME, PATHS, Study, subsection

CONTROLS = ("study", "only", "confirm", "python")
"""Words of `--config` that steer a run and are no part of a study."""

MOVED = {
    "confidence": "is a parameter of its strategy now: strategies: [{least_confidence: {over: …}}]",
}
"""Keys of older versions, and where they went."""

BASE = "videos"
"""The study that one with `videos:` extends unless it says otherwise."""


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = _merge(old, value) if both else value  # type: ignore[arg-type]
    return merged


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, which would take the last of two equal keys without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                mark = node.value[0][0].start_mark
                raise yaml.MarkedYAMLError(problem=f"'{key}' is given twice", problem_mark=mark)
        return super().construct_mapping(node, deep)


def _anchor(values: dict[str, Any], folder: Path) -> None:
    """Paths are meant from the study file's folder, wherever Snakemake is started."""

    def anchored(path: object) -> object:
        if not isinstance(path, str) or not path:
            return path
        # Path's own raises for ~nobody. The folder is resolved, so that '..' means its parent.
        return os.path.normpath(folder / os.path.expanduser(path))  # noqa: PTH111

    if isinstance(values.get("videos"), list):
        values["videos"] = [anchored(video) for video in values["videos"]]
    for key in PATHS:
        *sections, last = key.split(".")
        inner: Any = values
        for name in sections:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(inner, dict) and last in inner:
            inner[last] = anchored(inner[last])


def _read(path: Path, folder: Path, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 (a safe one)
    except OSError as error:
        raise BadInput(path, f"cannot be read ({error.strerror})", "Check the path") from error
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise BadInput(path, f"is no YAML ({line}{error.problem})", "Mend that line") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        fault = f"is no YAML ({type(error).__name__})"
        raise BadInput(path, fault, "Write it again as UTF-8 text") from error
    values = {} if values is None else values
    if not isinstance(values, dict):
        raise BadInput(path, "holds no keys", "Write 'key: value' lines, see config/README.md")
    _anchor(values, path.parent.resolve())
    below = values.pop("extends", BASE if "videos" in values else None)
    if below is None:
        return values
    if path in seen:
        raise BadInput(path, "extends itself", "Remove the circle")
    beside = path.parent / f"{below}.yaml"
    base = beside if beside.is_file() else find_study(str(below), folder)
    return _merge(_read(base, folder, (*seen, path)), values)


def find_study(study: str, folder: Path) -> Path:
    """The file of a study: `folder/<study>.yaml`, or a path that ends in .yaml or .yml."""
    if study.endswith((".yaml", ".yml")):
        return Path(study)
    path = folder / f"{study}.yaml"
    if not path.is_file():
        there = sorted(file.stem for file in folder.glob("*.yaml") if file.stem != "config")
        hint = f"{suggestion(study, there)}; your own is named by its path"
        raise BadInput(path, "there is no such study", hint)
    return path


def load_study(study: str, overrides: dict[str, Any], folder: Path) -> Study:
    """The validated study of that name or path, with `overrides` (of `--config`) over its file.

    Raises `BadInput` with every fault at once, each with the nearest valid key.
    """
    path = find_study(study, folder)
    if not re.fullmatch(NAME, path.stem):
        fault = "its name becomes a folder's: letters, digits, '.', '_' and '-' alone"
        raise BadInput(path, fault, "Rename the file")
    changes = {key: value for key, value in overrides.items() if key not in CONTROLS}
    values = _merge(_read(path, folder), changes)
    try:
        return Study.model_validate({"name": path.stem} | values)
    except ValidationError as error:
        faults = [_fault(dict(one)) for one in error.errors()]
        text = "; ".join(faults)
        raise BadInput(path, text, "config/README.md lists every key") from None


def _fault(error: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        if where in MOVED:
            return f"{where}: {MOVED[where]}"
        section: Any = Study
        for part in error["loc"][:-1]:
            section = subsection(section, part)
        return f"unknown key '{where}': {suggestion(str(error['loc'][-1]), section.model_fields)}"
    message = error["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
