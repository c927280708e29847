"""What adaptation does to a stream of real video, to be looked at: a picture and a film."""

import io
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from posequery.clips import Stream, read_labels
from posequery.jobs.files import BadInput, whole
from posequery.jobs.progress import Progress
from posequery.metrics import frame_errors, joint_errors
from posequery.report.adaptation import played_windows
from posequery.report.captions import Captions
from posequery.report.cells import of_setting, read_cells
from posequery.report.film import FilmWriter, weights_said
from posequery.report.formats import escape_markdown
from posequery.report.frame_sizes import FrameSizes
from posequery.report.lines import Line, clip_names, read_lines, scene
from posequery.report.overlay import Colour, Overlay, draw_skeleton
from posequery.report.page import DOTS, PAGE, fit, write_all
from posequery.report.style import LOOK, STYLES, method_style
from posequery.report.views import boxes, view_of
from posequery.sources.playback import play

CLIPS = 4
"""Clips shown at most, evenly spread over the stream."""
PART = 0.75
"""Where in a clip its frame is taken: fixed beforehand, so that nobody picks a pretty one."""
_ASPECTS = (0.55, 1.8)
"""Width by height of the narrowest picture of the sheet, and of the widest."""
_LONGEST = 720
"""Pixels of the longer side of a picture of the sheet."""
_HIGHEST = 2.9
"""Inches of a picture of the sheet."""


def shown_frames(stream: Stream, taught: np.ndarray) -> np.ndarray:
    """Stream numbers of the frames in the picture: three quarters into each clip shown, or the
    nearest frame of the clip that has a label in `taught` (n, 18, 2)."""
    count = len(stream.clips)
    labelled = np.isfinite(taught).all(axis=2).any(axis=1)
    frames = []
    for clip in np.unique(np.linspace(0, count - 1, min(count, CLIPS)).round().astype(int)):
        start, length = int(stream.starts[clip]), stream.clips[clip].frames
        frame = start + int(PART * length)
        known = start + np.flatnonzero(labelled[start : start + length])
        frames.append(int(known[np.abs(known - frame).argmin()]) if len(known) else frame)
    return np.array(frames)


def sheet_aspect(stream: Stream, shown: np.ndarray, taught: np.ndarray) -> float:
    """Width by height of the sheet's pictures: the person's, in the middle one of those shown."""
    found = []
    for frame, (width, height) in zip(shown, stream.source_size(shown), strict=True):
        low, high = boxes(taught[frame][None], width, height)
        wide, tall = (high - low)[0] if np.isfinite(low).all() else (width, height)
        found.append(max(wide, 1) / max(tall, 1))
    return float(np.clip(np.median(found), *_ASPECTS))


def _cut(
    frame: np.ndarray, number: int, overlays: Sequence[Overlay], aspect: float
) -> list[tuple[np.ndarray, float]]:
    """Of one frame, with each overlay: a picture, and its error to the last in pixels (or NaN)."""
    height, width = frame.shape[:2]
    taught = overlays[-1].joints[number][None]
    low, high = boxes(taught, width, height)
    view = view_of(low[0], high[0], width, height, aspect)
    size = round(_LONGEST * min(1, aspect)), round(_LONGEST / max(1, aspect))
    cuts = []
    for overlay in overlays:
        joints = overlay.joints[number]
        picture = view.show(frame, size)
        draw_skeleton(picture, view.place(joints, size), overlay.colour, 4)
        error = float(frame_errors(joint_errors(joints[None], taught))[0])
        cuts.append((picture, np.nan if overlay is overlays[-1] else error))
    return cuts


def _draw_sheet(
    cuts: Sequence[Sequence[tuple[np.ndarray, float]]],
    rows: Sequence[str],
    columns: Sequence[str],
    weights: Sequence[str],
) -> Figure:
    """Pictures and their errors in pixels; `cuts` holds a list of rows for each column.

    weights: what the second row's pictures say of their weights.
    """
    tall, broad = cuts[0][0][0].shape[:2]
    wide = min((PAGE - 0.3) / len(columns), _HIGHEST * broad / tall)
    size = (wide * len(columns) + 0.3, (wide * tall / broad + 0.17) * len(rows) + 0.15)
    sheet = Figure(figsize=size, dpi=DOTS, layout="compressed")
    panels = sheet.subplots(len(rows), len(columns), squeeze=False)
    texts: list[tuple[Text, Axes]] = []
    for (row, column), axes in np.ndenumerate(panels):
        picture, error = cuts[column][row]
        axes.imshow(picture, interpolation="antialiased")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
        said = [f"{error:.0f} px"] if np.isfinite(error) else []
        said += [weights[column]] if row == 1 else []
        # Below the picture, where it covers nobody.
        texts.append((axes.set_xlabel(", ".join(said), labelpad=2, fontsize=7), axes))
    for axes, name in zip(panels[0], columns, strict=True):
        texts.append((axes.set_title(name, pad=3, parse_math=False), axes))
    for axes, name in zip(panels[:, 0], rows, strict=True):
        texts.append((axes.set_ylabel(name, parse_math=False), axes))
    # Broken into lines for the pictures as they would be, then as the words leave them.
    for _ in range(2):
        for text, axes in texts:
            box = axes.get_window_extent()
            fit(text, 0.97 * (box.height if text.get_rotation() == 90 else box.width))
        sheet.draw_without_rendering()
    return sheet


def _rgb(color: str) -> Colour:
    red, green, blue = (round(255 * part) for part in to_rgb(color))
    return red, green, blue


def _overlays(lines: Sequence[Line], teacher: str, taught: np.ndarray) -> list[Overlay]:
    """Of the unadapted student, of the adapted one, and of the teacher, thinner."""
    before, after = lines[:2]
    color = method_style(after.method, *(line.method for line in lines)).color
    return [
        Overlay(before.label, _rgb(STYLES["baseline"].color), before.joints),
        Overlay(after.label, _rgb(color), after.joints),
        Overlay(f"teacher: {teacher}", _rgb(STYLES["teacher"].color), taught, 2),
    ]


def write_before_after(
    cells_csv: Path, index: Path, labels: Path, window: str, captions: Captions, folder: Path
) -> list[Path]:
    """Write before_after.png, its caption (.md), and overlay.mp4 of a stream with its labels.

    Before is the unadapted student, after the adapted one of the highest rate. window:
    '1500 frames' or '30 s'. Every source video is decoded once, one frame in memory at a time;
    poses and labels of the whole stream are held. Returns the files. Raises `BadInput` if there are
    no such cells, or for a broken video.
    """
    stream, cells = Stream(index), of_setting(read_cells(cells_csv), "online")
    lines = read_lines(cells, cells_csv.parent, stream)
    if len(lines) < 2 or lines[0].method != "baseline":
        fault = "has no student to compare: it takes the baseline and an adapted one, online"
        raise BadInput(cells_csv, fault, "Run both, without only=")
    taught = read_labels(labels, index)[0]
    overlays, adapted = _overlays(lines, captions.teacher, taught), lines[1]
    shown, names, cuts = shown_frames(stream, taught), clip_names(stream), []
    aspect = sheet_aspect(stream, shown, taught)
    windows = played_windows(stream.timing, window, adapted.version)
    film = folder / "overlay.mp4"
    with (
        whole(film) as temporary,
        FilmWriter(temporary, stream, names, adapted, windows, overlays) as writer,
        Progress(len(stream), "frames", "draw skeletons") as progress,
    ):
        for number, frame in enumerate(chain.from_iterable(map(play, stream.clips))):
            writer.append(number, frame)
            if number in shown:
                cuts.append(_cut(frame, number, overlays, aspect))
            progress.advance(1)

    titles = [names[clip] for clip in stream.clip_numbers(shown)]
    weights = [weights_said(int(adapted.version[frame])) for frame in shown]
    buffer = io.BytesIO()
    with mpl.rc_context(LOOK):
        sheet = _draw_sheet(cuts, [overlay.name for overlay in overlays], titles, weights)
        sheet.savefig(buffer, format="png", dpi=DOTS, metadata={"Software": None})
    frames = FrameSizes.of(stream)
    caption = escape_markdown(captions.before_after(cells, adapted.label, scene(stream), frames))
    files = {
        "before_after.png": buffer.getvalue(),
        "before_after.md": f"**Before and after.** {caption}\n".encode(),
    }
    return [film, *write_all(files, folder)]
