"""Which of the user's own files the results of a study were made from.

A study's protocol holds their names alone, as a study may move from folder to folder. Two studies
of one name with other files of the same names would overwrite each other.
"""

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from posequery.jobs.files import BadInput, write_text
from posequery.study.identity import OVERWRITE, has_cells
from posequery.study.schema import Study, named_paths

_ENDS = 1 << 20
"""Bytes at each end of a file by which, with its size, it is known again."""


def note_origins(study: Study, out: Path) -> None:
    """Write down where a study's files lie, and what tells them from others of their names."""
    before = _noted(out)
    now = {path: _described(path, before.get(path)) for path in _paths(study)}
    found = {path: about for path, about in now.items() if about}
    if found != before and found:
        write_text(out / "state/origins.json", json.dumps(found, indent=1) + "\n")


def refuse_other_files(study: Study, out: Path, confirmed: bool) -> None:
    """Raise `BadInput` if `out` has cells of files that lie elsewhere and hold something else.

    A file that was changed where it lies is another version of the same, as in any workflow.
    """
    before = _noted(out)
    if confirmed or not before or not has_cells(out):
        return
    for path in _paths(study):
        alike = {one: held for one, held in before.items() if Path(one).name == Path(path).name}
        now = _described(path, None) if alike and path not in alike else None
        if now and now["sum"] not in [held["sum"] for held in alike.values()]:
            other = next(iter(alike))
            fault = f"study '{study.name}' has results of another file of that name, {other}"
            raise BadInput(path, fault, OVERWRITE)


def _paths(study: Study) -> list[str]:
    return [str(path.resolve()) for paths in named_paths(study).values() for path in paths]


def _noted(out: Path) -> dict[str, dict[str, Any]]:
    """What was noted of each file, by its path; of a damaged note nothing."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        held = json.loads((out / "state/origins.json").read_text(encoding="utf-8"))
        return {path: {"date": about["date"], "sum": about["sum"]} for path, about in held.items()}
    return {}


def _described(path: str, before: dict[str, Any] | None) -> dict[str, Any] | None:
    """Its date and its sum, which of a file with the date `before` is not made again; None of what
    may not be read."""
    try:
        date = os.stat(path).st_mtime_ns  # noqa: PTH116
        if before and before["date"] == date:
            return before
        return {"date": date, "sum": _sum(Path(path))}
    except OSError:
        return None


def _sum(path: Path) -> str:
    """Of a file its size and both ends; of a folder the names and sizes of the files in it."""
    if path.is_dir():
        with os.scandir(path) as entries:
            names = sorted((one.name, one.stat().st_size) for one in entries if one.is_file())
        return hashlib.sha256(json.dumps(names).encode()).hexdigest()
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with open(path, "rb") as file:
        digest.update(file.read(_ENDS))
        file.seek(max(0, size - _ENDS))
        digest.update(file.read(_ENDS))
    return digest.hexdigest()
