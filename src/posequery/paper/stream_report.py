"""A stream of real video: errors over its time and their table, against the teacher that labelled
it and, where views are calibrated, against the consensus of the views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posequery.clips import Stream, read_labels
from posequery.evaluation.adaptation import last_labels, stretch_errors, window_mask
from posequery.evaluation.cells import CellRow, read_cells
from posequery.files import BadInput, write_text
from posequery.metrics import frame_errors, joint_errors
from posequery.online import record
from posequery.paper.captions import NONE, Captions, method_name, percent
from posequery.paper.curves import Curve, rolling_mean
from posequery.paper.over_time import Panel, Timeline, draw_over_time
from posequery.paper.plotting import STYLES, save
from posequery.paper.rows import ANY_RATE, seeds_sentence
from posequery.paper.typeset import FORMATS, Table, escape_markdown

REPEAT = "last label repeated"
_SMOOTH = 10
"""A curve is smoothed over a tenth of a window, so that updates stay steps."""


@dataclass(frozen=True)
class Line:
    """One way to have poses of the stream.

    key: its style, see `plotting.STYLES`. joints: (n, 18, 2) in source pixels. updates: (u,) first
    frames of new weights. picked: the frames labelled for each.
    """

    key: str
    name: str
    rate: str
    k: str
    joints: np.ndarray
    updates: np.ndarray
    picked: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True)
class Reference:
    """What errors are measured against: joints (n, 18, 2) in source pixels."""

    name: str
    joints: np.ndarray


def scene(stream: Stream) -> str:
    """What its clips are: 'camera' where each has its own, else 'video'."""
    cameras = {clip.camera for clip in stream.clips}
    return "camera" if len(cameras) == len(stream.clips) > 1 else "video"


def read_lines(cells_csv: Path, stream: Stream) -> list[Line]:
    """The online cells of the lowest seed as lines, the never-adapted student first.

    Then by falling rate. Raises `BadInput` for a record that is broken or of another stream.
    """
    cells = [cell for cell in read_cells(cells_csv) if cell.setting == "online"]
    seed = min((cell.seed for cell in cells), default=0)
    cells = [cell for cell in cells if cell.seed == seed]
    cells.sort(key=lambda cell: (cell.method != "baseline", -(cell.rate or 0), cell.method))
    taken: set[str] = set()
    lines = []
    for cell in cells:
        path = cells_csv.parent / cell.folder / "record.h5"
        read = record.read(path)
        if len(read.joints) != len(stream):
            fault = f"records {len(read.joints)} frames of a stream of {len(stream)}"
            raise BadInput(path, fault, "Remove its cell and run the workflow again")
        lines.append(_line(cell, read, taken))
    return lines


def _line(cell: CellRow, read: record.Record, taken: set[str]) -> Line:
    rated = cell.method not in ANY_RATE and cell.rate is not None
    rate = percent(cell.rate) if rated and cell.rate is not None else ""
    name = "never adapted" if cell.method == "baseline" else method_name(cell.method)
    # A method's own style goes to its highest rate, so that no two lines look alike.
    fresh = cell.method in STYLES and cell.method not in taken
    taken.add(cell.method)
    return Line(
        key=cell.method if fresh else f"{cell.method} {rate}",
        name=f"{name} {rate}".strip(),
        rate=rate or NONE,
        k=str(cell.k) if rated else NONE,
        joints=read.joints,
        updates=read.update_frames,
        # A record without updates reads as one empty pick.
        picked=tuple(read.picked[: len(read.update_frames)]),
    )


def repeat_line(lines: Sequence[Line], labels: np.ndarray, stream: Stream) -> Line:
    """The teacher's last label of a camera, repeated, as known from all labels any line used."""
    known = [
        update for line in lines for update in zip(line.updates.tolist(), line.picked, strict=True)
    ]
    joints = last_labels(labels, stream.starts, known)
    return Line(REPEAT, REPEAT, NONE, NONE, joints, np.empty(0, np.int64))


def error_table(
    lines: Sequence[Line],
    references: Sequence[Reference],
    stream: Stream,
    window: int,
    caption: str,
    heading: str,
) -> Table:
    """A row a line; for each reference the error in all windows, within a camera, after the first.

    A share in brackets says that a line has poses in that part of the labelled frames only.
    """
    frames = len(stream)
    masks = [
        np.ones(frames, bool),
        window_mask(stream.starts, frames, window),
        np.arange(frames) >= window,
    ]
    heads = ("all windows", f"within a {scene(stream)}", "after the first window")
    columns = [("", "method"), ("", "rate"), ("", "k")]
    columns += [(f"to the {reference.name}", head) for reference in references for head in heads]
    rows = []
    for line in lines:
        texts = [line.name.removesuffix(f" {line.rate}"), line.rate, line.k]
        for reference in references:
            if line.joints is reference.joints:
                texts += [NONE] * len(heads)
                continue
            found = stretch_errors(line.joints, reference.joints, masks)
            texts += [_printed(error, share) for error, share in found]
        rows.append(tuple(texts))
    return Table("adaptation", "Adaptation", caption, tuple(columns), tuple(rows), heading)


def _printed(error: float, share: float) -> str:
    if not np.isfinite(error):
        return NONE
    return f"{error:.1f}" if share == 1 else f"{error:.1f} ({share:.0%})".replace("%", " %")


def _smooth(window: int) -> int:
    return max(1, window // _SMOOTH)


def _panel(lines: Sequence[Line], reference: Reference, window: int) -> Panel:
    curves = []
    for line in lines:
        error = frame_errors(joint_errors(line.joints, reference.joints))
        kept = np.where(np.isfinite(error), rolling_mean(error, _smooth(window)), np.nan)
        curves.append(Curve(line.key, kept, line.updates))
    return Panel(f"Against the {reference.name}", tuple(curves))


def write_report(
    cells_csv: Path,
    index: Path,
    labels: Path,
    consensus: Path | None,
    window: int,
    captions: Captions,
    figures: Path,
    tables: Path,
) -> list[Path]:
    """Write error_over_time (PNG, PDF, SVG, caption) and adaptation (CSV, Markdown, LaTeX).

    labels, consensus: labels files of the stream, `consensus` None where no views are calibrated.
    window: in frames. Returns the files. Raises `BadInput`.
    """
    stream = Stream(index)
    taught = read_labels(labels, index)[0]
    lines = read_lines(cells_csv, stream)
    lines.append(repeat_line(lines, taught, stream))
    references = [Reference(f"teacher ({captions.teacher})", taught)]
    panels = [_panel(lines, references[0], window)]
    if consensus is not None:
        references.append(Reference("multi-view consensus", read_labels(consensus, index)[0]))
        itself = f"{captions.teacher} itself"
        lines.append(Line("teacher", itself, NONE, NONE, taught, np.empty(0, np.int64)))
        panels.append(_panel(lines, references[1], window))

    what = scene(stream)
    notes = _notes(read_cells(cells_csv), what, window, consensus is not None, captions)
    timeline = Timeline(
        tuple(clip.camera if what == "camera" else clip.action for clip in stream.clips),
        stream.starts,
        len(stream),
        stream.fps,
    )
    signs = (
        f"Rolling mean over {_smooth(window)} frames. Grey line: a {what} begins. Dot: new weights "
        f"go live. {notes}"
    )
    names = {line.key: line.name for line in lines}
    figure = draw_over_time(panels, timeline, names, f"{captions.heading}. {signs}")
    caption = f"**Error over stream time.** {escape_markdown(f'{captions.heading}. {signs}')}"
    written = save(figure, figures, "error_over_time", caption)

    within = (
        f"'Within a {what}': windows that do not begin with a {what} never seen. A share in "
        "brackets: poses in that part of the labelled frames only."
    )
    caption = f"{captions.heading}. {notes} {within}"
    table = error_table(lines, references, stream, window, caption, captions.heading)
    for ending, make in FORMATS.items():
        write_text(tables / f"adaptation.{ending}", make(table))
        written.append(tables / f"adaptation.{ending}")
    return written


def _notes(
    cells: Sequence[CellRow], what: str, window: int, consensus: bool, captions: Captions
) -> str:
    """What the figure's caption and the table's share."""
    online = [cell for cell in cells if cell.setting == "online"]
    agreed = (
        "The multi-view consensus is what the same teacher's labels of all views agree on: "
        "consistency, not truth."
    )
    repeat = (
        f"'{REPEAT}' gives the teacher's last label of the {what} again, and leaves out the frames "
        f"before a {what}'s first label."
    )
    one = len({cell.seed for cell in online}) <= 1
    notes = (
        f"MPJPE of 12 joints in pixels of the source frames, windows of {window} frames.",
        repeat,
        agreed if consensus else "",
        seeds_sentence(online) if one else "The lowest seed is shown.",
        captions.reading("online"),
    )
    return " ".join(filter(None, notes))
