"""A look at a study's data before anything runs: what is there, what is missing, what is broken."""

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

from posequery import teachers
from posequery.jobs.files import BadInput
from posequery.online.policies import require_trainings
from posequery.sources import coco, extraction, video
from posequery.sources.kinds import ClipSource
from posequery.study import grid
from posequery.study.clips import unusable_files
from posequery.study.estimate import Work
from posequery.study.schema import Study
from posequery.timing import Timing


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
        return float(self.about.fps) if self.about else None

    @property
    def frames(self) -> int | None:
        """Frames that the clip will have."""
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
    def fps(self) -> float:
        """Frames a second of the first clip that is whole; raises StopIteration without one."""
        return next(one.fps for one in self.found if one.fps)


def look(study: Study, clips: Mapping[str, ClipSource]) -> Report:
    """Look at all that a study reads; within seconds, as videos are read at their two ends only.

    A video that is damaged in its middle is noticed by its extraction alone.
    """
    # Forked, since a script that is started again would run itself once more.
    with ProcessPoolExecutor(os.cpu_count(), get_context("fork")) as pool:
        found = list(pool.map(_clip, clips.values(), chunksize=4))
    faults = [fault for _, fault in unusable_files(study)]
    named = {fault.path for fault in faults}
    missing = [file for one in found for file in one.missing if str(file) not in named]
    faults += study.source.faults(missing)
    faults += [fault for one in found for fault in one.faults]
    others: list[str] = []
    student = study.student
    images = 0 if student.checkpoint else student.images
    copied = 0
    for key, given in (("coco", student.coco), ("validation", student.validation)):
        # What is missing as a whole is reported already.
        if given and given.annotations.is_file() and given.images.is_dir():
            evaluated = key == "validation"
            people = coco.inspect(given.annotations, given.images, evaluated=evaluated)
            if people.samples:
                many = f"{people.samples:,} images with people"
                others.append(f"student.{key}: {many}, in {given.images}")
            others += [f"student.{key}: {note}" for note in people.notes]
            faults += people.faults
            copied += people.bytes
            images = people.samples if key == "coco" else images
    played = [one for one in found if "stream" in one.clip.streams]
    stream = [(one.clip, one.about, one.frames or 0) for one in played]
    for name in study.teachers:
        lines, wrong = teachers.load(name).inspect(study.settings_of(name), study.source, stream)
        others += lines
        faults += wrong
    return Report(study, found, others, faults, images, copied)


def _clip(clip: ClipSource) -> Found:
    found = Found(clip)
    if not Path(clip.video).exists():
        found.missing.append(Path(clip.video))
    else:
        try:
            about = video.info(clip.video, clip.fps)
            video.require_end(clip.video)
            found.about = about
        except BadInput as fault:
            found.faults.append(fault)
    if clip.annotation is None:
        return found
    if not Path(clip.annotation).exists():
        found.missing.append(Path(clip.annotation))
        return found
    where = (clip.subject, clip.stem, clip.camera)
    try:
        joints = extraction.read_annotation(clip.annotation, *where)
        found.labelled_frames = count = len(joints)
        extraction.check_counts(
            clip.video, clip.annotation, count, clip.expected, found.video_frames
        )
        if found.about:
            size = (found.about.width, found.about.height)
            extraction.check_places(clip.video, clip.annotation, joints, size)
    except BadInput as fault:
        found.faults.append(fault)
    return found


def of_work(study: Study, work: Work, fps: float) -> list[BadInput]:
    """What of a study's settings its frames are too few for."""
    faults = {}
    timing = Timing.even(work.stream, fps)
    for cell in grid.cells(study):
        if cell.setting == "online" and work.stream:
            try:
                require_trainings(cell.method, cell.rate, timing, study.online)
            except BadInput as fault:
                faults[str(fault)] = fault
    return list(faults.values()) + [
        BadInput(f"rate={rate}", f"picks nothing of a pool of {work.pool} frames", "Take more")
        for rate in _pool_rates(study)
        if int(work.pool * rate) < 1
    ]


def _pool_rates(study: Study) -> list[Fraction]:
    offline = study.offline
    by_pool = offline and study.strategies and offline.select_from == "pool"
    return offline.rates if offline and by_pool else []


def text(report: Report) -> str:
    """The report for a person: a line a subject, what is left out, every fault with its fix."""
    study = report.study
    lines = [f"Study {study.name}: {study.source.place()}", ""]
    heads: tuple[str, ...] = ("subject", "sequences", "videos", "annotations", "frames", "seconds")
    subjects: dict[str, list[Found]] = {}
    for one in report.found:
        subjects.setdefault(one.clip.subject, []).append(one)
    rows = [heads, *(_row(subject, found) for subject, found in subjects.items())]
    if len(subjects) > 1:
        rows.append(_row("all", report.found))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]
        lines.append("  " + "  ".join(cells).rstrip())
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


def _grouped(faults: Sequence[BadInput]) -> list[str]:
    """A line for each fault; of files with the same one but for its numbers, the first is named."""
    alike: dict[tuple[str, str], list[BadInput]] = {}
    for fault in faults:
        alike.setdefault((re.sub(r"\d+", "", fault.fault), fault.fix), []).append(fault)
    return [
        f"  {several[0]}" + (f" (And so of {len(several) - 1} more.)" if several[1:] else "")
        for several in alike.values()
    ]


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
