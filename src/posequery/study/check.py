"""A look at a study's data before anything runs: what is there, what is missing, what is broken."""

import os
import re
import sys
from collections.abc import Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from posequery import teachers
from posequery.jobs.files import BadInput
from posequery.sources import coco, extraction, video
from posequery.sources.kinds import ClipSource
from posequery.study import conditions
from posequery.study.clips import is_there, unusable_files
from posequery.study.plan import Plan
from posequery.study.schema import Study

NAMED = 3
"""Files with one fault that are named after the first; of more their number is told."""


@dataclass
class Found:
    """What is there of one clip.

    about: what its video says of itself. labelled_frames: those of its annotation. Either is None
    where there is none, or none that can be used.
    """

    clip: ClipSource
    about: video.VideoInfo | None = None
    labelled_frames: int | None = None
    faults: list[BadInput] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)

    @property
    def video_frames(self) -> int | None:
        """Frames of the video, if it says how many."""
        return (self.about and self.about.frames) or None

    @property
    def fps(self) -> float | None:
        if self.clip.known:
            return self.clip.known[1]
        return float(self.about.fps) if self.about else None

    @property
    def frames(self) -> int | None:
        """Frames that the clip will have."""
        if self.clip.known:
            return self.clip.known[0]
        if self.missing or self.faults:
            return None
        return self.labelled_frames if self.clip.annotation else self.video_frames

    @property
    def surplus(self) -> int:
        """Frames at the video's end that have no label, and are dropped."""
        if self.video_frames is None or self.labelled_frames is None:
            return 0
        return max(0, self.video_frames - self.labelled_frames)


@dataclass(frozen=True)
class Report:
    """What `look` found.

    others: a line on each file or folder that is no clip. images: what the student is to be
    pre-trained on, 0 where it is given; copied: the bytes of a dataset's images, which are kept.
    """

    study: Study
    found: Sequence[Found]
    others: Sequence[str]
    faults: Sequence[BadInput]
    images: int
    copied: int

    @property
    def frames(self) -> dict[str, int]:
        """Of each clip by slug; 0 where it is not whole, or its video does not say."""
        return {one.clip.slug: one.frames or 0 for one in self.found}

    @property
    def fps(self) -> dict[str, float]:
        """Frames a second of each clip that is whole, by its slug."""
        return {one.clip.slug: one.fps for one in self.found if one.fps}


def look(plan: Plan, python: str = sys.executable) -> Report:
    """Look at all that a study reads; within seconds, as few frames are decoded.

    python: the interpreter of the jobs that need torch.
    A video that is damaged in its middle is noticed by its extraction alone. Every other condition
    of a run is asked by this or by `plan.planned`, through the functions that the jobs call.
    """
    study = plan.study
    if study.source.makes:
        found = [Found(clip) for clip in plan.clips.values()]
    else:
        # Forked, since a script that is started again would run itself once more.
        with ProcessPoolExecutor(os.cpu_count(), get_context("fork")) as pool:
            found = list(pool.map(_clip, plan.clips.values(), chunksize=4))
    faults = [fault for _, fault in unusable_files(study)]
    named = {fault.path for fault in faults}
    missing = [file for one in found for file in one.missing if str(file) not in named]
    faults += study.source.faults(missing)
    faults += [fault for one in found for fault in one.faults if fault.path not in named]
    people = _people(study, named)
    lived = set(study.source.streams)
    played = [one for one in found if lived & {*one.clip.streams}]
    stream = [(one.clip, one.about, one.frames or 0) for one in played]
    others = list(people.lines)
    faults += people.faults
    for name in study.teachers:
        lines, wrong = teachers.load(name).inspect(study.settings_of(name), study.source, stream)
        others += lines
        faults += wrong
    try:
        # Results that are there, of a restored archive for instance, are read without it.
        if not all(Path(file).exists() for file in plan.cell_files("online")):
            plan.require_engine(python)
    except BadInput as fault:
        faults.append(fault)
    shown = {one.clip.slug: (one.frames, one.fps) for one in found if one.frames and one.fps}
    if len(shown) == len(found):
        faults += conditions.of_frames(study, plan.cells, plan.clips, shown)
    return Report(study, found, others, faults, people.images, people.copied)


class _People(NamedTuple):
    """Images of people that the student is pre-trained on or validated with (see `Report`)."""

    lines: list[str]
    faults: list[BadInput]
    images: int
    copied: int


def _people(study: Study, named: Collection[str]) -> _People:
    """named: paths that are reported already."""
    student = study.student
    lines: list[str] = []
    faults: list[BadInput] = []
    images, copied = 0 if student.checkpoint else student.images, 0
    for key, given in (("coco", student.coco), ("validation", student.validation)):
        if not given or {str(given.annotations), str(given.images)} & set(named):
            continue
        people = coco.inspect(given.annotations, given.images, evaluated=key == "validation")
        if people.samples:
            many = f"{people.samples:,} images with people"
            lines.append(f"student.{key}: {many}, in {given.images}")
        lines += [f"student.{key}: {note}" for note in people.notes]
        faults += people.faults
        copied += people.bytes
        images = people.samples if key == "coco" else images
    return _People(lines, faults, images, copied)


def _clip(clip: ClipSource) -> Found:
    found = Found(clip)
    for look_at in (_video, _annotation):
        try:
            look_at(found)
        except BadInput as fault:
            found.faults.append(fault)
    return found


def _video(found: Found) -> None:
    clip = found.clip
    if not is_there(clip.video):
        found.missing.append(Path(clip.video))
        return
    about = video.info(clip.video, clip.fps)
    video.require_end(clip.video)
    found.about = about


def _annotation(found: Found) -> None:
    clip = found.clip
    if clip.annotation is None:
        return
    if not is_there(clip.annotation):
        found.missing.append(Path(clip.annotation))
        return
    where = (clip.subject, clip.stem, clip.camera)
    joints = extraction.read_annotation(clip.annotation, *where)
    found.labelled_frames = count = len(joints)
    extraction.check_counts(clip.video, clip.annotation, count, clip.expected, found.video_frames)
    if found.about:
        size = (found.about.width, found.about.height)
        extraction.check_places(clip.video, clip.annotation, joints, size)


def text(report: Report) -> str:
    """The report for a person: a line a subject, what is left out, every fault with its fix."""
    study = report.study
    lines = [f"Study {study.name} {study.source.makes} its data itself."]
    if not study.source.makes:
        lines = [f"Study {study.name}: {study.source.place()}", "", *_table(report.found)]
    notes = study.source.notes(offline=study.offline is not None)
    notes += [
        f"{one.clip.slug}: the video's last {one.surplus} frames have no label, and are dropped"
        + (" (as published)" if one.clip.short_annotation else "")
        for one in report.found
        if one.surplus > extraction.USUAL_SURPLUS
    ]
    notes += report.others
    lines += ["", *notes] if notes else []
    if report.faults:
        count = len(report.faults)
        stops = "1 fault, which stops" if count == 1 else f"{count} faults, each of which stops"
        lines += ["", f"{stops} the study:", *_grouped(report.faults)]
        if study.source.advice and any(one.faults or one.missing for one in report.found):
            lines += ["", study.source.advice]
    else:
        lines += ["", "Nothing is missing or broken."]
    return "\n".join(lines)


def _table(found: Sequence[Found]) -> list[str]:
    """A row for each subject, and their sum."""
    heads: tuple[str, ...] = ("subject", "sequences", "videos", "annotations", "frames", "seconds")
    subjects: dict[str, list[Found]] = {}
    for one in found:
        subjects.setdefault(one.clip.subject, []).append(one)
    rows = [heads, *(_row(subject, several) for subject, several in subjects.items())]
    if len(subjects) > 1:
        rows.append(_row("all", found))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = ([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows)
    return ["  " + "  ".join(cells).rstrip() for cells in aligned]


def _grouped(faults: Sequence[BadInput]) -> list[str]:
    """A line for each fault; of files with the same one but for its numbers, the first is named."""
    alike: dict[tuple[str, str], list[BadInput]] = {}
    for fault in faults:
        alike.setdefault((re.sub(r"\d+", "", fault.fault), fault.fix), []).append(fault)
    return [f"  {several[0]}{_others(several[1:])}" for several in alike.values()]


def _others(alike: Sequence[BadInput]) -> str:
    """The others with the same fault: by their names, or of many how many they are."""
    if not alike:
        return ""
    few = len(alike) <= NAMED
    return f" (And so of {', '.join(one.path for one in alike) if few else f'{len(alike)} more'}.)"


def _row(name: str, found: Sequence[Found]) -> tuple[str, ...]:
    videos = sum(one.fps is not None for one in found)
    labelled = [one for one in found if one.clip.annotation]
    annotations = sum(one.labelled_frames is not None for one in labelled)
    frames = sum(one.frames or 0 for one in found)
    seconds = sum((one.frames or 0) / one.fps for one in found if one.fps)
    return (
        name,
        str(len(found)),
        f"{videos} of {len(found)}",
        f"{annotations} of {len(labelled)}" if labelled else "none",
        f"{frames:,}",
        f"{seconds:,.0f}",
    )
