"""How figures look: the colour and marker of each method, the dashes of each rate, the fonts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from posequery import strategies

# Okabe and Ito's colours, which the colour-blind tell apart.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#707070"
INDIGO, WINE, OLIVE, BROWN = "#332288", "#882255", "#999933", "#7F4F24"
WIDTH = 1.3
"""Points: of a line."""


@dataclass(frozen=True)
class Style:
    """How a line is drawn. dashes: lengths on and off, in the line's width; none is solid."""

    color: str
    dashes: tuple[float, ...] = ()
    marker: str = "o"

    @property
    def line(self) -> dict[str, Any]:
        """Of a line of matplotlib's; yellow alone is lost on white, and has a black edge."""
        edge = [withStroke(linewidth=WIDTH + 0.9, foreground=BLACK)] if self.color == YELLOW else []
        dashes = (0, self.dashes) if self.dashes else "-"
        shape = {"color": self.color, "linestyle": dashes, "linewidth": WIDTH}
        return shape | {"path_effects": edge}

    @property
    def dots(self) -> dict[str, Any]:
        """Of a line's markers."""
        edge = {"markeredgecolor": BLACK, "markeredgewidth": 0.4}
        return {"color": self.color, "marker": self.marker} | edge

    def handle(self, dots: bool) -> Line2D:
        """A line, with its marker or without, for a legend."""
        return Line2D([], [], markersize=4, **self.line | (self.dots if dots else {}))


STYLES = {
    "uniform": Style(BLUE),
    "random": Style(ORANGE, marker="s"),
    "error": Style(SKY, marker="^"),
    "least_confidence": Style(PURPLE, marker="D"),
    # The paper's Figure 2 has these four colours.
    "continual": Style(YELLOW, marker="p"),
    "once": Style(VERMILION, marker=">"),
    "teacher": Style(GREEN),
    "baseline": Style(GREY, (1, 1.5)),
    "none": Style(GREY, (1, 1.5)),
    "all": Style(BLACK, marker="*"),
    "all_equal_steps": Style(GREY, marker="*"),
    "repeat": Style(BLACK, (6, 1, 1, 1, 1, 1)),
}
"""One a method, in every figure and film."""
OTHER_COLORS = (INDIGO, WINE, OLIVE, BROWN)
OTHER_MARKERS = ("P", "<", "X", "v", "h")
"""In turn, for strategies that the paper does not have; 20 of them are told apart."""
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


def method_style(method: str, *more: str) -> Style:
    """A method's own style, at one rate.

    more: methods shown beside it. A strategy that the paper does not have takes its colour and its
    marker from its place among all that there are, so that it looks the same in every figure.
    """
    if method in STYLES:
        return STYLES[method]
    others = sorted({*strategies.names(), method, *more} - {*STYLES})
    at = others.index(method)
    color = OTHER_COLORS[at % len(OTHER_COLORS)]
    return Style(color, marker=OTHER_MARKERS[at % len(OTHER_MARKERS)])


def styles(lines: Mapping[str, tuple[str, Fraction | None]]) -> dict[str, Style]:
    """The style of each line by its label, given its method, and its rate where rates differ.

    Colour and marker are the method's. Dashes are the rate's: the highest is solid, and each lower
    one has a dash and one dot more than the one above it.
    """
    rates = sorted({rate for _, rate in lines.values() if rate is not None}, reverse=True)
    methods = [method for method, _ in lines.values()]
    found = {}
    for label, (method, rate) in lines.items():
        style = method_style(method, *methods)
        rank = 0 if rate is None or style.dashes else rates.index(rate)
        dashes = (5, 1.5) + (1, 1.5) * (rank - 1)
        found[label] = replace(style, dashes=dashes) if rank else style
    return found
