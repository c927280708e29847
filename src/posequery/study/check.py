"""A look at a study's data before anything runs: what is there, what is missing, what is broken."""

import io
import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

from posequery.clips import frames_in
from posequery.jobs.files import BadInput
from posequery.sources import coco, extraction, video
from posequery.sources.human36m.counts import SHORT_ANNOTATIONS
from posequery.sources.settings import Source
from posequery.study.clips import ClipSource, left_out, unusable_files
from posequery.study.estimate import Work
from posequery.study.schema import Study
from posequery.teachers.openpose import json_files
from posequery.teachers.openpose.settings import OpenPose

HUMAN36M = (
    "Human3.6M comes from vision.imar.ro/human3.6m, after registration; docs/reproduction.md says "
    "which archives, and how to unpack them."
)


MADE = {"rendered": "renders", "lab": "fetches"}
"""Kinds of source whose data the study makes itself."""


@dataclass
class Found:
    """What is there of one clip; a number of frames is None where its file cannot be used."""

    clip: ClipSource
    video_frames: int | None = None
    labelled_frames: int | None = None
    fps: float | None = None
    size: tuple[int, int] | None = None
    faults: list[BadInput] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)

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
    # Forked, since a script that is started anew would run itself once more.
    with ProcessPoolExecutor(os.cpu_count(), get_context("fork")) as pool:
        found = list(pool.map(_clip, clips.values(), chunksize=4))
    faults = [fault for _, fault in unusable_files(study)]
    if elsewhere := _elsewhere(study.source):
        faults.append(elsewhere)
    elif study.source.root is None or study.source.root.exists():
        faults += _missing(study.source.root, [file for one in found for file in one.missing])
    faults += [fault for one in found for fault in one.faults]
    others: list[str] = []
    student = study.student
    images = 0 if student.checkpoint else student.images
    copied = 0
    for key, given in (("coco", student.coco), ("validation", student.validation)):
        # What is missing as a whole is told already.
        if given and given.annotations.is_file() and given.images.is_dir():
            people = coco.inspect(given.annotations, given.images)
            if people.samples:
                many = f"{people.samples:,} images with people"
                others.append(f"student.{key}: {many}, in {given.images}")
            faults += people.faults
            copied += people.bytes
            images = people.samples if key == "coco" else images
    if study.openpose and study.openpose.labels:
        stream = [one for one in found if "stream" in one.clip.streams]
        faults += _openpose(study, study.openpose, stream, others)
    return Report(study, found, others, faults, images, copied)


def _clip(clip: ClipSource) -> Found:
    found = Found(clip)
    if not Path(clip.video).exists():
        found.missing.append(Path(clip.video))
    else:
        try:
            about = video.info(clip.video)
            video.require_end(clip.video)
            # 0: the file does not say.
            found.video_frames, found.fps = about.frames or None, float(about.fps)
            found.size = (about.width, about.height)
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
        if found.size:
            extraction.check_places(clip.video, clip.annotation, joints, found.size)
    except BadInput as fault:
        found.faults.append(fault)
    return found


def _missing(root: Path | None, files: Sequence[Path]) -> list[BadInput]:
    """A fault for each folder that lacks files, or that is missing itself with all its files."""
    lacking: dict[Path, list[Path]] = {}
    for file in dict.fromkeys(files):
        folder = file.parent
        while root and folder != root and not folder.exists() and not folder.parent.exists():
            folder = folder.parent
        lacking.setdefault(folder, []).append(file)
    faults = []
    for folder, several in lacking.items():
        fault = "there is no such folder"
        if folder.exists():
            first = several[0].relative_to(folder)
            fault = f"lacks {len(several)} file(s), the first is '{first}'"
        faults.append(BadInput(folder, fault, _unpack(root, folder)))
    return faults


def _unpack(root: Path | None, folder: Path) -> str:
    """What to do about a folder that lacks files: unpack what lies there instead."""
    if root is None:
        return "Mend the paths under videos"
    if folder.is_relative_to(root / "images"):
        return "Run mmpose's preprocess_h36m.py again"
    subject = folder.relative_to(root).parts[0]
    for place in (root, root / subject):
        for file in sorted(place.iterdir()) if place.is_dir() else ():
            packed = file.name.endswith((".tgz", ".tar.gz", ".tar", ".zip"))
            if packed and (place != root or subject in re.split(r"[^A-Za-z0-9]", file.name)):
                return f"Unpack {file}, if that is it"
    return "Unpack its archives into it, see below"


def _elsewhere(source: Source) -> BadInput | None:
    """Where the folder plainly has the other one of the two layouts, or is beside the data."""
    if source.root is None or not source.root.is_dir():
        return None
    here = any(source.root.glob("S*/Videos")) or (source.root / "images").is_dir()
    for place in () if here else (source.root.parent, *sorted(source.root.iterdir())):
        if any(place.glob("S*/Videos")):
            return BadInput(source.root, f"has no data, but {place} has", "Mend source.root")
    signs = {
        "official": any(source.root.glob("S*/Videos")),
        "mmpose": (source.root / "images").is_dir(),
    }
    other = {"official": "mmpose", "mmpose": "official"}[source.layout]
    if signs[source.layout] or not signs[other]:
        return None
    fault = f"has the layout '{other}', not '{source.layout}'"
    return BadInput(source.root, fault, f"Write source.layout: {other}")


def _openpose(
    study: Study, given: OpenPose, stream: Sequence[Found], others: list[str]
) -> list[BadInput]:
    assert given.labels is not None
    faults = []
    if not given.labels.is_dir():
        return []  # told already
    seen = [one for one in stream if one.fps]
    for one in seen:
        try:
            about = video.info(one.clip.video)
            with redirect_stderr(io.StringIO()):  # its progress
                json_files.from_json(
                    given.labels,
                    one.clip.video,
                    (about.width, about.height),
                    about.frames,
                    one.clip.subject if study.has_truth else None,
                    given.keypoint_scale,
                    given.pixels,
                    given.missing,
                )
        except BadInput as fault:
            faults.append(fault)
    whole = len(seen) - len(faults)
    others.append(f"openpose.labels: {whole} of the stream's {len(stream)} videos, {given.labels}")
    return faults


def of_work(study: Study, work: Work, fps: float) -> list[BadInput]:
    """What of a study's settings its frames are too few for."""
    faults = []
    online = study.online
    by_window = bool(study.strategies) or "once" in online.methods
    for key, needed, trainings in (
        ("window", by_window, work.windows),
        ("continual_every", "continual" in online.methods, work.batches),
    ):
        if needed and work.stream and not trainings:
            fault = f"is no shorter than the stream of {work.stream} frames: nothing is trained"
            name = f"online.{key}={getattr(online, key)}"
            faults.append(BadInput(name, fault, "Take a shorter one"))
    window = frames_in(online.window, fps)
    rates = list(online.rates) if study.strategies else []
    rates += [online.once_rate] if "once" in online.methods else []
    for size, where, some in ((window, "window", rates), (work.pool, "pool", _rates(study))):
        faults += [
            BadInput(f"rate={rate}", f"picks nothing of a {where} of {size} frames", "Take more")
            for rate in some
            if int(size * rate) < 1
        ]
    return faults


def _rates(study: Study) -> list[Fraction]:
    by_pool = study.offline and study.strategies and study.offline.select_from == "pool"
    return study.offline.rates if study.offline and by_pool else []


def text(report: Report) -> str:
    """The report for a person: a line a subject, what is left out, every fault with its mend."""
    study = report.study
    where = f"Human3.6M in {study.source.root}" if study.source.root else "your own videos"
    lines = [f"Study {study.name}: {where}", ""]
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
    notes = []
    if study.source.kind == "human36m":
        words, kept = left_out(study)
        notes += [f"Left out by source.exclude: {', '.join(words)}"] if words else []
        notes += [f"Known to be bad, and not in source.exclude: {', '.join(kept)}"] if kept else []
    notes += [
        f"{one.clip.slug}: the video's last {one.surplus} frames have no label, and are dropped"
        + (" (as published)" if (one.clip.subject, one.clip.stem) in SHORT_ANNOTATIONS else "")
        for one in report.found
        if one.surplus > extraction.USUAL_SURPLUS
    ]
    notes += report.others
    lines += ["", *notes] if notes else []
    if report.faults:
        count = len(report.faults)
        told = "1 fault, which stops" if count == 1 else f"{count} faults, each of which stops"
        lines += ["", f"{told} the study:", *_grouped(report.faults)]
        if study.source.kind == "human36m" and any(
            one.faults or one.missing for one in report.found
        ):
            lines += ["", HUMAN36M]
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
