"""Which of the user's own files the results of a study were made from.

A study's protocol holds their names alone, as a study may move from folder to folder. Two studies
of one name with other files of the same names would overwrite each other; and Snakemake, which goes
by dates, takes a file that was replaced by an older one for the same.
"""

import hashlib
import json
import os
import shlex
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from posequery.jobs.files import BadInput, write_text
from posequery.study.identity import OVERWRITE, has_cells
from posequery.study.schema import Study, named_paths

_ENDS = 1 << 20
"""Bytes at each end of a file by which, with its size, it is known again."""
_MADE = ("clips", "labels", "student", "training_sets")
"""Where in a study's folder the jobs write that read its files."""
_UNDATED = ("openpose.labels", "openpose.models", "source.root")
"""Keys of what is no job's input, so that its date makes nothing again."""


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


def refuse_older_files(study: Study, out: Path) -> None:
    """Raise `BadInput` for a file that was replaced where it lies by one that is older than `out`.

    Results would stay those of the former file: moved and copied files may keep their dates. Nor
    would a confirmation make anything again.
    """
    before = _noted(out)
    for path in _paths(study, but=_UNDATED):
        held = before.get(path)
        now = _described(path, held) if held else None
        if held and now and now["sum"] != held["sum"] and now["date"] <= _last_made(out):
            fault = (
                f"is not the file that study '{study.name}' was made of, but is older than what "
                "was made, so that nothing would be made again"
            )
            fix = (
                f"Give it a new date (touch {shlex.quote(path)}) to make the results again; or "
                "put the former file back, or give this study a file and name of its own"
            )
            raise BadInput(path, fault, fix)


def _last_made(out: Path) -> int:
    """The date of the newest file that was made of the user's own; 0 where there is none."""
    made = (file for folder in _MADE for file in (out / folder).rglob("*"))
    return max((file.stat().st_mtime_ns for file in made if file.is_file()), default=0)


def _paths(study: Study, but: Collection[str] = ()) -> list[str]:
    """The files and folders that a study names, without those under the keys `but`.

    A link is not followed: it may lead to another file later.
    """
    named = named_paths(study).items()
    found = [path for key, paths in named if key not in but for path in paths]
    return [os.path.abspath(path) for path in found]  # noqa: PTH100 (Path leaves `..` in)


def _noted(out: Path) -> dict[str, dict[str, Any]]:
    """What was noted of each file, by its path; of a damaged note nothing."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        held = json.loads((out / "state/origins.json").read_text(encoding="utf-8"))
        return {
            # Older notes have no size.
            path: {"date": about["date"], "size": about.get("size"), "sum": about["sum"]}
            for path, about in held.items()
        }
    return {}


def _described(path: str, before: dict[str, Any] | None) -> dict[str, Any] | None:
    """Its date, size and sum, which is not made again while date and size are those of `before`;
    None of what may not be read."""
    try:
        status = os.stat(path)  # noqa: PTH116
        date, size = status.st_mtime_ns, status.st_size
        if before and (before["date"], before["size"]) == (date, size):
            return before
        return {"date": date, "size": size, "sum": _sum(Path(path))}
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
