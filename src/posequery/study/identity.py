"""A study's identity across runs: one name stands for one protocol."""

import os
from pathlib import Path
from typing import Any

import yaml

from posequery import strategies, teachers
from posequery.jobs import strict_yaml
from posequery.jobs.files import BadInput, suggestion, write_text
from posequery.study import grid
from posequery.study.schema import Study, protocol

OVERWRITE = (
    "Give this study a file and name of its own, or overwrite the results with "
    "`make run CONFIG=... CONFIRM=true` (of plain snakemake, --config confirm=true)"
)


def restriction(only: object, study: Study) -> tuple[str, ...]:
    """The methods that `--config only=` names, in the study's order; empty for all of them."""
    if only is None:
        return ()
    there = grid.methods(study)
    words = only if isinstance(only, list) else str(only).split(",")
    labels = {strategies.load(name).label: name for name in study.strategies}
    named = [labels.get(name, name) for name in (str(word).strip() for word in words) if name]
    if not named:
        raise BadInput("only=", "names no method", f"There are {', '.join(there)}")
    for name in named:
        if name not in there:
            fault = f"study {study.name} has no such method"
            raise BadInput(f"only={name}", fault, suggestion(name, there))
    return tuple(method for method in there if method in named)


def confirmation(word: object) -> bool:
    """What `--config confirm=` says; Snakemake hands on `false` as a word."""
    answers = {"true": True, "false": False}
    answer = answers.get(str(word).lower())
    if answer is None:
        raise BadInput(f"confirm={word}", "is neither true nor false", "Write confirm=true")
    return answer


_DEFAULTS = {
    "name": "defaults",
    "source": {"kind": "rendered"},
    "teachers": ["ground_truth"],
    "offline": {},
    "strategies": [],
}
"""A study that says least of all with an offline half: every other key has its default."""


_OPTIONAL = [one.key for one in map(teachers.load, teachers.names()) if one.required]
ADDING = ("offline", *_OPTIONAL)
"""Sections whose presence adds cells and changes none; an absent one is noted by its own name."""


def _least(study: Study) -> Study:
    """A study that says least of all, with the kind of source that `study` has."""
    given = type(study.source).model_fields.items()
    own = {key: info.default for key, info in given if not info.is_required()}
    source = study.source.model_copy(update=own)
    return Study.model_validate(_DEFAULTS).model_copy(update={"source": source})


def _of_sections(study: Study) -> dict[str, Any]:
    """The defaults of all keys of the sections that a study may leave out, where it has them."""
    given = {key: section for key in _OPTIONAL if (section := getattr(study, key))}
    return {
        f"{key}.{name}": info.default
        for key, section in given.items()
        for name, info in type(section).model_fields.items()
        if not info.is_required()
    }


def _renamed(noted: dict[str, Any]) -> dict[str, Any]:
    """Keys as they are called now."""
    return {"source.videos" if key == "videos" else key: value for key, value in noted.items()}


def _noted(out: Path) -> Path:
    return out / "study.yaml"


def note_protocol(study: Study, out: Path) -> None:
    """Write down which protocol the results in `out` are made with."""
    text = yaml.safe_dump(protocol(study), sort_keys=True, allow_unicode=True)
    path = _noted(out)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


def require_folder(folder: Path) -> Path:
    """The part of a folder's path that is there; raises `BadInput` where that is no folder."""
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if not there.is_dir():
        raise BadInput(there, "is a file where a folder is needed", "Move it away")
    return there


def require_writable(folder: Path) -> None:
    """Raise `BadInput` if nothing may be written in a folder, or it can't be made."""
    there = require_folder(folder)
    if not os.access(there, os.W_OK | os.X_OK):
        fix = "Get permission, or work elsewhere (snakemake --directory FOLDER)"
        raise BadInput(folder, f"cannot be written in ({there} is read-only)", fix)


def refuse_older_layout(out: Path) -> None:
    """Raise `BadInput` if `out` holds cells of a version whose trainings measured themselves, or
    whose streams had no names."""
    unmeasured = any((out / "cells").rglob("summary.json"))
    # The folder of a stream's cells lies one deeper now.
    unnamed = any((out / "cells/online").glob("*/*/*/*/cell.json"))
    unnamed |= (out / "measures/offline.csv").is_file()
    if unmeasured or unnamed:
        fault = "holds results of an older version, whose cells cannot be measured any more"
        raise BadInput(out, fault, "Move this folder away, or delete it, and run again")


def has_cells(out: Path) -> bool:
    """Whether there are results in `out`."""
    return any((out / "cells").rglob("cell.json"))


def refuse_changed_protocol(study: Study, out: Path, confirmed: bool) -> None:
    """Raise `BadInput` if `out` holds results made under this name with another protocol."""
    path = _noted(out)
    if confirmed or not path.is_file() or not has_cells(out):
        return
    try:
        before = strict_yaml.read(path)
    except BadInput as error:
        if isinstance(error.__cause__, OSError):
            raise
        before = {}
    if not before:
        fault = "is broken, so that nobody knows what the results beside it were made with"
        raise BadInput(
            path,
            fault,
            "If the results are this study's, delete this file; otherwise delete the results",
        )
    now = yaml.safe_load(yaml.safe_dump(protocol(study)))
    without = {section for section in ADDING if section in before or section in now}
    # A key that is younger than the results had its default when they were made.
    least = protocol(_least(study)) | _of_sections(study)
    before = yaml.safe_load(yaml.safe_dump(least)) | _renamed(before)
    # Results may name the keys of other kinds of source, too, which decided nothing.
    without |= {key for key in before.keys() - now.keys() if key.startswith("source.")}
    # A strategy that is in one of the two alone adds cells, or drops them.
    without |= {key for key in before.keys() ^ now.keys() if key.startswith("strategies.")}
    changed = [
        f"{key} was {before.get(key, 'absent')}, is {now.get(key, 'absent')}"
        for key in sorted(before.keys() | now.keys())
        if before.get(key) != now.get(key) and not {key, key.split(".")[0]} & without
    ]
    if changed:
        raise BadInput(
            path,
            f"study '{study.name}' has results of another protocol: {'; '.join(changed)}",
            OVERWRITE,
        )
