"""A stream of real video: errors over its time and their table, against the teacher that labelled
it and, where views are calibrated, against the consensus of the views."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

import numpy as np

from posequery import record
from posequery.clips import Stream, read_labels
from posequery.evaluation.cells import CellRow, read_cells
from posequery.jobs.files import BadInput, write_text
from posequery.metrics import frame_errors, joint_errors
from posequery.report import published
from posequery.report.adaptation import last_labels, stretch_errors, window_mask
from posequery.report.captions import NONE, Captions, method_name
from posequery.report.curves import Curve, rolling_mean
from posequery.report.over_time import Panel, Timeline, draw_over_time
from posequery.report.plotting import STYLES, render, write_all
from posequery.report.rows import ANY_RATE, NO_STRATEGY, printed_rate, seeds_sentence, spread
from posequery.report.typeset import FORMATS, Number, Table, escape_markdown

REPEAT = "last label repeated"
_SMOOTH = 10
"""A curve is smoothed over a tenth of a window, so that updates stay steps."""
_NAME = 24  # letters of a clip's name

Stretches = list[tuple[float, float]]
"""Error in pixels and share of the labelled frames, by reference and stretch; NaN for none."""


@dataclass(frozen=True)
class Line:
    """One way to have poses of the stream.

    key: its style, see `plotting.STYLES`. method: a cell's, or the key. joints: (n, 18, 2) in
    source pixels. updates: (u,) first frames of new weights. picked: the frames labelled for each.
    """

    key: str
    method: str
    name: str
    joints: np.ndarray
    rate: str = NONE
    k: str = NONE
    updates: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
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


def clip_names(stream: Stream) -> list[str]:
    """What a clip is called wherever it is shown: its file's name, a long one in part."""
    stems = [PurePath(clip.video).stem for clip in stream.clips]
    half = _NAME // 2 - 1
    return [stem if len(stem) <= _NAME else f"{stem[:half]}..{stem[-half:]}" for stem in stems]


def _online(cells_csv: Path) -> list[CellRow]:
    return [cell for cell in read_cells(cells_csv) if cell.setting == "online"]


def _place(cell: CellRow) -> tuple[object, ...]:
    paper = list(published.STRATEGIES)
    known = paper.index(cell.method) if cell.method in paper else len(paper)
    strategy = cell.method not in NO_STRATEGY
    return (cell.method != "baseline", not strategy, -cell.rate, known, cell.method)


def read_lines(cells_csv: Path, stream: Stream, seed: int | None = None) -> list[Line]:
    """The online cells of a seed (the lowest if None) as lines.

    The never-adapted student comes first, then strategies by falling rate and in the paper's order,
    so that the second is the adapted student to show, then continual and once.
    Raises `BadInput` for a record that is broken or of another stream.
    """
    cells = _online(cells_csv)
    if seed is None:
        seed = min((cell.seed for cell in cells), default=0)
    cells = sorted((cell for cell in cells if cell.seed == seed), key=_place)
    taken: set[str] = set()
    lines = []
    for cell in cells:
        path = cells_csv.parent / cell.folder / "record.h5"
        read = record.read(path)
        if len(read.joints) != len(stream):
            fault = f"records {len(read.joints)} frames of a stream of {len(stream)}"
            raise BadInput(path, fault, record.REPAIR)
        lines.append(_line(cell, read, taken))
    return lines


def _line(cell: CellRow, read: record.Record, taken: set[str]) -> Line:
    rate = "" if cell.method in ANY_RATE else printed_rate(cell.rate)
    name = "never adapted" if cell.method == "baseline" else method_name(cell.method)
    # A method's own style goes to its highest rate, so that no two lines look alike.
    fresh = cell.method in STYLES and cell.method not in taken
    taken.add(cell.method)
    return Line(
        key=cell.method if fresh else f"{cell.method} {rate}",
        method=cell.method,
        name=f"{name} {rate}".strip(),
        rate=rate or NONE,
        k=str(cell.k) if rate else NONE,
        joints=read.joints,
        updates=read.update_frames,
        picked=tuple(read.picked),
    )


def repeat_line(lines: Sequence[Line], labels: np.ndarray, stream: Stream) -> Line | None:
    """The teacher's last label of a camera, repeated: of the labels that one line picked.

    That line is the strategy of the highest rate; None without any.
    """
    main = next((line for line in lines if line.method not in NO_STRATEGY), None)
    if main is None:
        return None
    known = list(zip(main.updates.tolist(), main.picked, strict=True))
    joints = last_labels(labels, stream.starts, known)
    return Line("repeat", "repeat", f"{REPEAT}, {main.name}", joints, main.rate, main.k)


def stretches(
    lines: Sequence[Line], references: Sequence[Reference], stream: Stream, window: int
) -> dict[str, Stretches]:
    """Of each line by its name, and against each reference in turn, the errors
    in all windows, within a camera and after the first window."""
    frames = len(stream)
    masks = [
        np.ones(frames, bool),
        window_mask(stream.starts, frames, window),
        np.arange(frames) >= window,
    ]
    found: dict[str, Stretches] = {}
    for line in lines:
        found[line.name] = []
        for reference in references:
            if line.joints is reference.joints:
                found[line.name] += [(np.nan, 0.0)] * len(masks)
            else:
                found[line.name] += stretch_errors(line.joints, reference.joints, masks)
    return found


def error_table(
    lines: Sequence[Line],
    seeds: Sequence[dict[str, Stretches]],
    references: Sequence[Reference],
    stream: Stream,
    caption: str,
    heading: str,
) -> Table:
    """A row a line; for each reference the error in all windows, within a camera, after the first.

    seeds: the errors of each. A share in brackets says that a line has poses in that part of the
    labelled frames only.
    """
    heads = ("all windows", f"within a {scene(stream)}", "after the first window")
    columns = [("", "method"), ("", "rate"), ("", "k")]
    columns += [(f"to the {reference.name}", head) for reference in references for head in heads]
    rows = []
    for line in lines:
        there = [seed[line.name] for seed in seeds if line.name in seed]
        texts = [line.name.removesuffix(f" {line.rate}"), line.rate, line.k]
        rows.append((*texts, *map(_printed, zip(*there, strict=True))))
    return Table("adaptation", "Adaptation", caption, tuple(columns), tuple(rows), heading)


def _printed(seeds: Sequence[tuple[float, float]]) -> str:
    known = [(error, share) for error, share in seeds if np.isfinite(error)]
    found = spread(error for error, _ in known)
    if found is None:
        return NONE
    share = float(np.mean([share for _, share in known]))
    number = found.printed(1)
    part = "" if share == 1 else f" ({share:.0%})".replace("%", " %")
    return Number(number + part, {**number.plain, "share": share})


def _smooth(window: int) -> int:
    return max(1, window // _SMOOTH)


def _panel(lines: Sequence[Line], reference: Reference, window: int) -> Panel:
    curves = []
    for line in (line for line in lines if line.joints is not reference.joints):
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
    references = [Reference(f"teacher ({captions.teacher})", taught)]
    if consensus is not None:
        references.append(Reference("multi-view consensus", read_labels(consensus, index)[0]))
    cells = _online(cells_csv)
    shown: list[Line] = []
    errors: list[dict[str, Stretches]] = []
    # A seed at a time: the poses of all of them need not fit into memory.
    for seed in sorted({cell.seed for cell in cells}) or [0]:
        lines = read_lines(cells_csv, stream, seed)
        repeat = repeat_line(lines, taught, stream)
        lines += [repeat] if repeat else []
        if consensus is not None and not shown:
            itself = f"{captions.teacher} itself"
            lines.append(Line("teacher", "teacher", itself, taught))
        errors.append(stretches(lines, references, stream, window))
        shown = shown or lines

    what = scene(stream)
    notes = _notes(shown, what, window, consensus is not None)
    reading = captions.reading("online")
    timeline = Timeline(tuple(clip_names(stream)), stream.starts, len(stream), stream.fps)
    signs = (
        f"Rolling mean over {_smooth(window)} frames. Grey line: a {what} begins. Dot: new weights "
        f"go live. {notes} {seed_shown(cells)} {reading}"
    )
    names = {line.key: line.name for line in shown}
    panels = [_panel(shown, reference, window) for reference in references]
    figure = draw_over_time(panels, timeline, names, f"{captions.heading}. {signs}")
    caption = f"**Error over stream time.** {escape_markdown(f'{captions.heading}. {signs}')}"
    written = write_all(render(figure, "error_over_time", caption), figures)

    within = (
        f"'Within a {what}': without the frames of a {what} in the window that it begins in, since "
        f"no weights have been trained on it yet. A share in brackets: poses in that part of the "
        "labelled frames only."
    )
    caption = f"{captions.heading}. {notes} {within} {seeds_sentence(cells)} {reading}"
    table = error_table(shown, errors, references, stream, caption, captions.heading)
    for ending, make in FORMATS.items():
        write_text(tables / f"adaptation.{ending}", make(table))
        written.append(tables / f"adaptation.{ending}")
    return written


def seed_shown(cells: Sequence[CellRow]) -> str:
    """What is said where one seed is drawn, the lowest."""
    count = len({cell.seed for cell in cells})
    return seeds_sentence(cells) if count < 2 else f"Of {count} seeds, the lowest is shown."


def _notes(lines: Sequence[Line], what: str, window: int, consensus: bool) -> str:
    """What the figure's caption and the table's share."""
    repeat = next((line.name for line in lines if line.key == "repeat"), "")
    source = repeat.removeprefix(f"{REPEAT}, ")
    again = (
        f"'{repeat}' gives again the last label of the {what} that {source} has had from the "
        f"teacher, and leaves out the frames before a {what}'s first."
    )
    agreed = (
        "The multi-view consensus is what the same teacher's labels of all views agree on: "
        "consistency, not truth."
    )
    notes = (
        f"MPJPE of 12 joints in pixels of the source frames, windows of {window} frames.",
        again if repeat else "",
        agreed if consensus else "",
    )
    return " ".join(filter(None, notes))
