"""A stream of real video: errors over its time and their table, against the teacher that labelled
it and, where views are calibrated, against the consensus of the views."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from posequery.clips import Stream, read_labels
from posequery.evaluation.person import person_sizes
from posequery.jobs.files import write_text
from posequery.metrics import frame_errors, joint_errors
from posequery.report.adaptation import played_windows, stretch_errors, window_mask
from posequery.report.by_rate import draw_by_rate
from posequery.report.captions import Captions
from posequery.report.cells import of_setting, read_cells
from posequery.report.curves import Around, Curve, rolling_mean
from posequery.report.formats import (
    COUNT,
    FORMATS,
    RATE,
    SIZE,
    SIZES,
    Block,
    Format,
    Table,
    escape_markdown,
)
from posequery.report.frame_sizes import ONE_SIZE, FrameSizes
from posequery.report.lines import Line, clip_names, main_line, read_lines, repeat_line, scene
from posequery.report.over_time import OverTime, Panel, Timeline, draw_over_time
from posequery.report.page import render, write_all
from posequery.report.spread import mean, spread, wide
from posequery.report.tables import labels_needed

_SMOOTH = 10
"""A curve is smoothed over a tenth of a window, so that updates stay steps."""

References = Mapping[str, np.ndarray]
"""What errors are measured against, by its printed name: joints (n, 18, 2) in source pixels."""


def _parts(stream: Stream, window: str, picking: Line | None) -> dict[str, np.ndarray]:
    """The parts of a stream that errors are given of, as masks (n,) of its frames, by head.

    They are the same for all lines, and so of the windows that the line `picking` has played, which
    may have missed frames while it trained.
    """
    frames = len(stream)
    version = picking.version if picking else np.zeros(frames, np.int32)
    windows = played_windows(stream.timing, window, version)
    return {
        "all windows": np.ones(frames, bool),
        f"within a {scene(stream)}": window_mask(stream.starts, windows, frames),
        "after the first window": np.arange(frames) >= stream.timing.after(0, window),
    }


def measure(
    lines: Sequence[Line],
    references: References,
    parts: Mapping[str, np.ndarray],
    clips: np.ndarray,
) -> pd.DataFrame:
    """Rows of line (its label), reference, part, error in pixels and as a share of the person's
    size, and share of labelled frames. clips: (n,) the number of each frame's clip."""
    rows = []
    sizes = {name: person_sizes(reference, clips) for name, reference in references.items()}
    for line, (name, reference) in product(lines, references.items()):
        if line.joints is not reference:
            errors = stretch_errors(line.joints, reference, sizes[name], list(parts.values()))
            rows += [
                (line.label, name, part, *found) for part, found in zip(parts, errors, strict=True)
            ]
    return pd.DataFrame(rows, columns=["line", "reference", "part", "error", "size", "share"])


def error_table(
    lines: Sequence[Line],
    measured: pd.DataFrame,
    references: References,
    parts: Mapping[str, np.ndarray],
    caption: str,
    heading: str,
    differ: bool,
) -> Table:
    """A row a line; for each reference the error in each part of the stream.

    measured: of all seeds, see `measure`. differ: frames differ in size, and so errors are given as
    shares of the person's size as well. A share in brackets says that a line has poses in that
    part of the labelled frames only.
    """
    labels = [line.label for line in lines]
    first = pd.DataFrame(
        {
            ("", "method", "value"): pd.Series([line.name for line in lines], labels, "str"),
            ("", "rate", "value"): pd.Series([line.rate for line in lines], labels, "float"),
            ("", "k", "value"): pd.Series([line.k for line in lines], labels, "float"),
        }
    )

    def block(title: str, column: str, number: Format) -> Block:
        groups = measured.dropna(subset=column).groupby(["line", "reference", "part"])
        found = spread(groups[column]).assign(share=groups["share"].agg(mean))
        errors = wide(found, labels, references, parts)
        errors.columns = [(f"to the {name}", *rest) for name, *rest in errors]
        return Block(title, pd.concat([first, errors], axis=1), number)

    in_sizes = f"{heading}: errors as shares {SIZE}"
    return Table(
        name="adaptation",
        label="Adaptation",
        caption=caption,
        ours=block(heading, "error", Format(".1f")),
        beside=block(in_sizes, "size", SIZES) if differ else None,
        formats={"rate": RATE, "k": COUNT},
    )


def _panel(lines: Sequence[Line], name: str, reference: np.ndarray, around: Around) -> Panel:
    curves = []
    for line in (line for line in lines if line.joints is not reference):
        error = frame_errors(joint_errors(line.joints, reference))
        kept = np.where(np.isfinite(error), rolling_mean(error, around), np.nan)
        curves.append(Curve(line.label, line.method, kept, line.updates, line.rate))
    return Panel(f"Against the {name}", tuple(curves))


@dataclass(frozen=True)
class Adaptation:
    """What a stream of real video shows: its figure, its table, and the lines of both.

    lines: of the lowest seed. references: what errors are measured against.
    """

    figure: OverTime
    table: Table
    lines: tuple[Line, ...]
    references: References


def read_adaptation(
    cells_csv: Path,
    index: Path,
    labels: Path,
    consensus: Path | None,
    window: str,
    captions: Captions,
) -> Adaptation:
    """See `write_report`. Raises `BadInput`."""
    stream = Stream(index)
    taught = read_labels(labels, index)[0]
    references = {f"teacher ({captions.teacher})": taught}
    if consensus is not None:
        references["multi-view consensus"] = read_labels(consensus, index)[0]
    frames, clips = FrameSizes.of(stream), stream.clip_numbers(np.arange(len(stream)))
    cells = of_setting(read_cells(cells_csv), "online")
    parts: dict[str, np.ndarray] = {}
    shown: list[Line] = []
    measured = []
    # A seed at a time: the poses of all of them need not fit into memory.
    for seed in sorted(set(cells["seed"])) or [0]:
        lines = read_lines(cells, cells_csv.parent, stream, seed)
        picking = main_line(lines)
        parts = parts or _parts(stream, window, picking)
        lines += [repeat_line(picking, taught, stream)] if picking else []
        if consensus is not None and not shown:
            lines.append(Line("teacher", f"{captions.teacher} itself", taught))
        measured.append(measure(lines, references, parts, clips))
        shown = shown or lines

    picking = main_line(shown)
    source = picking.label if picking else None
    timing = stream.timing
    count = timing.frames_in(window)
    length = f"{count} frames"
    if window.endswith(" s") and not timing.steady:
        length = f"{window} ({length} on average; k is of the first)"
    said = captions.of_stream(scene(stream), length, source, consensus is not None)
    smooth = max(1, count // _SMOOTH)
    note = captions.error_over_time(cells, said, scene(stream), timing.lasting(smooth), frames)
    around = timing.around(smooth)
    panels = tuple(_panel(shown, name, joints, around) for name, joints in references.items())
    timeline = Timeline(tuple(clip_names(stream)), stream.starts, timing)
    caption = captions.adaptation(cells, said, scene(stream), frames)
    rows = pd.concat(measured)
    return Adaptation(
        OverTime("error_over_time", "Error over stream time", note, panels, timeline),
        error_table(shown, rows, references, parts, caption, captions.heading, frames.differ),
        tuple(shown),
        references,
    )


def write_report(
    cells_csv: Path,
    index: Path,
    labels: Path,
    consensus: Path | None,
    window: str,
    captions: Captions,
    figures: Path,
    tables: Path,
    tests: FrameSizes = ONE_SIZE,
) -> list[Path]:
    """Write error_over_time (PNG, PDF, SVG, caption) and adaptation (CSV, Markdown, LaTeX); of a
    study with an offline half error_by_rate and labels_needed as well.

    labels, consensus: labels files of the stream, `consensus` None where no views are calibrated.
    window: '1500 frames' or '30 s'. tests: the frames that offline cells are measured on. Returns
    the files. Raises `BadInput`.
    """
    found = read_adaptation(cells_csv, index, labels, consensus, window, captions)
    shown = found.figure
    figure = draw_over_time(shown.panels, shown.timeline, shown.caption)
    text = f"**{shown.label}.** {escape_markdown(shown.caption)}"
    files, made = render(figure, shown.name, text), [found.table]
    cells = read_cells(cells_csv)
    if len(offline := of_setting(cells, "offline")):
        figure = draw_by_rate(offline, captions, tests, truth=False)
        text = (
            f"**Error by rate.** {escape_markdown(captions.by_rate(offline, tests, truth=False))}"
        )
        files |= render(figure, "error_by_rate", text)
        made.append(labels_needed(cells, captions, tests))
    written = write_all(files, figures)
    for table, (ending, make) in product(made, FORMATS.items()):
        write_text(tables / f"{table.name}.{ending}", make(table))
        written.append(tables / f"{table.name}.{ending}")
    return written
