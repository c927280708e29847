"""What adaptation does to a stream of real video, to be looked at: a picture and a film."""

import io
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure as Sheet

from posequery.clips import Stream, read_labels
from posequery.evaluation.cells import read_cells
from posequery.jobs.files import BadInput, whole, write_text
from posequery.jobs.progress import Progress
from posequery.metrics import frame_errors, joint_errors
from posequery.report.captions import Captions
from posequery.report.overlay import Figure, OverlayWriter, draw_skeleton
from posequery.report.plotting import DOTS, LOOK, WIDTH
from posequery.report.stream_report import clip_names, read_lines, scene, seed_shown
from posequery.report.typeset import escape_markdown
from posequery.sources.playback import play

ORANGE, SKY, WHITE = (230, 159, 0), (86, 180, 233), (255, 255, 255)
"""Okabe and Ito's, which the colour-blind tell apart; light, to stand out from a frame."""
CLIPS = 4
"""Clips shown at most, evenly spread over the stream."""
PART = 0.75
"""Where in a clip its frame is taken: fixed beforehand, so that nobody picks a pretty one."""
_MARGIN = 0.12
_ASPECT = 0.62  # width by height of a cell of the sheet
_CELL = 720  # pixels: height that a cell's picture is shrunk to


def shown_frames(stream: Stream) -> np.ndarray:
    """Stream numbers of the frames in the picture: three quarters into each clip shown."""
    count = len(stream.clips)
    clips = np.unique(np.linspace(0, count - 1, min(count, CLIPS)).round().astype(int))
    lengths = np.array([stream.clips[clip].frames for clip in clips])
    return stream.starts[clips] + (PART * lengths).astype(int)


def cut_out(poses: Sequence[np.ndarray], width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of a frame of that size which show all of `poses` (18, 2), upright."""
    points = np.concatenate(poses)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        points = np.array([[0.0, 0.0], [width, height]])
    low = np.clip(points.min(axis=0), 0, (width, height))
    high = np.clip(points.max(axis=0), 0, (width, height))
    tall = max(high[1] - low[1], (high[0] - low[0]) / _ASPECT) * (1 + 2 * _MARGIN)
    tall = min(max(tall, 32.0), height, width / _ASPECT)
    size = np.array([tall * _ASPECT, tall])
    corner = np.clip((low + high - size) / 2, 0, (width, height) - size)
    left, top = corner.astype(int)
    return slice(top, top + int(size[1])), slice(left, left + int(size[0]))


def _draw_sheet(
    cells: Sequence[Sequence[tuple[np.ndarray, float]]], figures: Sequence[Figure], names: list[str]
) -> Sheet:
    """Rows are figures, columns frames; each cell a picture and its error in pixels."""
    margin, gap = 0.32, 0.04
    wide = min((WIDTH - margin) / len(names) - gap, 2.2)
    tall = wide / _ASPECT
    total = (tall + gap) * len(figures) + 0.25
    page = margin + (wide + gap) * len(names)
    sheet = Sheet(figsize=(page, total))
    for row, figure in enumerate(figures):
        bottom = total - 0.25 - (tall + gap) * (row + 1)
        middle = (bottom + tall / 2) / total
        sheet.text(0.16 / page, middle, figure.name, rotation=90, ha="center", va="center")
        for column, (picture, error) in enumerate(cells[row]):
            left = margin + (wide + gap) * column
            axes = sheet.add_axes((left / page, bottom / total, wide / page, tall / total))
            axes.imshow(picture, interpolation="antialiased", aspect="auto")
            axes.set_axis_off()
            if not row:
                axes.set_title(names[column], pad=3, parse_math=False)
            if np.isfinite(error):
                axes.text(
                    0.97, 0.02, f"{error:.0f} px", transform=axes.transAxes, ha="right",
                    va="bottom", color="white", bbox={"facecolor": "black", "pad": 1.5, "lw": 0},
                )  # fmt: skip
    return sheet


def write_before_after(
    cells_csv: Path, index: Path, labels: Path, captions: Captions, folder: Path
) -> list[Path]:
    """Write before_after.png, its caption (.md), and overlay.mp4 of a stream with its labels.

    Before is the student that never adapts, after the adapted one of the highest rate. Every source
    video is decoded once, and memory does not grow with the stream. Returns the files. Raises
    `BadInput` if there are no such cells, or for a broken video.
    """
    stream = Stream(index)
    lines = read_lines(cells_csv, stream)
    if len(lines) < 2 or lines[0].key != "baseline":
        fault = "has no student to compare: it takes the baseline and an adapted one, online"
        raise BadInput(cells_csv, fault, "Run both, without only=")
    taught = read_labels(labels, index)[0]
    before = Figure("never adapted", ORANGE, lines[0].joints)
    after = Figure(f"adapted: {lines[1].name}", SKY, lines[1].joints)
    teacher = Figure(f"teacher: {captions.teacher}", WHITE, taught)
    figures = (before, after, teacher)

    shown, names = shown_frames(stream), clip_names(stream)
    cells: list[list[tuple[np.ndarray, float]]] = [[], [], []]
    film = folder / "overlay.mp4"
    with (
        whole(film) as temporary,
        OverlayWriter(temporary, stream, names, (before, after)) as writer,
        Progress(len(stream), "frames", "draw skeletons") as progress,
    ):
        for number, frame in enumerate(chain.from_iterable(map(play, stream.clips))):
            writer.append(number, frame)
            if number in shown:
                for row, cell in zip(cells, _cells(frame, number, figures), strict=True):
                    row.append(cell)
            progress.advance(1)

    titles = [names[clip] for clip in stream.clip_numbers(shown)]
    with mpl.rc_context(LOOK):
        buffer = io.BytesIO()
        sheet = _draw_sheet(cells, figures, titles)
        sheet.savefig(buffer, format="png", dpi=DOTS, metadata={"Software": None})
    picture = folder / "before_after.png"
    with whole(picture) as temporary:
        temporary.write_bytes(buffer.getvalue())
    said = f"{seed_shown(read_cells(cells_csv))} {captions.reading('online')}"
    caption = (
        f"{captions.heading}. The student that never adapts, the adapted one ({lines[1].name}) and "
        f"their teacher, on the frame three quarters into each {scene(stream)}. Number: mean error "
        f"of 12 joints to the teacher, in pixels of the source frame. {said}"
    )
    text = folder / "before_after.md"
    write_text(text, f"**Before and after.** {escape_markdown(caption.strip())}\n")
    return [film, picture, text]


def _cells(
    frame: np.ndarray, number: int, figures: Sequence[Figure]
) -> list[tuple[np.ndarray, float]]:
    height, width = frame.shape[:2]
    rows, columns = cut_out([figure.joints[number] for figure in figures], width, height)
    taught = figures[-1].joints[number][None]
    cells = []
    for figure in figures:
        joints = figure.joints[number]
        drawn = frame[rows, columns].copy()
        thick = max(2, round(drawn.shape[0] / 180))
        draw_skeleton(drawn, joints - [columns.start, rows.start], figure.colour, thick)
        step = max(1, drawn.shape[0] // _CELL)
        error = float(frame_errors(joint_errors(joints[None], taught))[0])
        cells.append((drawn[::step, ::step], np.nan if figure is figures[-1] else error))
    return cells
