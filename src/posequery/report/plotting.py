"""How the figures look: colours, lines, panels, and files that agree to the byte."""

import io
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, MultipleLocator
from numpy.typing import ArrayLike

from posequery.jobs.files import whole
from posequery.report.curves import Curve

WIDTH = 7.16
"""Inches: two columns of the paper's style."""
LEFT, RIGHT = 0.5, 0.2
"""Inches beside the panels."""
DOTS = 200
"""Pixels an inch of the PNG."""
LOOK: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7.5,
    "pdf.fonttype": 42,
    # Matplotlib salts SVG ids at random, so that two runs would differ.
    "svg.hashsalt": "posequery",
}
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
}
_HANDLE, _PAD, _BETWEEN = 3.0, 0.5, 1.4
"""A legend's line, the gap behind it, and that between columns, in the font's size."""
_POINTS = 3000
"""Points a curve is drawn with at most: more than a page resolves."""


@dataclass(frozen=True)
class Style:
    """A line; colours are Okabe and Ito's, which the colour-blind tell apart."""

    color: str
    line: Any
    marker: str
    width: float = 1.3
    edge: bool = False
    """Drawn over a black line: yellow alone is lost on white."""


STYLES = {
    "uniform": Style("#0072B2", "-", "o"),
    "random": Style("#E69F00", (0, (6, 1.5)), "s"),
    "error": Style("#D55E00", (0, (3, 1, 1, 1)), "^"),
    "least_confidence": Style("#CC79A7", (0, (2, 1)), "D"),
    "continual": Style("#F0E442", "-", "o", edge=True),
    "once": Style("#D55E00", "--", "s"),
    "teacher": Style("#009E73", "-", "", 1.0),
    "baseline": Style("#000000", ":", "", 1.2),
    "repeat": Style("#666666", (0, (6, 1, 1, 1, 1, 1)), "", 1.6),
}
OTHERS = (
    Style("#56B4E9", "-", "v"),
    Style("#000000", "-", "P"),
    Style("#0072B2", (0, (1, 1)), "X"),
    Style("#009E73", (0, (6, 1.5)), "<"),
)
"""For strategies that the paper does not have."""


_NAME = 5  # points: a sequence's name


def text_width(text: str, size: float) -> float:
    """Inches of a line of text of that size in points."""
    font = FontProperties(family=LOOK["font.family"], size=size)
    return float(text_to_path.get_text_width_height_descent(text, font, False)[0]) / 72


def styles(methods: Sequence[str]) -> dict[str, Style]:
    """A style for each method; methods without one of their own take the others in turn."""
    strange = [method for method in methods if method not in STYLES]
    spare = {method: OTHERS[i % len(OTHERS)] for i, method in enumerate(strange)}
    return {method: spare.get(method) or STYLES[method] for method in methods}


def draw_line(axes: Axes, style: Style, x: ArrayLike, y: ArrayLike, **options: Any) -> None:
    if style.edge:
        width, above = style.width + 0.9, options.get("zorder")
        axes.plot(x, y, color="black", linestyle=style.line, linewidth=width, zorder=above)
    axes.plot(x, y, color=style.color, linestyle=style.line, linewidth=style.width, **options)


def _clock(seconds: float, _: int) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def time_axis(axes: Axes, seconds: float) -> None:
    """Stream time as minutes and seconds, with at most ten round steps."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
    step = next((step for step in steps if seconds / step <= 10), steps[-1])
    axes.xaxis.set_major_locator(MultipleLocator(step))
    axes.xaxis.set_major_formatter(FuncFormatter(_clock))
    axes.set_xlim(0, seconds)


def draw_curves(axes: Axes, curves: Sequence[Curve], fps: float) -> None:
    """Curves over stream time, a dot on each where its weights were updated."""
    looks = styles([curve.method for curve in curves])
    for place, curve in enumerate(curves):
        style, frames = looks[curve.method], len(curve.error)
        kept = np.arange(0, frames, math.ceil(frames / _POINTS))
        draw_line(axes, style, kept / fps, curve.error[kept], zorder=3 + place / 100)
        at = curve.updates[curve.updates < frames]
        axes.plot(
            at / fps,
            curve.error[at],
            linestyle="",
            marker=style.marker or "o",
            markersize=3.6 if len(at) < 100 else 2.2,
            color=style.color,
            markeredgecolor="black" if style.edge else "white",
            markeredgewidth=0.4,
            zorder=4 + place / 100,
        )


def draw_starts(axes: Axes, starts: np.ndarray, fps: float) -> None:
    """A grey line where each sequence begins."""
    for start in starts:
        axes.axvline(start / fps, color="0.82", linewidth=0.7, zorder=1)


def name_sequences(axes: Axes, names: Sequence[str], starts: np.ndarray, frames: int) -> None:
    """Each sequence's name above its stretch; `starts` and `frames` count frames."""
    middles = (starts + np.append(starts[1:], frames)) / 2 / frames
    for name, middle in zip(names, middles, strict=True):
        axes.text(
            middle,
            1.015,
            name,
            transform=axes.transAxes,
            rotation=90,
            ha="center",
            va="bottom",
            fontsize=_NAME,
            color="0.35",
            parse_math=False,  # a file's name may hold $
        )


def names_height(names: Sequence[str]) -> float:
    """Inches that the names of sequences take above a panel."""
    return 0.12 + max((text_width(name, _NAME) for name in names), default=0.0)


def handle(style: Style, marker: bool) -> Any:
    """A line and its marker for a legend."""
    front = Line2D(
        [],
        [],
        linestyle=style.line,
        linewidth=style.width,
        color=style.color,
        marker=style.marker if marker else "",
        markersize=3.6,
        markeredgecolor="black" if style.edge else "white",
        markeredgewidth=0.4,
    )
    if not style.edge:
        return front
    return Line2D([], [], linestyle=style.line, linewidth=style.width + 0.9, color="black"), front


def _columns(labels: Sequence[str]) -> int:
    """Of a legend with the fewest rows that the page has room for."""
    size = LOOK["legend.fontsize"]
    more = (_HANDLE + _PAD + _BETWEEN) * size / 72
    widths = [text_width(label, size) + more for label in labels] or [0.0]
    for rows in range(1, len(widths)):
        columns = math.ceil(len(widths) / rows)
        # Matplotlib fills column by column.
        if sum(part.max() for part in np.array_split(widths, columns)) <= WIDTH - RIGHT:
            return columns
    return 1


def legend_height(labels: Sequence[str]) -> float:
    """Inches that a legend takes."""
    return 0.1 + 0.16 * math.ceil(len(labels) / _columns(labels))


def legend(figure: Figure, handles: Sequence[Any], labels: Sequence[str], bottom: float) -> None:
    """Rows of entries, centred, `bottom` inches above the figure's."""
    middle = bottom + legend_height(labels) / 2
    figure.legend(
        list(handles),
        list(labels),
        loc="center",
        bbox_to_anchor=(0.5, middle / figure.get_figheight()),
        ncols=_columns(labels),
        frameon=False,
        handlelength=_HANDLE,
        columnspacing=_BETWEEN,
        handletextpad=_PAD,
    )


def footnote(text: str) -> tuple[str, float]:
    """The note wrapped to the figure's width, and the inches that it takes."""
    lines = textwrap.wrap(text, 150)
    return "\n".join(lines), 0.105 * len(lines) + 0.05


def say_empty(axes: Axes) -> None:
    """In place of curves, where a run was restricted to other cells."""
    text = "This run has none of these cells."
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center")


def put_footnote(figure: Figure, text: str) -> None:
    figure.text(
        0.08 / WIDTH,
        0.05 / figure.get_figheight(),
        text,
        fontsize=6,
        color="0.25",
        va="bottom",
        linespacing=1.15,
    )


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
