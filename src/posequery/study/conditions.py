"""What a study asks of its frames, before anything trains: asked when planning, by a check, and of
a stream as soon as it is indexed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from posequery.cell import Cell
from posequery.jobs.files import BadInput
from posequery.offline.settings import require_parts, require_picks, split_sizes
from posequery.online.policies import require_trainings
from posequery.settings import FITS
from posequery.sources.kinds import ClipSource
from posequery.study.schema import Study
from posequery.timing import FPS_TOLERANCE, Timing, require_one_rate


def require_cells(study: Study, cells: Sequence[Cell]) -> None:
    """Raise `BadInput` for a study that makes nothing."""
    if not cells:
        fault = "has no cell: it has no strategy, no method and no offline half"
        raise BadInput(f"study={study.name}", fault, "Write strategies, or online.methods")


def of_frames(
    study: Study,
    cells: Sequence[Cell],
    clips: Mapping[str, ClipSource],
    shown: Mapping[str, tuple[int, float]],
) -> list[BadInput]:
    """What the frames of all clips are unfit for.

    shown: of each clip by its slug how many frames it has, and how many a second.
    """
    played = {
        stream: [slug for slug, clip in clips.items() if stream in clip.streams]
        for stream in ("pool", "test", *study.source.streams)
    }
    found = [*_of_rates(study, clips, shown, played)]
    if found:
        return found
    for stream in study.source.streams:
        timing = timing_of(study, [shown[slug] for slug in played[stream]])
        found += of_stream(study, cells, stream, timing)
    if study.source.parts:
        found += of_parts(study, cells, parted(study, clips, shown))
    else:
        found += of_pool(study, cells, [shown[slug][0] for slug in played["pool"]])
    return list({str(fault): fault for fault in found}.values())


def of_stream(study: Study, cells: Sequence[Cell], stream: str, timing: Timing) -> list[BadInput]:
    """What a stream whose frames are shown at these times is unfit for."""
    online, epochs = study.online, study.training.epochs
    found = [*_of_planned_rate(study, stream, timing)]
    return found or _refused(
        [cell for cell in cells if cell.stream == stream],
        "online",
        lambda one: require_trainings(*one, timing, online, online.profile, epochs),
    )


def _of_planned_rate(study: Study, stream: str, timing: Timing) -> Iterator[BadInput]:
    """Where a rate was planned for another frame rate than the stream's."""
    planned = study.source.frame_rate
    if FITS not in study.online.rates or planned is None or not len(timing):
        return
    shown = len(timing) / timing.seconds
    if abs(shown - planned) > FPS_TOLERANCE * planned:
        fault = f"was planned for {float(planned):g} frames a second, and {stream} has {shown:.6g}"
        yield BadInput(f"online.rates={FITS}", fault, "Write the rate itself")


def of_pool(study: Study, cells: Sequence[Cell], sizes: Sequence[int]) -> list[BadInput]:
    """What a pool whose clips have so many frames is unfit for."""
    by_clip = study.offline is not None and study.offline.select_from == "clip"
    picking = [cell for cell in cells if cell.method in study.strategies]
    return _refused(picking, "offline", lambda one: require_picks(one[1], sizes, by_clip))


def parted(
    study: Study, clips: Mapping[str, ClipSource], shown: Mapping[str, tuple[int, float]]
) -> list[tuple[str, Timing]]:
    """The videos that make a pool and a test each: their paths, and when the frames that are played
    are shown, if each keeps its rate. shown: see `of_frames`."""
    slugs = [slug for slug, clip in clips.items() if "pool" in clip.streams and slug in shown]
    left, found = len(timing_of(study, [shown[slug] for slug in slugs])), []
    for slug in slugs:
        frames, fps = shown[slug]
        found.append((clips[slug].video, Timing.even(min(frames, left), fps)))
        left -= len(found[-1][1])
    return [(video, timing) for video, timing in found if len(timing)]


def of_parts(
    study: Study, cells: Sequence[Cell], videos: Sequence[tuple[str, Timing]]
) -> list[BadInput]:
    """What videos are unfit for that make a pool and a test each (see `parted`)."""
    split = study.source.parts
    if not split or not study.offline:
        return []
    for video, timing in videos:
        try:
            require_parts(video, timing, split.pool, split.gap)
        except BadInput as fault:
            return [fault]
    return of_pool(
        study, cells, [split_sizes(timing, split.pool, split.gap)[0] for _, timing in videos]
    )


def _refused(
    cells: Sequence[Cell], setting: str, require: Callable[[tuple[str, Fraction]], None]
) -> list[BadInput]:
    """Each fault once that `require` finds in a method at a rate."""
    found = []
    # Other seeds and teachers ask the same.
    own = dict.fromkeys((c.method, c.rate) for c in cells if c.setting == setting)
    for one in own:
        try:
            require(one)
        except BadInput as fault:
            found.append(fault)
    return list({str(fault): fault for fault in found}.values())


def _of_rates(
    study: Study,
    clips: Mapping[str, ClipSource],
    shown: Mapping[str, tuple[int, float]],
    played: Mapping[str, Sequence[str]],
) -> Iterator[BadInput]:
    for slugs in played.values() if study.online.in_frames else ():
        try:
            require_one_rate({clips[slug].video: shown[slug][1] for slug in slugs})
        except BadInput as fault:
            yield fault


def timing_of(study: Study, shown: Sequence[tuple[int, float]]) -> Timing:
    """When the stream's frames are shown, if each of its videos keeps its rate."""
    timing = Timing.joined((np.arange(frames) / fps, fps) for frames, fps in shown)
    first = study.online.first_frames
    played = timing.after(0, first) if first else len(timing)
    return Timing(timing.shown[:played], timing.usual)
