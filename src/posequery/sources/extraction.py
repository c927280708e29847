"""A video and its annotation to a clip: frames at the network's size, labels in source pixels."""

import os
from itertools import islice
from pathlib import Path

import numpy as np

from posequery.clips import ClipInfo, ClipWriter
from posequery.files import BadInput, whole
from posequery.progress import Progress
from posequery.sources import human36m, human36m_mmpose, video
from posequery.terminal import tell

USUAL_SURPLUS = 5
"""Video frames beyond the annotation that are no news: Human3.6M's videos are longer by 1 to 5."""


def extract(
    source: str | os.PathLike[str],
    annotation: str | os.PathLike[str] | None,
    *,
    slug: str,
    subject: str,
    action: str,
    subaction: int,
    camera: str,
    size: int,
    output: str | os.PathLike[str],
    threads: int = 1,
    stem: str | None = None,
    expected: int | None = None,
) -> ClipInfo:
    """Write the clip of the video `source`; frame i is the video's frame i, its label row i.

    The annotation starts with the video (Human3.6M's rule), and the video's surplus frames are
    dropped; a large surplus is told. Without an annotation every frame is kept and no joint is
    labelled. `size` is the side of the network's square in pixels. The annotation is Human3.6M's
    CDF, or mmpose's NPZ, in which `subject`, `stem` ("Eating 2") and `camera` say where to look.
    Raises `BadInput` for a video or annotation that cannot be used, a video without annotation
    whose end is missing, an annotation longer than the video, or one of other than `expected`
    frames.
    """
    joints = None if annotation is None else _joints(annotation, subject, stem, camera)
    labelled = None if joints is None else len(joints)
    if annotation is not None and expected is not None and labelled != expected:
        raise BadInput(
            annotation,
            f"annotates {labelled} frames where Human3.6M has {expected} for {slug}: another "
            "subject's or another sequence's file?",
            "Take the one that belongs to it, or accept any with source.frame_counts: any",
        )
    about = video.info(source)
    if labelled is not None and about.frames - labelled > USUAL_SURPLUS:
        surplus = about.frames - labelled
        tell(f"{source}: the last {surplus} frames have no annotation, and are dropped")
    count = 0
    with (
        whole(output) as temporary,
        ClipWriter(temporary) as writer,
        Progress(labelled or about.frames or None, "frames", f"extract {slug}") as progress,
    ):
        for frame in islice(video.frames(source, size, threads), labelled):
            writer.append(frame)
            count += 1
            progress.advance()
        if labelled is not None and count < labelled:
            raise BadInput(
                source,
                f"has only {count} frames, but its annotation {annotation} has {labelled}",
                "Copy the video again, or take the annotation that belongs to it",
            )
        info = ClipInfo(
            slug=slug,
            subject=subject,
            action=action,
            subaction=subaction,
            camera=camera,
            frames=count,
            fps=float(about.fps),
            width=about.width,
            height=about.height,
            size=size,
            video=os.fspath(source),
        )
        writer.close(info, joints)
    return info


def _joints(
    annotation: str | os.PathLike[str], subject: str, stem: str | None, camera: str
) -> np.ndarray:
    if Path(annotation).suffix != ".npz":
        return human36m.annotation(annotation)
    if stem is None:
        raise BadInput(annotation, "holds many sequences, and no stem says which", "Give a stem")
    return human36m_mmpose.annotation(annotation, subject, stem, camera)
