"""What a study asks of its frames, before any job runs: asked when planning, and by a check."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from posequery.cell import Cell
from posequery.jobs.files import BadInput
from posequery.offline.settings import require_picks
from posequery.online.policies import require_trainings
from posequery.sources.kinds import ClipSource
from posequery.study.schema import Study
from posequery.timing import Timing, require_one_rate


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
        for stream in ("pool", "test", "stream")
    }
    found = [*_of_rates(study, clips, shown, played)]
    if found:
        return found
    timing = _timing(study, [shown[slug] for slug in played["stream"]])
    pool = [shown[slug][0] for slug in played["pool"]]
    # Other seeds and teachers ask the same.
    for setting, method, rate in dict.fromkeys((c.setting, c.method, c.rate) for c in cells):
        try:
            if setting == "online":
                about = study.online, study.online.profile, study.training.epochs
                require_trainings(method, rate, timing, *about)
            elif study.offline and method in study.strategies:
                require_picks(rate, pool, by_clip=study.offline.select_from == "clip")
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


def _timing(study: Study, shown: Sequence[tuple[int, float]]) -> Timing:
    """When the stream's frames are shown, if each of its videos keeps its rate."""
    timing = Timing.joined((np.arange(frames) / fps, fps) for frames, fps in shown)
    first = study.online.first_frames
    played = timing.after(0, first) if first else len(timing)
    return Timing(timing.shown[:played], timing.usual)
