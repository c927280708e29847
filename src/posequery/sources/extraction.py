"""A video and its annotation to a clip: frames at the network's size, labels in source pixels."""

import os
from array import array
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from av.video.frame import VideoFrame

from posequery.clips import ClipInfo, ClipWriter, jpeg
from posequery.jobs.files import BadInput, whole
from posequery.jobs.progress import Progress
from posequery.jobs.terminal import tell
from posequery.sources import video
from posequery.sources.access import require_readable
from posequery.sources.clock import MISSING
from posequery.sources.geometry import Geometry, Picture
from posequery.sources.human36m import cdf, mmpose

OUTSIDE = 0.25
"""Share of a sequence's joints that may lie outside of the frame, where a limb leaves it."""
USUAL_SURPLUS = 5
"""Video frames beyond the annotation that are no news: Human3.6M's videos are longer by 1 to 5."""


Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Generator[Result, None, None]:
    """Yield `work(item)` of each of `items`, in their order; `threads` work at a time.

    No more than twice `threads` items are under way. What `work` or `items` raise comes in its
    turn, after the results before it. With one thread the caller's own does the work.
    """
    if threads == 1:
        yield from map(work, items)
        return
    under_way: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for future in _submitted(pool, work, items):
            under_way.append(future)
            if len(under_way) == 2 * threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _submitted(
    pool: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Future[Result]]:
    try:
        for item in items:
            yield pool.submit(work, item)
    except Exception as error:
        failed: Future[Result] = Future()
        failed.set_exception(error)
        yield failed


def compressed(
    source: str | os.PathLike[str], size: int, threads: int, most: int | None = None
) -> Generator[tuple[np.ndarray, int], None, None]:
    """Yield a clip's JPEG bytes (k,) uint8 and the time stamp of each of a video's frames.

    Of the first `most`, if given. To be closed, so that no thread works on. Raises as
    `video.frames` does.
    """
    picture = Picture(size)

    def one(decoded: tuple[VideoFrame, Geometry]) -> tuple[np.ndarray, int]:
        frame, shown = decoded
        return jpeg(picture(frame, shown)), MISSING if frame.pts is None else frame.pts

    return in_order(one, islice(video.with_geometry(source, threads), most), threads)


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
    fps: Fraction | None = None,
) -> ClipInfo:
    """Write the clip of the video `source`; frame i is the video's frame i, its label row i.

    The annotation starts with the video (Human3.6M's rule), and the video's surplus frames are
    dropped; a large surplus is reported. Without an annotation every frame is kept and no joint is
    labelled. `size` is the side of the network's square in pixels. The annotation is Human3.6M's
    CDF, or mmpose's NPZ, in which `subject`, `stem` ("Eating 2") and `camera` say where to look.
    `fps` is the rate of a video without a clock (see `video.info`).
    `threads` decode and as many more squash and compress, so that with 1 the calling thread does it
    all; the clip's bytes do not depend on them. Raises `BadInput` for a video or annotation that
    cannot be used, a video without annotation whose end is missing, and what `check_counts` does.
    """
    about = video.info(source, fps)
    if about.clock.seams:
        parts = about.clock.seams + 1
        tell(f"{source}: holds {parts} recordings; each begins a frame after the one before")
    joints = None
    if annotation is not None:
        joints = read_annotation(annotation, subject, stem, camera)
        check_counts(source, annotation, len(joints), expected)
        check_places(source, annotation, joints, (about.width, about.height))
    labelled = None if joints is None else len(joints)
    if labelled is not None and about.frames - labelled > USUAL_SURPLUS:
        surplus = about.frames - labelled
        tell(f"{source}: the last {surplus} frames have no annotation, and are dropped")
    stamps = array("q")
    with (
        whole(output) as temporary,
        ClipWriter(temporary) as writer,
        Progress(labelled or about.frames or None, "frames", f"extract {slug}") as progress,
        closing(compressed(source, size, threads, labelled)) as frames,
    ):
        for data, stamp in frames:
            writer.append_jpeg(data)
            stamps.append(stamp)
            progress.advance()
        count = len(stamps)
        if annotation is not None and labelled is not None:
            check_counts(source, annotation, labelled, expected, count)
        times, rate = about.clock.times(source, np.asarray(stamps, np.int64))
        info = ClipInfo(
            slug=slug,
            subject=subject,
            action=action,
            subaction=subaction,
            camera=camera,
            frames=count,
            fps=float(rate),
            width=about.width,
            height=about.height,
            size=size,
            video=os.fspath(source),
        )
        writer.close(info, joints, times=times)
    return info


def read_annotation(
    path: str | os.PathLike[str], subject: str, stem: str | None, camera: str
) -> np.ndarray:
    """A sequence's poses (n, 18, 2) in source pixels, from either of Human3.6M's layouts.

    Raises `BadInput` for a file that cannot be used.
    """
    require_readable(path)
    if Path(path).suffix != ".npz":
        return cdf.annotation(path)
    if stem is None:
        raise BadInput(path, "holds many sequences, and no stem says which", "Give a stem")
    return mmpose.annotation(path, subject, stem, camera)


def check_places(
    source: str | os.PathLike[str],
    annotation: str | os.PathLike[str],
    joints: np.ndarray,
    size: tuple[int, int],
) -> None:
    """Raise `BadInput` if joints (n, 18, 2) cannot be pixels of a video of that size."""
    places = joints[np.isfinite(joints).all(axis=2)]
    fix = "Take the video and the 2-D positions (in pixels of its full frame) that belong together"
    if np.ptp(places, axis=0).max() <= 2:
        raise BadInput(annotation, "has all joints within 2 pixels: they are no pixels", fix)
    outside = ((places < -1) | (places > np.array(size))).any(axis=1).mean()
    if outside > OUTSIDE:
        fault = f"has {outside:.0%} of its joints outside of the {size[0]} x {size[1]} of {source}"
        raise BadInput(annotation, fault, fix)


def check_counts(
    source: str | os.PathLike[str],
    annotation: str | os.PathLike[str],
    labelled: int,
    expected: int | None = None,
    frames: int | None = None,
) -> None:
    """Raise `BadInput` if an annotation of `labelled` frames is not this video's.

    expected: how many it should have. frames: how many the video has; more are no fault. None
    where that is not known.
    """
    if expected not in (None, labelled):
        raise BadInput(
            annotation,
            f"annotates {labelled} frames where Human3.6M has {expected} (another subject's or "
            "another sequence's file?)",
            "Take the one that belongs here, or accept any with source.frame_counts: any",
        )
    if frames is not None and frames < labelled:
        raise BadInput(
            source,
            f"has only {frames} frames, but its annotation {annotation} has {labelled}",
            "Copy the video again, or take the annotation that belongs to it",
        )
