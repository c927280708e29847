"""A figure's page: its panels, legend and note, and files that agree to the byte."""

import io
import math
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from posequery.jobs.files import whole
from posequery.report.style import LOOK

PAGE = 7.16
"""Inches: two columns of the paper's style."""
DOTS = 200
"""Pixels an inch of the PNG."""
_TALL = 20
"""Inches of a page before its height is known: room for any words."""
_LETTERS = 150
"""Of a line of the note."""
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
}


def new_page(rows: int, columns: int, **shared: Any) -> tuple[Figure, np.ndarray]:
    """An empty page and its axes (rows, columns)."""
    layout = ConstrainedLayoutEngine(w_pad=0.1, hspace=0)
    figure = Figure(figsize=(PAGE, _TALL), layout=layout)
    return figure, figure.subplots(rows, columns, squeeze=False, **shared)


def finish(
    figure: Figure, panels: np.ndarray, handles: Mapping[str, Artist], note: str, height: float
) -> None:
    """Add the legend and, at the foot, the note; then make each panel `height` inches high.

    handles: by their labels.
    """
    lines = textwrap.fill(note, _LETTERS)
    figure.supxlabel(lines, x=0.01, ha="left", fontsize=6, color="0.25", parse_math=False)
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
        if columns == 1 or legend.get_window_extent().width < 0.97 * figure.bbox.width:
            break
        legend.remove()
    figure.draw_without_rendering()
    page = figure.get_figheight()
    missing = height - panels[0, 0].get_position().height * page
    figure.set_figheight(page + missing * len(panels))


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
