"""The sections of a stream of real people: how the student adapted, and what the teacher saw."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from posequery.clips import Stream, read_labels
from posequery.jobs.files import REMAKE, BadInput
from posequery.metrics import frame_errors, joint_errors
from posequery.report.adaptation import played_windows
from posequery.report.before_after import sheet_aspect, shown_frames
from posequery.report.cells import of_setting
from posequery.report.film import weights_said
from posequery.report.formats import NONE
from posequery.report.html.parts import (
    Charts,
    Key,
    Part,
    Picture,
    Pose,
    Poses,
    Section,
    Sheet,
    Skeleton,
    Words,
    ink,
    sheet,
    sheets,
)
from posequery.report.html.rates import by_rate
from posequery.report.html.sources import Sources, read_facts
from posequery.report.html.timeline import Picks, over_time, picked
from posequery.report.lines import Line, clip_names, main_line, scene
from posequery.report.stream_report import Adaptation
from posequery.report.style import STYLES, Style, method_style
from posequery.report.tables import labels_needed
from posequery.report.views import boxes, view_of
from posequery.skeletons import JOINTS, LINKS

_SAID = {
    "labelled_share": "share of frames in which somebody is found",
    "joints_found": "joints found in such a frame, mean of 18",
    "looks": "looks at whole frames for a person",
    "looks_with_several_people": "looks that found several people",
    "mpjpe_px": "error against ground truth, pixels",
    "found_share": "share of the labelled joints that are found",
}
_FAR = 10_000
_WIDEST = 1400
"""Pixels of a picture."""


def _lines(joints: np.ndarray) -> list[tuple[float, float, float, float]]:
    """The links of a pose (18, 2) whose ends are both known, to a tenth of a pixel."""
    known = np.isfinite(joints).all(axis=1)
    places = np.clip(np.where(known[:, None], joints, 0), -_FAR, _FAR).round(1).tolist()
    return [(*places[a], *places[b]) for a, b in LINKS if known[a] and known[b]]


def _drawn(lines: Sequence[Line]) -> tuple[Style, Style, Style]:
    """Of the unadapted student, of the adapted one, of the teacher."""
    adapted = method_style(lines[1].method, *(line.method for line in lines))
    return STYLES["baseline"], adapted, STYLES["teacher"]


def _poses(sources: Sources, found: Adaptation, taught: np.ndarray) -> Poses | None:
    """Skeletons without the frames that they are of, so that nobody is shown."""
    lines, stream = found.lines, sources.stream
    if len(lines) < 2 or lines[0].method != "baseline" or lines[1].method in ("repeat", "teacher"):
        return None
    before, after = lines[:2]
    looks = _drawn(lines)
    shown = shown_frames(stream, taught)
    aspect, names = sheet_aspect(stream, shown, taught), clip_names(stream)
    poses = []
    for frame, (width, height) in zip(shown, stream.source_size(shown).tolist(), strict=True):
        low, high = boxes(taught[frame][None], width, height)
        view = view_of(low[0], high[0], width, height, aspect)
        three = before.joints[frame], after.joints[frame], taught[frame]
        skeletons = [Skeleton(ink(look), _lines(j)) for look, j in zip(looks, three, strict=True)]
        errors = [_error(joints, taught[frame]) for joints in three[:2]]
        weights = weights_said(int(after.version[frame]))
        said = f"{before.label} {errors[0]}, {after.label} {errors[1]} to the teacher; {weights}"
        title = names[int(stream.clip_numbers(np.array([frame]))[0])]
        box = (view.left, view.top, view.width, view.height)
        poses.append(Pose(title, box, skeletons, said))
    cells, frames = of_setting(sources.cells, "online"), sources.frame_sizes("online")
    caption = sources.captions.before_after(cells, after.label, scene(stream), frames)
    named = (before.label, after.label, f"teacher: {sources.captions.teacher}")
    keys = [Key(name, ink(look)) for name, look in zip(named, looks, strict=True)]
    return Poses("Before and after", f"Poses alone, without the frames. {caption}", poses, keys)


def _error(joints: np.ndarray, taught: np.ndarray) -> str:
    error = float(frame_errors(joint_errors(joints[None], taught[None]))[0])
    return f"{error:.0f} px" if np.isfinite(error) else NONE


def _picture(path: Path) -> Picture:
    """The picture, not larger than a page needs."""
    image = cv2.imread(str(path))
    if image is None:
        raise BadInput(path, "is no picture", REMAKE)
    scale = min(1, _WIDEST / image.shape[1])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    coded = cv2.imencode(".webp", small, (cv2.IMWRITE_WEBP_QUALITY, 80))[1].tobytes()
    label = "Frames of the stream with the student's poses before and after, and the teacher's."
    caption = "The same, on the frames themselves. Number: mean error of 12 joints to the teacher."
    data = f"data:image/webp;base64,{base64.b64encode(coded).decode()}"
    return Picture("On the frames", caption, data, label)


def _picks(lines: Sequence[Line]) -> Iterator[Picks]:
    for line in lines:
        if line.rate is not None and line.method != "repeat":
            yield Picks(line.label, line.method, line.picked, line.updates)


def _facts(facts: Mapping[str, Any], above: str = "") -> Iterator[list[str]]:
    """Numbers that a job says, and those of its parts; lists by their lengths."""
    for key, value in facts.items():
        name = _SAID.get(key, f"{above}{key}".replace("_", " "))
        if isinstance(value, Mapping):
            yield from _facts(value, f"{name}, ")
        elif isinstance(value, list):
            yield [name, str(len(value))]
        elif value is not None:
            yield [name, _printed(name, value)]


def _printed(name: str, value: float | str) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{100 * value:.4g} %" if "share" in name else f"{value:.4g}"


def _by_video(taught: np.ndarray, stream: Stream) -> Sheet:
    """In how many frames of each video somebody is found, and how many joints."""
    found = np.isfinite(taught).all(axis=2)
    rows = []
    for name, start, clip in zip(clip_names(stream), stream.starts, stream.clips, strict=True):
        joints = found[start : start + clip.frames].sum(axis=1)
        seen = joints[joints > 0]
        shares = [f"{len(seen)} ({100 * len(seen) / len(joints):.0f} %)"]
        mean = f"{seen.mean():.1f}" if len(seen) else NONE
        rows.append([name, str(len(joints)), *shares, mean])
    heads = ["video", "frames", "with somebody found", f"joints found there, of {len(JOINTS)}"]
    return sheet("By video", heads, rows)


def _by_joint(taught: np.ndarray) -> Sheet:
    """In which share of the frames in which somebody is found each joint is, the rarest first."""
    found = np.isfinite(taught).all(axis=2)
    known = found[found.any(axis=1)]
    shares = dict(zip(JOINTS, known.mean(axis=0), strict=True))
    rows = [
        [name.replace("_", " "), f"{100 * share:.0f} %"]
        for name, share in sorted(shares.items(), key=lambda one: one[1])
    ]
    table = sheet("By joint: in which share of these frames it is found", ["joint", "found"], rows)
    return replace(table, folded=True)


def teacher(sources: Sources, taught: np.ndarray) -> Section:
    name = sources.captions.teacher
    words = Words([f"The labels are of {name}: what it does not see, no student can learn."])
    parts: list[Part] = [words]
    for path in sources.seen:
        rows = list(_facts(read_facts(path)))
        parts.append(sheet(f"What is noted of {path.stem}", ["what", "value"], rows))
    parts.append(_by_video(taught, sources.stream))
    if np.isfinite(taught).any():
        parts.append(_by_joint(taught))
    return Section("teacher", "What the teacher saw", parts)


def _labels(sources: Sources) -> list[Section]:
    """Of a study with an offline half, how many frames must be labelled."""
    if of_setting(sources.cells, "offline").empty:
        return []
    table = labels_needed(sources.rows, sources.captions, sources.frame_sizes("offline"))
    parts: list[Part] = [
        Words([f"{table.label}. {table.caption}"]),
        *sheets(table, 0),
        by_rate(sources),
    ]
    return [Section("labels", table.label, parts)]


def sections(sources: Sources) -> list[Section]:
    assert sources.labels is not None
    found = sources.adaptation
    taught = read_labels(sources.labels, sources.stream_index)[0]
    table, figure = found.table, found.figure
    # One recording is a demonstration: its means have no interval.
    adapted: list[Part] = [Words([f"{table.label}. {table.caption}"]), *sheets(table, 0)]
    figures: list[Part] = []
    if poses := _poses(sources, found, taught):
        figures.append(poses)
    if sources.picture:
        figures.append(_picture(sources.picture))
    # A student that misses frames while it trains begins its windows later than the clock.
    timing = figure.timeline.timing
    line = main_line([one for one in found.lines if len(one.version)])  # the teacher plays nothing
    window = sources.settings["online.window"]
    windows = (
        timing.starts(window) if line is None else played_windows(timing, window, line.version)
    )
    figures.append(over_time(figure, windows))
    picks = list(_picks(found.lines))
    chart = picked("picked-1", "Frames picked", picks, figure.timeline, windows)
    if chart:
        caption = "Each tick is a frame that was picked from its window and trained on."
        figures.append(Charts("Frames picked", caption, [chart]))
    return [
        *_labels(sources),
        Section("adaptation", "How the student adapted", adapted),
        Section("figures", "Figures", figures),
        teacher(sources, taught),
    ]
