"""Studies from their files: YAML over YAML over the schema, every fault reported at once."""

import os
import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from posequery.jobs import strict_yaml
from posequery.jobs.files import BadInput, suggestion
from posequery.settings import shown
from posequery.sources import kinds
from posequery.sources.access import refuse_live
from posequery.study.faults import CONTROLS, faults
from posequery.study.schema import NAME, PATHS, Study

BASE = "videos"
"""The study that one with `videos:` extends unless it says otherwise."""


COMMAND_LINE = "--config"
SUFFIXES = (".yaml", ".yml")
VIDEOS = (".avi", ".m4v", ".mjpeg", ".mkv", ".mov", ".mp4", ".mpg", ".mts", ".webm")
"""How the names of videos end, which might be given in place of a study."""
SHOWN = 12
"""Faults that are listed before the others are only counted."""


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


def _anchor(values: dict[str, Any], folder: Path) -> None:
    """Paths are meant from the study file's folder, wherever Snakemake is started."""

    def anchored(path: object) -> object:
        if not isinstance(path, str) or not path.strip() or "\0" in path:
            return path  # which the schema refuses
        # Path's own raises for ~nobody. The folder is resolved, so that '..' means its parent.
        whole = os.path.normpath(folder / os.path.expanduser(path))  # noqa: PTH111
        try:
            refuse_live(path)
        except BadInput:
            # The schema refuses the address as it was written.
            return whole if os.path.lexists(whole) else path
        return whole

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
    values = _spelt_out(strict_yaml.read(path))
    _anchor(values, path.parent.resolve())
    source = values.get("source")
    own_videos = isinstance(source, dict) and "videos" in source
    below = values.pop("extends", BASE if own_videos else None)
    if below is None:
        return values
    if path.resolve() in seen:
        raise BadInput(path, "extends itself", "Remove the circle")
    base = _base(path, below, folder)
    return _extended(_read(base, folder, (*seen, path.resolve())), values)


def _base(path: Path, below: object, folder: Path) -> Path:
    """The file that a study's file extends: beside it, or one that ships."""
    if isinstance(below, str) and below.endswith(SUFFIXES):
        return path.parent / below
    if isinstance(below, str) and re.fullmatch(NAME, below):
        beside = path.parent / f"{below}.yaml"
        if beside.is_file():
            return beside
    try:
        return find_study(below, folder)
    except BadInput as fault:
        what = f"extends '{shown(below)}': there is no such study"
        raise BadInput(path, what, fault.fix) from None


def find_study(study: object, folder: Path) -> Path:
    """The file of a study: `folder/<study>.yaml`, or a path that ends in .yaml or .yml."""
    if study is None:
        raise BadInput("study=", "no study is named", "Name one, as --config study=mini")
    text = shown(study)
    if isinstance(study, str) and study.endswith(SUFFIXES):
        return Path(study)
    if isinstance(study, str) and Path(study).suffix.lower() in VIDEOS:
        fix = f"Give it to `posequery adapt`, or write a file with the line 'videos: [{study}]'"
        raise BadInput(study, "is a video, not a study", fix)
    path = folder / f"{text}.yaml"
    if not re.fullmatch(NAME, text) or not path.is_file():
        # What `posequery adapt` wrote, given by its name or its results' folder.
        for own in (f"{text.rstrip('/')}.yaml", f"results/{text}.yaml"):
            if os.path.isfile(own):  # noqa: PTH113 (Path may raise)
                raise BadInput(f"study={text}", "there is no such study", f"Did you mean {own}?")
        there = sorted(file.stem for file in folder.glob("*.yaml") if file.stem != "config")
        near = suggestion(text, there)
        hint = f"{near}{'' if near.endswith('?') else '.'} A study of your own is named by its path"
        raise BadInput(f"study={text}", "there is no such study", hint)
    return path


def load_study(study: object, overrides: dict[str, Any], folder: Path) -> Study:
    """The validated study of that name or path, with `overrides` (of `--config`) over its file.

    Raises `BadInput` with every fault at once, each with the nearest valid key.
    """
    path = find_study(study, folder)
    if not re.fullmatch(NAME, path.stem):
        fault = "its name becomes a folder's: at most 100 letters, digits, '.', '_' and '-'"
        raise BadInput(path, fault, "Rename the file")
    own = _read(path, folder)
    if "name" in own | overrides:
        where = path if "name" in own else COMMAND_LINE
        raise BadInput(where, "gives a name", "A study has the name of its file: rename the file")
    changes = {key: value for key, value in overrides.items() if key not in CONTROLS}
    try:
        return _validated(path, _extended(own, _spelt_out(changes)))
    except ValidationError as error:
        raise _refused(path, own, faults(error, changes)) from None
    except UnicodeEncodeError:  # of the command line's, as no file brings such text
        fault = "half of a character stands alone"
        raise BadInput(COMMAND_LINE, fault, "Write it as UTF-8 text") from None


def _validated(path: Path, values: dict[str, Any]) -> Study:
    return Study.model_validate({"name": path.stem} | values)


def _refused(path: Path, own: dict[str, Any], found: list[str]) -> BadInput:
    """The error that names the file for the faults that it has by itself, or the command line."""
    try:
        _validated(path, own)
        of_file: list[str] = []
    except ValidationError as error:
        of_file = faults(error)
    here = [fault for fault in found if fault in of_file]
    there = [fault for fault in found if fault not in of_file]
    said = [*here, *(f"{COMMAND_LINE}: {fault}" if here else fault for fault in there)]
    more = f"; and {len(said) - SHOWN} more" if len(said) > SHOWN else ""
    text = "; ".join(said[:SHOWN]) + more
    return BadInput(path if here else COMMAND_LINE, text, "Every key is listed in config/README.md")
