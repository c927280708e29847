"""A figure's page: its panels, legend and note, and files that agree to the byte."""

import io
import math
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from posequery.jobs.files import whole
from posequery.report.style import LOOK

PAGE = 7.16
"""Inches: two columns of the paper's style."""
DOTS = 200
"""Pixels an inch of the PNG."""
_TALL = 20
"""Inches of a page before its height is known: room for any words."""
_WIDEST = 0.96
"""Share of the page, or of a panel, that a line of words may take."""
_NAMES = 0.85
"""Share of a legend's widest row that words may take, beside their line."""
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
}


def new_page(rows: int, columns: int, **shared: Any) -> tuple[Figure, np.ndarray]:
    """An empty page and its axes (rows, columns)."""
    layout = ConstrainedLayoutEngine(w_pad=0.1, hspace=0)
    # Words are as wide as they are measured at the dots an inch that they are drawn at alone.
    figure = Figure(figsize=(PAGE, _TALL), dpi=DOTS, layout=layout)
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def fit(text: Text, width: float) -> None:
    """Break a text into lines of at most `width` pixels, and a word where it must be.

    An upright text is measured along its lines as well.
    """
    words = text.get_text()
    side = "height" if text.get_rotation() == 90 else "width"
    while (wide := getattr(text.get_window_extent(), side)) > width:
        longest = max(map(len, text.get_text().splitlines()))
        letters = min(longest - 1, int(longest * width / wide))
        if letters < 1:
            return
        text.set_text(textwrap.fill(words, letters))


def finish(
    figure: Figure,
    panels: np.ndarray,
    titles: Sequence[Text],
    handles: Mapping[str, Artist],
    note: str,
    height: float,
) -> None:
    """Add the legend and, at the foot, the note; then make each panel `height` inches high.

    titles: the panels' own, broken into lines where they are longer than their panel is wide.
    handles: by their labels.
    """
    wide = _WIDEST * figure.bbox.width
    foot = figure.supxlabel(note, x=0.01, ha="left", fontsize=6, color="0.25", parse_math=False)
    fit(foot, wide)
    if handles:
        _add_legend(figure, handles, wide)
    # Until it is broken into lines, a title must not push its panel aside.
    for title in titles:
        title.set_visible(False)
    figure.draw_without_rendering()
    for title, axes in zip(titles, panels.flat, strict=True):
        title.set_visible(True)
        fit(title, _WIDEST * axes.get_window_extent().width)
    figure.draw_without_rendering()
    page = figure.get_figheight()
    missing = height - panels[0, 0].get_position().height * page
    figure.set_figheight(page + missing * len(panels))


def _add_legend(figure: Figure, handles: Mapping[str, Artist], wide: float) -> None:
    """In as few rows as are at most `wide` pixels wide."""
    for rows in range(1, len(handles) + 1):
        columns = math.ceil(len(handles) / rows)
        legend = figure.legend(
            handles.values(),
            handles.keys(),
            loc="outside upper center",
            ncols=columns,
            frameon=False,
            handlelength=3,
            handletextpad=0.5,
            columnspacing=1.4,
        )
        for text in legend.get_texts():
            text.set_parse_math(False)
            fit(text, _NAMES * wide)
        if columns == 1 or legend.get_window_extent().width <= wide:
            return
        legend.remove()


def say_empty(axes: Axes) -> None:
    """In place of curves, where a run was restricted to other cells."""
    text = "This run has none of these cells."
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center")


def render(figure: Figure, name: str, caption: str) -> dict[str, bytes]:
    """File names and contents: PNG, PDF, SVG, the same bytes for the same drawing, and caption."""
    drawn = {f"{name}.md": f"{caption}\n".encode()}
    with mpl.rc_context(LOOK):
        for ending, metadata in _METADATA.items():
            buffer = io.BytesIO()
            figure.savefig(buffer, format=ending, dpi=DOTS, metadata=metadata)
            drawn[f"{name}.{ending}"] = buffer.getvalue()
    return drawn


def write_all(files: dict[str, bytes], folder: Path) -> list[Path]:
    """Write each file whole; returns their paths."""
    for name, content in files.items():
        with whole(folder / name) as temporary:
            temporary.write_bytes(content)
    return [folder / name for name in files]
