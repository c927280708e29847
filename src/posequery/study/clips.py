"""A study's clips before extraction, and whether all that the study reads is there."""

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from posequery import teachers
from posequery.jobs.files import BadInput, unreadable
from posequery.sources.access import require_readable
from posequery.sources.kinds import ClipSource
from posequery.study import sharing
from posequery.study.schema import PATHS, Study, named_paths


def clips(study: Study, out: str) -> dict[str, ClipSource]:
    """Every clip of a study by its slug, in stream order."""
    found = study.source.clips(out, offline=study.offline is not None)
    return {clip.slug: clip for clip in found}


def is_there(path: str | Path) -> bool:
    """Whether there is something at a path; raises `BadInput` where nobody may look."""
    try:
        os.stat(path)  # noqa: PTH116 (of a Path it would be the same)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise unreadable(path, error) from error
    return True


def unusable_files(study: Study) -> Iterator[tuple[str, BadInput]]:
    """What is wrong with each file or folder that the study names, and the key it stands under."""
    for key, paths in named_paths(study).items():
        for path in paths:
            try:
                _require_usable(path, PATHS[key], f"Correct its path under {key}")
            except BadInput as fault:
                yield key, fault


def _require_usable(path: Path, what: str, fix: str) -> None:
    """what: 'file', 'folder', 'program', or '' for a file or a folder."""
    if {"{", "}"} & set(str(path)):
        raise BadInput(path, "holds a brace, a wildcard to Snakemake", "Rename it")
    if not is_there(path):
        raise BadInput(path, f"there is no such {'folder' if what == 'folder' else 'file'}", fix)
    kinds = {"folder": path.is_dir(), "file": path.is_file(), "program": path.is_file()}
    if not kinds.get(what, path.is_dir() or path.is_file()):
        raise BadInput(path, f"is no {'folder' if what == 'folder' else 'file'}", fix)
    if what == "program" and not os.access(path, os.X_OK):
        raise BadInput(path, "may not be run", "Make it executable (chmod +x)")
    require_readable(path)


def require_sources(study: Study, clips: dict[str, ClipSource], out: Path) -> None:
    """Raise `BadInput` for what is missing and still to be read.

    What was made of it may be in `out`: results may lie where the data are not.
    """
    unmade = [clip for clip in clips.values() if not (out / "clips" / f"{clip.slug}.h5").is_file()]
    own = [f"seed{seed}/" for seed in study.seeds] if study.student.per_seed else [""]
    students = all((out / f"student/{at}pretrained.pt").is_file() for at in own)
    made = {"student": students or (not unmade and sharing.lacks_student(study, out))}
    for name in study.labellers:
        labels = [out / f"labels/{stream}/{name}.h5" for stream in study.source.streams]
        made[teachers.load(name).key] = all(path.is_file() for path in labels)
    for key, fault in unusable_files(study):
        if not made.get(key.split(".")[0], not unmade):
            raise fault
    if study.source.makes:
        return
    files = (file for clip in unmade for file in (clip.video, clip.annotation) if file)
    missing = [file for file in files if not is_there(file)]
    if missing:
        many = f" ({len(missing)} files are missing, this is the first)" if missing[1:] else ""
        what = f"there is no such video or annotation{many}"
        raise BadInput(missing[0], what, "`make check CONFIG=...` lists all that is missing")


def require_frames(files: Iterable[str], out: Path) -> None:
    """Raise `BadInput` for the first of these clips that came without frames from an archive.

    out: the study's folder. Its jobs would say it as well, but Snakemake deletes what a job makes
    before the job starts.
    """
    if not (out / sharing.LEFT_OUT).is_file():
        return
    from posequery.clips import Clip  # it reads HDF5 and images, which a plan is made without

    fix = (
        "Nothing was run. With the study's videos in place, delete its clips/ and pictures/ and "
        "run again; docs/sharing.md says more"
    )
    for file in files:
        try:
            with closing(Clip(file)) as clip:
                clip.jpeg(0)
        except BadInput as fault:
            raise BadInput(fault.path, fault.fault, fix) from None
