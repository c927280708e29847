"""How the figures look: the colour, dashes and marker of each method, and the fonts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

# Okabe and Ito's colours, which the colour-blind tell apart.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#666666"
WIDTH = 1.3
"""Points: of a line."""


@dataclass(frozen=True)
class Style:
    """How a method is drawn. dashes: lengths on and off, in the line's width; none is solid."""

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
    "random": Style(ORANGE, (6, 1.5), "s"),
    "error": Style(SKY, (3, 1, 1, 1), "^"),
    "least_confidence": Style(PURPLE, (2, 1), "D"),
    # The paper's Figure 2 has these four colours.
    "continual": Style(YELLOW, (), "p"),
    "once": Style(VERMILION, (4, 1.5), ">"),
    "teacher": Style(GREEN),
    "baseline": Style(BLACK, (1, 1.5)),
    "repeat": Style(GREY, (6, 1, 1, 1, 1, 1)),
}
OTHERS = (
    Style(BLACK, (), "P"),
    Style(GREEN, (6, 1.5), "<"),
    Style(BLUE, (3, 1, 1, 1), "X"),
    Style(VERMILION, (1, 1), "v"),
)
"""For strategies that the paper does not have."""
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


def styles(methods: Mapping[str, str]) -> dict[str, Style]:
    """The style of each line by its label, given its method.

    Methods that have none take `OTHERS` in turn. Further lines of a method, of other rates, have
    its colour and marker, dotted.
    """
    strange = [method for method in dict.fromkeys(methods.values()) if method not in STYLES]
    own = STYLES | {method: OTHERS[at % len(OTHERS)] for at, method in enumerate(strange)}
    found: dict[str, Style] = {}
    seen: Counter[str] = Counter()
    for label, method in methods.items():
        dots = (1, 2 * seen[method])
        found[label] = replace(own[method], dashes=dots) if seen[method] else own[method]
        seen[method] += 1
    return found
