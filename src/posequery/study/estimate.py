"""What a study will cost, before any of it runs: frames, trainings, bytes, hours."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from posequery import strategies
from posequery.cell import Cell
from posequery.offline.settings import split_sizes
from posequery.online.clock import Train
from posequery.online.policies import Policy, by_its_clock, trainings
from posequery.settings import counted
from posequery.sources.extraction import compressed
from posequery.sources.kinds import ClipSource
from posequery.study import grid
from posequery.study.conditions import parted, timing_of
from posequery.study.schema import Study

RECORDED = 364
"""Bytes that a cell keeps of each frame that it predicts (`posequery.record`)."""
SAMPLE = 200
"""Frames of a video that extraction is timed on."""


class Extraction(NamedTuple):
    """Frames a second, and bytes that each takes in its clip."""

    frames: float
    bytes: float


class Student(NamedTuple):
    """Images a second that this machine trains and reads, and the bytes of the weights."""

    training: float
    inference: float
    weights: int


@dataclass(frozen=True)
class Work:
    """What all of a study's jobs do together.

    extracted: frames of all clips. pool, test: frames of each; scored: of the pool, once for each
    student. streams: frames of each stream by its name; windows, batches: how often a strategy and
    `continual` train on it.
    pretrained, finetuned, adapted: images that pass through a training network, all epochs.
    predicted: frames that the student predicts; mirrored: those that it reads once more, of which
    nothing is kept. cells: how many there are.
    """

    extracted: int
    pool: int
    test: int
    scored: int
    streams: Mapping[str, int]
    windows: Mapping[str, int]
    batches: Mapping[str, int]
    pretrained: int
    finetuned: int
    adapted: int
    predicted: int
    mirrored: int
    cells: int


def work(
    study: Study,
    clips: Mapping[str, ClipSource],
    frames: Mapping[str, int],
    fps: Mapping[str, float],
    images: int,
) -> Work:
    """The work of a study whose clips (by slug) have these `frames`, at `fps` frames a second.

    fps: of each clip that is whole. images: what the student is pre-trained on; 0 where a
    checkpoint is given.
    """

    def of(stream: str) -> int:
        return sum(frames[slug] for slug, clip in clips.items() if stream in clip.streams)

    pool, test = _parts(study, clips, frames, fps) or (of("pool"), of("test"))
    online, epochs = study.online, study.training.epochs
    streams: dict[str, int] = {}
    windows: dict[str, list[int]] = {}
    wholly: dict[str, list[int]] = {}
    batches: dict[str, list[int]] = {}
    for stream in study.source.streams:
        played = [slug for slug, clip in clips.items() if stream in clip.streams and slug in fps]
        timing = timing_of(study, [(frames[slug], fps[slug]) for slug in played])
        streams[stream] = len(timing)
        windows[stream] = _sizes(trainings(Policy(online.window), timing, online))
        ideal, _ = by_its_clock("all", online, None)
        wholly[stream] = _sizes(trainings(Policy(online.window), timing, ideal))
        batches[stream] = []
        if "continual" in online.methods:
            batches[stream] = _sizes(trainings(Policy(online.continual_every), timing, online))
    offline = [cell for cell in grid.cells(study) if cell.setting == "offline"]
    lived = [cell for cell in grid.cells(study) if cell.setting == "online"]
    students = len({*study.seeds}) if study.student.per_seed else 1
    adapted = 0
    for cell in lived:
        every = windows[cell.stream]
        own = {"baseline": [], "once": every[:1], "continual": batches[cell.stream]}
        own["all"] = wholly[cell.stream]
        adapted += sum(int(size * cell.rate) for size in own.get(cell.method, every))
    # `continual` is read twice: by its live weights, and at the other methods' lag.
    times = {"continual": 2, "uniform": 1 + 2 * online.forgetting}
    read = [cell.stream for cell in lived for _ in range(times.get(cell.method, 1))]
    mirrored = sum(streams[cell.stream] for cell in lived if _mirrored([cell.method]))
    scored = students * pool if offline else 0
    return Work(
        extracted=sum(frames[slug] for slug in clips),
        pool=pool,
        test=test,
        scored=scored,
        streams=streams,
        windows={stream: len(found) for stream, found in windows.items()},
        batches={stream: len(found) for stream, found in batches.items()},
        pretrained=students * images * study.student.recipe.epochs,
        finetuned=epochs * sum(int(pool * _share(study, cell)) for cell in offline),
        adapted=epochs * adapted,
        predicted=scored + len(offline) * test + sum(streams[stream] for stream in read),
        mirrored=scored * _mirrored(study.strategies) + mirrored,
        cells=len(offline) + len(lived),
    )


def _parts(
    study: Study,
    clips: Mapping[str, ClipSource],
    frames: Mapping[str, int],
    fps: Mapping[str, float],
) -> tuple[int, int] | None:
    """Frames of the pool and of the test that videos are split into; None where they are not."""
    split = study.source.parts
    if not split:
        return None
    videos = parted(study, clips, {slug: (frames[slug], fps[slug]) for slug in fps})
    found = [split_sizes(timing, split.pool, split.gap) for _, timing in videos]
    return sum(pool for pool, _ in found), sum(test for _, test in found)


def _mirrored(methods: Iterable[str]) -> bool:
    """Whether one is a strategy that has each frame read a second time, mirrored; what else a
    strategy needs is reduced from the first reading."""
    known = strategies.names()
    return any("flipped" in strategies.load(name).extras for name in methods if name in known)


def _share(study: Study, cell: Cell) -> Fraction:
    """The share of the pool that each epoch of an offline cell costs."""
    control = study.offline and study.offline.steps_of(cell.method)
    return control or cell.rate


def _sizes(found: Sequence[Train]) -> list[int]:
    """Frames of the stretch that each training picks from."""
    return [training.stop - training.first for training in found]


def measure_extraction(path: str, size: int) -> Extraction:
    """Extract a video's first frames as a job does, with two threads, and keep nothing."""
    start, count, written = time.perf_counter(), 0, 0
    with closing(compressed(path, size, threads=2, most=SAMPLE)) as frames:
        for data, _ in frames:
            count, written = count + 1, written + len(data)
    return Extraction(count / (time.perf_counter() - start), written / count)


def duration(seconds: float) -> str:
    """A length of time in the unit that suits it: '12 s', '15 min', '31 h', '3 days'."""
    for name, unit, most in (("s", 1, 100), ("min", 60, 100), ("h", 3600, 100)):
        if seconds < most * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86400:,.0f} days"


def size(amount: float) -> str:
    """A number of bytes in the unit that suits it: '0.4 MB', '12 GB'."""
    name, unit = ("GB", 1e9) if amount >= 1e9 else ("MB", 1e6)
    return f"{amount / unit:,.{1 if amount < 10 * unit else 0}f} {name}"


def text(
    study: Study,
    done: Work,
    extraction: Extraction | None,
    student: Student | None,
    copied: int,
) -> str:
    """The estimate for a person; without `student` it has no hours of training and reading, and
    without `extraction`, where there is no video yet, neither those of extraction nor the clips'
    bytes.

    copied: bytes of images that the study keeps beside what it makes.
    """
    rows: list[tuple[str, int, str, float | None]] = [
        ("extract", done.extracted, "frames", extraction and extraction.frames),
        ("pre-train", done.pretrained, "images", student and student.training),
        ("fine-tune", done.finetuned, "images", student and student.training),
        ("adapt", done.adapted, "images", student and student.training),
        ("predict", done.predicted + done.mirrored, "frames", student and student.inference),
    ]
    seeds = "one seed takes" if len(study.seeds) == 1 else f"{len(study.seeds)} seeds take"
    lines = [f"What {seeds}, by rates measured here ({study.device}, one job at a time):", ""]
    seconds = 0.0
    for what, amount, unit, rate in rows:
        if not amount:
            continue
        line = f"  {what:<10} {amount:>15,} {unit}"
        if rate:
            seconds += amount / rate
            line += f"  {rate:>8,.1f}/s  {duration(amount / rate):>10}"
        lines.append(line)
    disk = done.extracted * (extraction.bytes if extraction else 0) + copied
    if student:
        disk += done.cells * student.weights
        lines.append(f"  {'together':<10} {duration(seconds):>45}")
    disk += RECORDED * (done.predicted - done.scored)
    beside = "" if extraction else " beside the data and their frames"
    where = f"{size(disk)} in results/{study.name}{beside}"
    lines += ["", f"{counted(done.cells, 'cell')}; {where}."]
    if not extraction:
        made = {"renders": "render", "fetches": "fetch"}[study.source.makes]
        lines.append(f"To {made} the videos and to extract their frames is not in these hours.")
    openpose = study.settings_of("openpose")
    if openpose and openpose.program:
        frames = sum(done.streams.values())
        lines.append(f"OpenPose's own time on {frames:,} frames is not in these hours.")
    for stream, frames in done.streams.items():
        which = f" {stream}" if len(done.streams) > 1 else ""
        lines.append(
            f"The stream{which} has {frames:,} frames; windows that are trained on: "
            f"{done.windows[stream]}."
        )
    if study.online.clock != "ideal":
        lines.append(f"By the clock '{study.online.clock}' fewer may be trained on.")
    if "continual" in study.online.methods:
        batches = ", ".join(map(str, done.batches.values()))
        lines.append(f"Batches that continual trains on: {batches}.")
    return "\n".join(lines)
