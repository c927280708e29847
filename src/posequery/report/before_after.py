"""What adaptation does to a stream of real video, to be looked at: a picture and a film."""

import io
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from posequery.clips import Stream, read_labels
from posequery.jobs.files import BadInput, whole
from posequery.jobs.progress import Progress
from posequery.metrics import frame_errors, joint_errors
from posequery.report.captions import Captions
from posequery.report.cells import of_setting, read_cells
from posequery.report.formats import escape_markdown
from posequery.report.lines import clip_names, read_lines, scene
from posequery.report.overlay import Overlay, OverlayWriter, draw_skeleton
from posequery.report.page import DOTS, PAGE, write_all
from posequery.report.style import LOOK, ORANGE, SKY
from posequery.sources.playback import play

CLIPS = 4
"""Clips shown at most, evenly spread over the stream."""
PART = 0.75
"""Where in a clip its frame is taken: fixed beforehand, so that nobody picks a pretty one."""
_MARGIN = 0.12
_ASPECT = 0.62  # width by height of a picture of the sheet
_TALL = 720  # pixels that a picture is shrunk to


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


def _cut(
    frame: np.ndarray, number: int, overlays: Sequence[Overlay]
) -> list[tuple[np.ndarray, float]]:
    """Of one frame, with each overlay: a picture, and its error to the last in pixels (or NaN)."""
    height, width = frame.shape[:2]
    rows, columns = cut_out([overlay.joints[number] for overlay in overlays], width, height)
    taught = overlays[-1].joints[number][None]
    cuts = []
    for overlay in overlays:
        joints = overlay.joints[number]
        picture = frame[rows, columns].copy()
        thick = max(2, round(picture.shape[0] / 180))
        draw_skeleton(picture, joints - [columns.start, rows.start], overlay.colour, thick)
        step = max(1, picture.shape[0] // _TALL)
        error = float(frame_errors(joint_errors(joints[None], taught))[0])
        cuts.append((picture[::step, ::step], np.nan if overlay is overlays[-1] else error))
    return cuts


def _draw_sheet(
    cuts: Sequence[Sequence[tuple[np.ndarray, float]]], rows: Sequence[str], columns: Sequence[str]
) -> Figure:
    """Pictures and their errors in pixels; `cuts` holds a list of rows for each column."""
    wide = min(PAGE / len(columns), 2.2)
    size = (wide * len(columns), wide / _ASPECT * len(rows))
    sheet = Figure(figsize=size, layout="compressed")
    panels = sheet.subplots(len(rows), len(columns), squeeze=False)
    for (row, column), axes in np.ndenumerate(panels):
        picture, error = cuts[column][row]
        axes.imshow(picture, interpolation="antialiased", aspect="auto")
        axes.set_box_aspect(1 / _ASPECT)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        if np.isfinite(error):
            axes.text(
                0.97, 0.02, f"{error:.0f} px", transform=axes.transAxes, ha="right",
                va="bottom", color="white", bbox={"facecolor": "black", "pad": 1.5, "lw": 0},
            )  # fmt: skip
    for axes, name in zip(panels[:, 0], rows, strict=True):
        axes.set_ylabel(name, parse_math=False, wrap=True)
    for axes, name in zip(panels[0], columns, strict=True):
        axes.set_title(name, pad=3, parse_math=False)
    return sheet


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = (round(255 * part) for part in to_rgb(color))
    return red, green, blue


def write_before_after(
    cells_csv: Path, index: Path, labels: Path, captions: Captions, folder: Path
) -> list[Path]:
    """Write before_after.png, its caption (.md), and overlay.mp4 of a stream with its labels.

    Before is the student that never adapts, after the adapted one of the highest rate. Every source
    video is decoded once, and memory does not grow with the stream. Returns the files. Raises
    `BadInput` if there are no such cells, or for a broken video.
    """
    stream, cells = Stream(index), of_setting(read_cells(cells_csv), "online")
    lines = read_lines(cells, cells_csv.parent, stream)
    if len(lines) < 2 or lines[0].method != "baseline":
        fault = "has no student to compare: it takes the baseline and an adapted one, online"
        raise BadInput(cells_csv, fault, "Run both, without only=")
    taught = read_labels(labels, index)[0]
    # Light colours, to stand out from a frame.
    before = Overlay("never adapted", _rgb(ORANGE), lines[0].joints)
    after = Overlay(f"adapted: {lines[1].label}", _rgb(SKY), lines[1].joints)
    teacher = Overlay(f"teacher: {captions.teacher}", _rgb("white"), taught)
    overlays = (before, after, teacher)

    shown, names, cuts = shown_frames(stream), clip_names(stream), []
    film = folder / "overlay.mp4"
    with (
        whole(film) as temporary,
        OverlayWriter(temporary, stream, names, (before, after)) as writer,
        Progress(len(stream), "frames", "draw skeletons") as progress,
    ):
        for number, frame in enumerate(chain.from_iterable(map(play, stream.clips))):
            writer.append(number, frame)
            if number in shown:
                cuts.append(_cut(frame, number, overlays))
            progress.advance(1)

    titles = [names[clip] for clip in stream.clip_numbers(shown)]
    buffer = io.BytesIO()
    with mpl.rc_context(LOOK):
        sheet = _draw_sheet(cuts, [overlay.name for overlay in overlays], titles)
        sheet.savefig(buffer, format="png", dpi=DOTS, metadata={"Software": None})
    caption = escape_markdown(captions.before_after(cells, lines[1].label, scene(stream)))
    files = {
        "before_after.png": buffer.getvalue(),
        "before_after.md": f"**Before and after.** {caption}\n".encode(),
    }
    return [film, *write_all(files, folder)]
