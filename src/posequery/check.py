"""A look at a study's data before anything runs: what is there, what is missing, what is broken."""

import io
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from dataclasses import dataclass, field

from posequery.files import BadInput
from posequery.schema import Coco, OpenPose, Study
from posequery.sources import coco, extraction, video
from posequery.study import ClipSource, missing_files
from posequery.teachers import openpose_json

HUMAN36M = (
    "Human3.6M comes from vision.imar.ro/human3.6m, after registration; docs/reproduction.md says "
    "which archives, and how to unpack them."
)


@dataclass
class Found:
    """What is there of one clip; a number of frames is None where its file cannot be used."""

    clip: ClipSource
    video_frames: int | None = None
    labelled_frames: int | None = None
    fps: float | None = None
    faults: list[BadInput] = field(default_factory=list)

    @property
    def frames(self) -> int | None:
        """Frames that the clip will have."""
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
    pre-trained on, 0 where it is given.
    """

    study: Study
    found: Sequence[Found]
    others: Sequence[str]
    faults: Sequence[BadInput]
    images: int

    @property
    def frames(self) -> dict[str, int]:
        """Of each clip that is whole, by slug."""
        return {one.clip.slug: one.frames for one in self.found if one.frames is not None}

    @property
    def fps(self) -> float:
        """Frames a second of the first clip that is whole; raises StopIteration without one."""
        return next(one.fps for one in self.found if one.fps)


def look(study: Study, clips: Mapping[str, ClipSource]) -> Report:
    """Look at all that a study reads; within seconds, as videos are read at their two ends only.

    A video that is damaged in its middle is noticed by its extraction alone.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(_clip, clips.values()))
    faults = [*missing_files(study), *(fault for one in found for fault in one.faults)]
    others: list[str] = []
    student = study.student
    images = 0 if student.checkpoint else student.images
    if student.coco:
        images, broken = _people("student.coco", student.coco, others)
        faults += broken
    if student.validation:
        faults += _people("student.validation", student.validation, others)[1]
    if study.openpose and study.openpose.labels:
        stream = [one for one in found if "stream" in one.clip.streams]
        faults += _openpose(study, study.openpose, stream, others)
    return Report(study, found, others, faults, images)


def _clip(clip: ClipSource) -> Found:
    found = Found(clip)
    try:
        about = video.info(clip.video)
        video.require_end(clip.video)
        found.video_frames, found.fps = about.frames, float(about.fps)
    except BadInput as fault:
        found.faults.append(fault)
    if clip.annotation is None:
        return found
    try:
        joints = extraction.read_annotation(clip.annotation, clip.subject, clip.stem, clip.camera)
        found.labelled_frames = len(joints)
        extraction.check_counts(
            clip.video, clip.annotation, len(joints), clip.expected, found.video_frames
        )
    except BadInput as fault:
        found.faults.append(fault)
    return found


def _people(key: str, given: Coco, others: list[str]) -> tuple[int, list[BadInput]]:
    if not given.annotations.exists() or not given.images.is_dir():
        return 0, []  # told as a missing file
    count, faults = coco.look(given.annotations, given.images)
    if count:
        others.append(f"{key}: {count:,} images with people, in {given.images}")
    return count, faults


def _openpose(
    study: Study, given: OpenPose, stream: Sequence[Found], others: list[str]
) -> list[BadInput]:
    assert given.labels is not None
    faults = []
    if not given.labels.is_dir():
        return []  # told as a missing file
    seen = [one for one in stream if one.video_frames]
    for one in seen:
        try:
            about = video.info(one.clip.video)
            with redirect_stderr(io.StringIO()):  # its progress
                openpose_json.from_json(
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


def text(report: Report) -> str:
    """The report for a person: a line a subject, what is left out, every fault with its mend."""
    study = report.study
    where = {"human36m": f"Human3.6M in {study.source.root}", "rendered": "the rendered stand-in"}
    lines = [f"Study {study.name}: {where.get(study.source.kind, study.source.kind)}", ""]
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
    lines.append("")
    if study.source.kind == "human36m" and study.source.exclude:
        lines.append(f"Left out by source.exclude: {', '.join(study.source.exclude)}")
    lines += [
        f"{one.clip.slug}: the video's last {one.surplus} frames have no label, and are dropped"
        for one in report.found
        if one.surplus > extraction.USUAL_SURPLUS
    ]
    lines += report.others
    if report.faults:
        count = len(report.faults)
        lines += ["", f"{count} fault{'s' if count > 1 else ''}, of which any stops the study:"]
        lines += [f"  {fault}" for fault in report.faults]
        if study.source.kind == "human36m":
            lines += ["", HUMAN36M]
    else:
        lines += ["", "Nothing is missing or broken."]
    return "\n".join(lines)


def _row(name: str, found: Sequence[Found]) -> tuple[str, ...]:
    videos = sum(one.video_frames is not None for one in found)
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
