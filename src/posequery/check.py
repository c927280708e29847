"""A look at a study's data before anything runs: what is there, what is missing, what is broken."""

import io
import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path

from posequery.files import BadInput
from posequery.schema import Study
from posequery.schema.data import OpenPose, Source
from posequery.sources import coco, extraction, video
from posequery.study import ClipSource, unusable_files
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
    faults = [fault for _, fault in unusable_files(study)]
    if other := _other_layout(study.source):
        faults.append(other)
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
            people = coco.look(given.annotations, given.images)
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
            found.video_frames, found.fps = about.frames, float(about.fps)
        except BadInput as fault:
            found.faults.append(fault)
    if clip.annotation is None:
        return found
    if not Path(clip.annotation).exists():
        found.missing.append(Path(clip.annotation))
        return found
    where = (clip.subject, clip.stem, clip.camera)
    try:
        found.labelled_frames = count = len(extraction.read_annotation(clip.annotation, *where))
        extraction.check_counts(
            clip.video, clip.annotation, count, clip.expected, found.video_frames
        )
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
    subject = folder.relative_to(root).parts[0]
    for place in (root, root / subject):
        for file in sorted(place.iterdir()) if place.is_dir() else ():
            packed = file.name.endswith((".tgz", ".tar.gz", ".tar", ".zip"))
            if packed and (place != root or subject in re.split(r"[^A-Za-z0-9]", file.name)):
                return f"Unpack {file}, if that is it"
    return "Unpack its archives into it, see below"


def _other_layout(source: Source) -> BadInput | None:
    """Where the folder plainly has the other one of the two layouts."""
    if source.root is None:
        return None
    signs = {
        "official": any(source.root.glob("S*/Videos")),
        "mmpose": (source.root / "images").is_dir(),
    }
    other = {"official": "mmpose", "mmpose": "official"}[source.layout]
    if signs[source.layout] or not signs[other]:
        return None
    fault = f"has not the layout '{source.layout}' but '{other}'"
    return BadInput(source.root, fault, f"Write source.layout: {other}")


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
