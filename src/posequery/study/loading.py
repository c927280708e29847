"""Studies from their files: YAML over YAML over the schema, every fault reported at once."""

import os
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from posequery.jobs.files import BadInput, suggestion
from posequery.settings import Section
from posequery.sources import kinds
from posequery.study.schema import NAME, PATHS, Study, sections

CONTROLS = ("study", "only", "confirm", "python")
"""Words of `--config` that steer a run and are no part of a study."""

MOVED = {
    "confidence": "is now a parameter of its strategy: strategies: [{least_confidence: {over: …}}]",
    "videos": "is short for source.videos: give one of the two",
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


def _extended(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """What `above` says over `below`; another kind of source inherits no key of the former."""
    old, new = below.get("source"), above.get("source")
    if isinstance(old, dict) and isinstance(new, dict):
        former = old.get("kind", kinds.DEFAULT)
        if new.get("kind", former) != former:
            below = {**below, "source": {}}
    return _merge(below, above)


def _spelt_out(values: dict[str, Any]) -> dict[str, Any]:
    """`videos: [...]` is short for `source: {videos: [...]}`."""
    source = values.get("source") or {}
    if "videos" not in values or not isinstance(source, dict) or "videos" in source:
        return values
    rest = {key: value for key, value in values.items() if key != "videos"}
    return rest | {"source": source | {"videos": values["videos"]}}


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

    for key in PATHS:
        *sections, last = key.split(".")
        inner: Any = values
        for name in sections:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(inner, dict) and last in inner:
            held = inner[last]
            several = isinstance(held, list)
            inner[last] = [anchored(path) for path in held] if several else anchored(held)


def _read(path: Path, folder: Path, seen: tuple[Path, ...] = ()) -> dict[str, Any]:
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 (a safe one)
    except OSError as error:
        raise BadInput(path, f"cannot be read ({error.strerror})", "Check the path") from error
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise BadInput(path, f"is no YAML ({line}{error.problem})", "Correct that line") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        fault = f"is no YAML ({type(error).__name__})"
        raise BadInput(path, fault, "Write it again as UTF-8 text") from error
    values = {} if values is None else values
    if not isinstance(values, dict):
        raise BadInput(path, "holds no keys", "Write 'key: value' lines, see config/README.md")
    values = _spelt_out(values)
    _anchor(values, path.parent.resolve())
    source = values.get("source")
    own_videos = isinstance(source, dict) and "videos" in source
    below = values.pop("extends", BASE if own_videos else None)
    if below is None:
        return values
    if path in seen:
        raise BadInput(path, "extends itself", "Remove the circle")
    beside = path.parent / f"{below}.yaml"
    base = beside if beside.is_file() else find_study(str(below), folder)
    return _extended(_read(base, folder, (*seen, path)), values)


def find_study(study: str, folder: Path) -> Path:
    """The file of a study: `folder/<study>.yaml`, or a path that ends in .yaml or .yml."""
    if study.endswith((".yaml", ".yml")):
        return Path(study)
    path = folder / f"{study}.yaml"
    if not path.is_file():
        there = sorted(file.stem for file in folder.glob("*.yaml") if file.stem != "config")
        near = suggestion(study, there)
        hint = f"{near}{'' if near.endswith('?') else '.'} A study of your own is named by its path"
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
    if "name" in _read(path, folder) | overrides:
        raise BadInput(path, "gives a name", "A study has the name of its file: rename the file")
    changes = {key: value for key, value in overrides.items() if key not in CONTROLS}
    values = _extended(_read(path, folder), _spelt_out(changes))
    try:
        return Study.model_validate({"name": path.stem} | values)
    except ValidationError as error:
        faults = [_fault(dict(one)) for one in error.errors()]
        text = "; ".join(faults)
        raise BadInput(path, text, "Every key is listed in config/README.md") from None


def _fault(error: dict[str, Any]) -> str:
    place = [str(part) for part in error["loc"]]
    # Between a source and its keys stands its kind, which is no key.
    kind = place.pop(1) if place[:1] == ["source"] and place[1:] else ""
    where = ".".join(place)
    if error["type"] == "extra_forbidden":
        return f"{where}: {MOVED[where]}" if where in MOVED else _unknown(place, kind)
    if error["type"] == "missing":
        about = _section(place, kind).model_fields[place[-1]].description or ""
        return f"{where} is needed: {' '.join(about.split())}"
    message = error["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


def _section(place: list[str], kind: str) -> type[Section]:
    """The section that holds the last key of a place."""
    section: type[Section] = Study
    for part in place[:-1]:
        found = sections(section, part)
        section = found[kind if kind in found else ""]
    return section


def _unknown(place: list[str], kind: str) -> str:
    where, key = ".".join(place), place[-1]
    others = sections(Study, "source").items() if place[0] == "source" else ()
    owners = [f"'{other}'" for other, section in others if key in section.model_fields]
    if owners:
        owner = " and ".join(owners)
        return f"{where} belongs to source kind {owner}, and this study's is '{kind}'"
    return f"unknown key '{where}': {suggestion(key, _section(place, kind).model_fields)}"
